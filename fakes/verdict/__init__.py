"""How a client behaved: which requests belong together, and what is to blame in them.

Reading order: `attempts` (failures and their retries), `rules` (one kind of misbehaviour each), `judge`, `command`.
"""

from __future__ import annotations

__all__: list[str] = []
