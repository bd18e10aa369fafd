"""Which release this is. The same as in pyproject.toml."""

VERSION = "1.1.0"
