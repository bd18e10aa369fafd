"""Messages, relays and what goes wrong between them. Knows neither Flask nor the database."""
