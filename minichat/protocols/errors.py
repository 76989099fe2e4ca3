"""What the error replies of all protocols have in common: pages of gateways, redirects, JSON of any shape.

Whatever comes, an error comes of it: no shape of a reply may end in a KeyError or a TypeError here. Each
protocol says where its provider's own words stand; the rest is told from the status.
"""

from __future__ import annotations

from ..errors import ProtocolError
from .base import parse_json, provider_error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, Optional

    from ..errors import ProviderError

    JSON = Any
    Tell = Callable[[str, int, Mapping[str, str], JSON], ProviderError]

__all__ = ["read_error_reply", "word"]


def read_error_reply(
    provider: str, status: int, headers: Mapping[str, str], body: bytes, tell: Tell
) -> ProviderError:
    """Read an error reply; `tell(provider, status, headers, value)` finds the provider's words in its JSON."""
    if 300 <= status < 400:
        place = headers.get("location", "").partition("?")[0]
        text = f"redirected to {place or 'nowhere'}; redirects are not followed, set base_url= to the place"
        return provider_error(status, headers, provider=provider, message=text)
    text = body.decode("utf-8", "replace").strip()
    try:
        value = parse_json(text)
    except ProtocolError:
        return provider_error(
            status, headers, provider=provider, message=_page_text(text, status), body=text[:200]
        )
    return tell(provider, status, headers, value)


def word(value: JSON) -> Optional[str]:
    """Give a value as a word of the provider: text as it is, None as None."""
    return value if value is None or isinstance(value, str) else str(value)


def _page_text(text: str, status: int) -> str:
    """Say what a reply that is not JSON says: a page's title, or its first words."""
    if not text:
        return f"status {status} with an empty body"
    lowered = text[:4096].lower()
    start = lowered.find("<title>")
    end = lowered.find("</title>", start)
    if 0 <= start < end:
        return f"status {status} with an HTML page: {text[start + 7 : end].strip()[:150]}"
    return f"status {status}: {text[:150]}"
