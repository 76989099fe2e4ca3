"""A LangSmith of one's own: `python -m fakes langsmith --db traces.db`, or `fakes.langsmith.serve()` in a test.

It takes what the `langsmith` package and minichat's tracer send (`ingest`), keeps it in one sqlite3 file (`store`),
answers the read and write calls of the SDK (`api`), and shows it (`page`). Wire facts were found by running the SDK
0.15 against it.
"""

from __future__ import annotations

from .server import LangSmith, serve

__all__ = ["LangSmith", "serve"]
