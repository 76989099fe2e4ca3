"""The page: traces as HTML that a person can read, from the store that the API writes.

Reading order: `html` (elements that are escaped by construction), `layout` (the frame of every page and its security
headers), `guard` (who may post), `formats` (numbers, times and JSON as text), `blocks` and `messages` (the conversation
found in a run's values), `conversation` (the same as HTML), `tree` (the trace with its waterfall), `charts`; then one
module to a page: `projects`, `runs`, `trace`, `compare`, `datasets`, `playground` (what it takes over from a run is
`carried`, its call is `playing`, what comes back `answers`); `forms` (what a form does) and `pages` (which address is
which page). Style sheet and script are strings in `style` and `script`, so that the
package works from a zip.
"""

from __future__ import annotations

__all__: list[str] = []
