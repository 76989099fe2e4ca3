"""Together's API: `api` routes, `checks` judges, `writer` renders."""

from .api import answer, front_error

__all__ = ["answer", "front_error"]
