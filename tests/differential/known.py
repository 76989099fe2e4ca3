"""Where the two libraries part on purpose: program -> reason. README's "Differences from LangChain" says the same."""

from __future__ import annotations

KNOWN = {}
