"""System → Mail templates: every mail with sample values, to look at and to send to oneself."""
