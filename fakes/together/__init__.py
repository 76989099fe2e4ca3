"""Together's API: `api` routes, `checks` judges, `writer` renders, `outcomes` has failures and headers."""

from .api import answer, front_error
from .outcomes import error_event

__all__ = ["answer", "error_event", "front_error"]
