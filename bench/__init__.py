"""What is measured, against whom, in one command: ``make bench``."""
