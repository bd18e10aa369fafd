"""Upgrades of installs that exist. ``released/`` holds what version 1.0.0 left on disk after a
morning's use: a dump for each database, and beside it the key, a password and open links."""
