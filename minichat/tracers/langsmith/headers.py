"""The two headers of a request by which a trace goes on in another process, written and read. Pure.

- `langsmith-trace`: the dotted order of the run, which has the ids of all runs above it;
- `baggage`: `langsmith-metadata=<JSON>`, `langsmith-tags=<joined by commas>`, `langsmith-project=<name>`, each value
  percent-encoded, joined by commas; what there is none of is left out.

Source: langsmith 0.15.0, by running it (tests/tracers/langsmith/test_run_trees.py has its headers as literals).
"""

from __future__ import annotations

import json
from urllib.parse import quote, unquote

from .records import plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

__all__ = ["TRACE_HEADER", "header_of", "read_baggage", "written"]

TRACE_HEADER = "langsmith-trace"
BAGGAGE = ("langsmith-metadata", "langsmith-tags", "langsmith-project")


def written(
    dotted_order: str, metadata: Mapping[str, Any], tags: Sequence[str], project: Optional[str]
) -> Dict[str, str]:
    """Give the headers of a request that is made in a run.

    >>> written("20261123T042525141372Z00000000-0000-0000-0000-000000000001", {"user": "a"}, [], "mine")["baggage"]
    'langsmith-metadata=%7B%22user%22%3A%22a%22%7D,langsmith-project=mine'
    """
    items = []
    if metadata:
        items.append((BAGGAGE[0], json.dumps(plain(metadata), ensure_ascii=False, separators=(",", ":"))))
    if tags:
        items.append((BAGGAGE[1], ",".join(tags)))
    if project:
        items.append((BAGGAGE[2], project))
    return {
        TRACE_HEADER: dotted_order,
        "baggage": ",".join([f"{name}={quote(value)}" for name, value in items]),
    }


def header_of(headers: Mapping[Any, Any], name: str) -> Optional[str]:
    """Give a header, whose name may be in any case; name and value may be bytes."""
    value = headers.get(name) or headers.get(name.encode())
    if value is None:  # a plain dict of what a server made of it: `Langsmith-Trace`
        given = {key.decode("latin-1") if isinstance(key, bytes) else str(key): one for key, one in headers.items()}
        value = next((one for key, one in given.items() if key.lower() == name), None)
    return value.decode() if isinstance(value, bytes) else value


def read_baggage(text: Optional[str]) -> Tuple[Dict[str, Any], List[str], Optional[str]]:
    """Read metadata, tags and project; other members of the header are not ours."""
    found: Dict[str, str] = {}
    for item in (text or "").split(","):
        name, _, value = item.strip().partition("=")
        if name in BAGGAGE:
            found[name] = unquote(value)
    metadata: Any = {}
    try:
        metadata = json.loads(found.get(BAGGAGE[0], "{}"))
    except ValueError:
        metadata = None
    if not isinstance(metadata, dict):
        import logging

        logging.getLogger(__name__).warning("baggage header: langsmith-metadata is not a JSON object")
        metadata = {}
    tags = found.get(BAGGAGE[1])
    return metadata, tags.split(",") if tags else [], found.get(BAGGAGE[2]) or None
