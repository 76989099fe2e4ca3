"""OpenAI's API: `api` routes; for chat completions `checks` (with `messages`, `tools`) judges and `writer` renders.

The Responses API is `responses`; there `responses_checks` (with `_input`, `_order`, `_tools`) judges, `_turn` decides
what is said, `_items` and `_writer` render.
"""

from .api import answer, front_error

__all__ = ["answer", "front_error"]
