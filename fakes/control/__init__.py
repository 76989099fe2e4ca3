"""The server's own API under /__fakes, for tests in other languages.

Reading order: `operations` (the table from which all is made), `calls` (what each does), `api` (who may call, and how
errors look), `openapi` (the table as a document).
"""

from __future__ import annotations

__all__: list[str] = []
