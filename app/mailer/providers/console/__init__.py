"""No network at all: mail is described in the log."""
