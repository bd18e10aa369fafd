"""The WSGI entry: ``app`` for servers and for ``flask --app wsgi``."""

from app import create_app
from app.config import Config

app = create_app(Config.from_env())
