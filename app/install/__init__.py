"""The one install: its setup state, its access URL and the links built from it."""
