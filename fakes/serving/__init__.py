"""From bytes to requests and from answers to bytes: HTTP, what faults make of it, the sockets.

Reading order: `http11` (no socket), `pieces` and `transmission` (an answer, its faults and its pace as a plan),
`delivery` (playing the plan), `connection`, `listener` (routing), `live`, `threaded`, `tls`.
"""

from __future__ import annotations

__all__: list[str] = []
