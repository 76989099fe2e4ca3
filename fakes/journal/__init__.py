"""What was asked and what was answered, without a secret: entries, claims about them, counters.

Reading order: `masking` (where keys hide), `exchanges`, `assertions`, `metrics`.
"""

from __future__ import annotations

__all__: list[str] = []
