"""Access tokens from Microsoft and Google for logging in to their relays. Knows no database."""
