"""Text in colour and bold for terminals. The escapes are LangChain's, so that printed runs look alike.

Source: ECMA-48, section 8.3.117 (SGR): 1 is bold, 3 italic, 30 to 37 colours, 38;5;n colour n of 256, 0 plain.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Optional, TextIO

__all__ = ["get_bolded_text", "get_colored_text", "print_text"]

COLORS = {"blue": "36;1", "yellow": "33;1", "pink": "38;5;200", "green": "32;1", "red": "31;1"}


def get_colored_text(text: str, color: str) -> str:
    """Give `text` in bold italics of a colour: blue, yellow, pink, green or red. Raises: KeyError for another."""
    return f"\x1b[{COLORS[color]}m\x1b[1;3m{text}\x1b[0m"


def get_bolded_text(text: str) -> str:
    """Give `text` in bold."""
    return f"\x1b[1m{text}\x1b[0m"


def print_text(text: Any, color: Optional[str] = None, end: str = "", file: Optional[TextIO] = None) -> None:
    """Print `text`, in a colour if one is named, with no line end of its own; into a `file` at once."""
    print(get_colored_text(text, color) if color else text, end=end, file=file)
    if file is not None:
        file.flush()  # who watches the file sees each event when it happens
