"""The Gemini API: `api` routes, `proto` reads, `checks` (with `contents`, `tools`) judges, `writer` renders."""

from .api import answer, front_error
from .outcomes import error_event

__all__ = ["answer", "error_event", "front_error"]
