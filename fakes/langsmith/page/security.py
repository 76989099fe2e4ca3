"""The headers that keep an answer to itself, on every answer of this server: pages, files, JSON, refusals, errors.

The Content Security Policy lets a page load style, script and data from this server and pictures and sound from data
URLs, nothing else, and nothing inline; so text that escaped escaping could still not run. Nothing may be framed, read
as another type than it says, or read by a page from elsewhere.
"""

from __future__ import annotations

from ...serving.http11 import Answer

__all__ = ["SECURITY", "secured"]

SECURITY = [
    (
        "content-security-policy",
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; "
        "media-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
]


def secured(answer: Answer) -> Answer:
    """Give an answer with the headers that every one has; what an answer says itself stays (a file says more)."""
    said = {name.lower() for name, _ in answer.headers}
    answer.headers = [*answer.headers, *[header for header in SECURITY if header[0] not in said]]
    return answer
