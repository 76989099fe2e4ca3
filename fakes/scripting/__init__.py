"""Which reply to which request: rules in Python or in JSON files.

Reading order: `matching` (does a request fit?), `script` (rules, replies in turn), `templates`; then the files:
`places` (JSON that knows its lines), `fields` (the tables of what a script can say), `checks` and `answers` (parts of
the reader), `file`, `help` (page and schema), `check` (the command), `watching` (a file that changes).
"""

from __future__ import annotations

__all__: list[str] = []
