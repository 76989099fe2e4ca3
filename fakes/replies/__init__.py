"""What is said: the neutral reply and question, the ready behaviours, and the texts and values they are made of.

Reading order: `reply`, `behaviours` (a model's name, or a script, to a reply), `quickstart`, `tokens`, `schemas`,
`sample` (a value that fits a schema).
"""

from __future__ import annotations

__all__: list[str] = []
