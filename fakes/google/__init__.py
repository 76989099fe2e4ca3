"""The Gemini API: `api` routes, `proto` reads, `checks` (with `contents`, `tools`) judges, `writer` renders."""

from .api import answer, front_error

__all__ = ["answer", "front_error"]
