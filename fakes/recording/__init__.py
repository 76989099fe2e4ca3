"""Record a real provider, replay what it said byte for byte, and tell what has changed since.

Reading order: `exchange` (one exchange and its JSON), `store` (a folder of them), `scrub` (what is masked before
anything is kept), `canonical` (when two requests are the same), `responses`, `upstream` and `recorder` (the proxy),
`replayer` (recordings to plans), `surface` and `drift` (what a set of recordings shows, and how two sets differ).
`record`, `replay` and `diff` are the commands and the ways in from Python.
"""

from __future__ import annotations

__all__: list[str] = []
