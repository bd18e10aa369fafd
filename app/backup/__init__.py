"""An install in one file, and back: database, keys and settings, with a proof that they belong
together."""

from app.backup.making import Made, make
from app.backup.manifest import Manifest
from app.backup.restoring import Restore, differences, open_backup
from app.backup.tables import in_words

__all__ = ["Made", "Manifest", "Restore", "differences", "in_words", "make", "open_backup"]
