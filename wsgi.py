"""The WSGI entry: ``app`` for servers and for ``flask --app wsgi``."""

import os
import sys

from app import create_app
from app.cannot import CANNOT, one_sentence
from app.cli.opening import for_a_command
from app.config import Config
from app.environment import warn_of_unknown
from app.files import make_private
from app.outbox.threads import deliver_where_served

# Gunicorn starts a worker that ended with any other code than this anew, for ever.
code = 4 if "gunicorn.arbiter" in sys.modules else CANNOT
as_json = "--json" in sys.argv
make_private()

with one_sentence("start", as_json=as_json, code=code):
    config = Config.from_env()
with one_sentence("start", database_url=config.database_url, as_json=as_json, code=code):
    app = create_app(config, serving=not for_a_command())
if not for_a_command():
    warn_of_unknown(os.environ)
deliver_where_served(app)
