"""``novantra doctor``: looks at everything an install needs, and makes nothing."""

from app.doctor.examination import Examination, examine
from app.doctor.line import Line, State

__all__ = ["Examination", "Line", "State", "examine"]
