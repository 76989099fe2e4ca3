"""What the pytest plugin and the unittest mixin have in common: the variables of a test, and what strict tests demand.

Neither framework is imported here. Strict means that nothing is green by accident: every rule and reply of the test
was used, every request was one that a rule fits, and the script itself had no problem.
"""

from __future__ import annotations

import json
from typing import Any, Dict, Iterable, List, Mapping, Optional

from .environment import ELSEWHERE, child
from .journal.exchanges import Exchange
from .server import Server
from .session import Session

__all__ = ["PROVIDERS", "complaints", "told", "variables_for"]

# Provider -> what the names of its SDKs' variables begin with.
PROVIDERS = {
    "openai": ("OPENAI_",),
    "anthropic": ("ANTHROPIC_",),
    "google": ("GOOGLE_", "GEMINI_"),
    "mistral": ("MISTRAL_",),
    "fireworks": ("FIREWORKS_",),
    "together": ("TOGETHER_",),
}
# A second name of a key: Google's SDK and minichat warn when both are set, and take the first, GOOGLE_API_KEY.
SECOND = frozenset(("GEMINI_API_KEY",))
ALWAYS = ("FAKES_URL", "NO_PROXY", "no_proxy")
OURS = "fakes: "  # begins every error that is about the test and not the provider's


def variables_for(server: Server, providers: Iterable[str], inherited: Mapping[str, str]) -> Dict[str, Optional[str]]:
    """Give the variables that lead these providers' SDKs to a server, past every proxy; None: it is to be taken away.

    Raises: ValueError for a provider that is none.
    """
    begin = list(ALWAYS)
    for provider in providers:
        if provider not in PROVIDERS:
            raise ValueError(f"no provider {provider!r} here; there are {', '.join(PROVIDERS)}")
        begin += PROVIDERS[provider]
    made = child(inherited, server.url(), server.key)
    wanted: Dict[str, Optional[str]] = {name: None for name in ELSEWHERE if name in inherited}
    wanted.update((name, value) for name, value in made.items() if name.startswith(tuple(begin)))
    for name in SECOND & wanted.keys():
        wanted[name] = None
    if server.ca_file is not None:
        wanted["SSL_CERT_FILE"] = server.ca_file  # what OpenSSL, and with it Python and most of its clients, trusts
    return wanted


def complaints(server: Server) -> List[str]:
    """Say what was unused, unmatched or wrong in all sessions of a server; nothing when all is well."""
    sessions = server._sessions.every()
    found = [line for session in sessions for line in _unused(session, sessions)]
    for session in sessions:
        where = _where(session)
        unmatched = [line for exchange in session.journal for line in _unmatched(exchange)]
        found += [where + line for line in unmatched]
        if session.unmatched > len(unmatched):  # the journal forgets the oldest
            found.append(f"{where}{session.unmatched - len(unmatched)} earlier requests fitted no rule")
        found += [f"{where}problem: {problem}" for problem in session.problems]
    return found


def told(lines: List[str]) -> str:
    """Give the text of a failure."""
    if len(lines) == 1:
        return "fakes, strict: " + lines[0]
    return "\n  ".join([f"fakes, strict: {len(lines)} complaints, the first of them {lines[0]}", *lines[1:]])


def _where(session: Session) -> str:
    return f"session {session.name!r}: " if session.name else ""


def _unused(session: Session, sessions: List[Session]) -> List[str]:
    """Name what no session that is answered from the same rules has used; told of the first of these only."""
    sharing = [one for one in sessions if one.script.in_turn is session.script.in_turn]
    if sharing[0] is not session:
        return []
    left = [set(one.script.unused(one.tally)) for one in sharing[1:]]
    names = [name for name in session.script.unused(session.tally) if all(name in one for one in left)]
    return [f"{_where(session)}never used: {name}" for name in names]


def _unmatched(exchange: Exchange) -> List[str]:
    """Give a line about an exchange in which the fake, and not the provider, refused."""
    if exchange.status != 404 or exchange.ask is None:
        return []
    try:
        said = _ours(json.loads(exchange.response_body))
    except ValueError:  # bytes that a test scripted
        return []
    return [f"request {exchange.number} ({exchange.method} {exchange.path}): {said[len(OURS) :]}"] if said else []


def _ours(value: Any) -> str:
    """Find the text in a provider's error that is ours; nothing when there is none."""
    if isinstance(value, str):
        return value if value.startswith(OURS) else ""
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return next(filter(None, map(_ours, inside)), "")
