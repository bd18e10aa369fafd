"""Secrets, the keys that seal them and the sealed box."""
