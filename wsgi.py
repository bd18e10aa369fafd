"""The WSGI entry: ``app`` for servers and for ``flask --app wsgi``."""

from app import create_app
from app.config import Config, ConfigError
from app.outbox.embedded import deliver_where_served
from app.schema import SchemaTooNew

try:
    app = create_app(Config.from_env())
except (ConfigError, SchemaTooNew) as error:
    raise SystemExit(f"Novantra cannot start: {error}") from None
deliver_where_served(app)
