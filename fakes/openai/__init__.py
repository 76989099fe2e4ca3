"""OpenAI's API: `api` routes; for chat completions `checks` (with `messages`, `tools`) judges and `writer` renders.

The Responses API is `responses`; there `responses_checks` (with `_input`, `_order`, `_tools`) judges, `_turn` decides
what is said, `_items` and `_writer` render.
"""

from .api import answer, front_error
from .outcomes import error_event

__all__ = ["answer", "error_event", "front_error"]
