"""Amazon SES over its SMTP interface."""
