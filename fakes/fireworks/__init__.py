"""Fireworks' API: `api` routes, `checks` (with `messages`) judges, `writer` renders."""

from .api import answer, front_error

__all__ = ["answer", "front_error"]
