"""What a test claims of the requests that were made, and an error that shows them when the claim is wrong.

Conditions are those of rules (`matching`), looked up in the request as the journal keeps it, and `status`: a number,
several, or a class such as "4xx". A request that the provider refused has no words to look into, but it has a body,
headers and a path. Every function takes the exchanges, so one claim serves a handle, the control API and a journal
that was read from a file.
"""

from __future__ import annotations

import time
from typing import Any, Callable, Dict, Iterable, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from ..replies.reply import Ask
from ..scripting.matching import Test, conditions, shown
from .exchanges import Exchange
from .masking import safe_names

__all__ = ["assert_all_used", "assert_called", "assert_not_called", "assert_order", "calls", "listed", "wait_for"]

SHOWN = 20  # requests in an error
MAX_TEXT = 6_000  # characters of an error
PAUSE = 0.002  # seconds between two looks
CLASSES = ("1xx", "2xx", "3xx", "4xx", "5xx")


class _Wanted(NamedTuple):
    """Conditions made ready, and how they are said."""

    tests: Tuple[Test, ...]
    statuses: Optional[Tuple[Any, ...]]
    told: str

    def failures(self, exchange: Exchange) -> List[str]:
        """Say why an exchange does not fit; nothing when it does."""
        ask = _ask_of(exchange)
        why = [test.why_not(ask) for test in self.tests if not test.holds(ask)]
        if self.statuses is not None and not any(_is(exchange.status, one) for one in self.statuses):
            why.append(f"status is {exchange.status}, wanted {' or '.join(map(str, self.statuses))}")
        return why


def calls(exchanges: Iterable[Exchange], wanted: Mapping[str, Any]) -> List[Exchange]:
    """Give the exchanges that fit all conditions, oldest first.

    Raises: ValueError or TypeError that begins with the condition's name.
    """
    made = _wanted(wanted)
    return [exchange for exchange in exchanges if not made.failures(exchange)]


def assert_called(
    exchanges: Iterable[Exchange],
    wanted: Mapping[str, Any],
    times: Optional[int] = None,
    *,
    at_least: Optional[int] = None,
    at_most: Optional[int] = None,
) -> None:
    """Hold that so many requests fit the conditions; without a number, that one does at least.

    Raises: AssertionError that says what was expected, what came nearest and what was asked; ValueError or TypeError
    for conditions or numbers that cannot be meant.
    """
    _check_counts(times, at_least, at_most)
    if times is None and at_least is None and at_most is None:
        at_least = 1
    known, made = list(exchanges), _wanted(wanted)
    fitting = [exchange for exchange in known if not made.failures(exchange)]
    least = times if times is not None else at_least
    most = times if times is not None else at_most
    count = len(fitting)
    if (least is None or count >= least) and (most is None or count <= most):
        return
    lines = [f"expected {_numbers(times, at_least, at_most)}{made.told}, but there {_were(count)}"]
    if least is not None and count < least:
        lines += _nearest(known, made)
    raise AssertionError(_cut("\n".join([*lines, listed(known, marked=fitting)])))


def assert_not_called(exchanges: Iterable[Exchange], wanted: Mapping[str, Any]) -> None:
    """Hold that no request fits the conditions.

    Raises: as `assert_called`.
    """
    assert_called(exchanges, wanted, 0)


def assert_order(exchanges: Iterable[Exchange], steps: Sequence[Mapping[str, Any]]) -> None:
    """Hold that for each of several conditions a request came, in this order; others may lie between.

    Raises: as `assert_called`.
    """
    if not steps:
        raise ValueError("assert_order: give the conditions of at least one request")
    for one in steps:
        if not isinstance(one, Mapping):
            raise TypeError(f"assert_order: takes mappings of conditions, as {{'user': 'hi'}}, not {one!r:.80}")
    known = list(exchanges)
    wanted = [_wanted(step) for step in steps]
    place = 0
    found: List[Exchange] = []
    for step, made in enumerate(wanted, 1):
        behind = next((at for at in range(place, len(known)) if not made.failures(known[at])), None)
        if behind is None:
            lines = ["expected these requests in this order, others may lie between:"]
            states = [f"request {one.number}" for one in found] + ["missing"] + ["not looked for"] * len(wanted)
            lines += [f"  {at}. a request{one.told}: {state}" for at, (one, state) in enumerate(zip(wanted, states), 1)]
            early = next((one for one in known[:place] if not made.failures(one)), None)
            if early is not None:
                lines.append(
                    f"request {early.number} fits step {step}, but does not come behind that of step {step - 1}"
                )
            lines += _nearest(known[place:], made)
            raise AssertionError(_cut("\n".join([*lines, listed(known, marked=found)])))
        found.append(known[behind])
        place = behind + 1


def assert_all_used(unused: Sequence[str], problems: Sequence[str]) -> None:
    """Hold that every rule and reply was used and that the script had no problem of its own.

    Raises: AssertionError that names what is left.
    """
    lines = [f"never used: {name}" for name in unused] + [f"problem: {problem}" for problem in problems]
    if lines:
        raise AssertionError(_cut("\n".join(["the script was not used as it was meant", *lines])))


def wait_for(condition: Callable[[], Any], seconds: float, exchanges: Callable[[], Iterable[Exchange]]) -> None:
    """Return when the condition holds; it is looked at every few milliseconds, for so many seconds of real time.

    Raises: AssertionError with the journal when it does not come to hold; what the condition raises.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() >= deadline:
            named = getattr(condition, "__name__", "")
            what = f"the condition {named!r}" if named and named != "<lambda>" else "the condition"
            raise AssertionError(_cut(f"{what} did not come to hold in {seconds:g} s\n{listed(list(exchanges()))}"))
        time.sleep(PAUSE)


def listed(exchanges: Sequence[Exchange], marked: Sequence[Exchange] = ()) -> str:
    """Write requests as lines, the last twenty of them; `marked` ones begin with an arrow."""
    if not exchanges:
        return "there was no request"
    fitting = {id(exchange) for exchange in marked}
    head = "requests:" if len(exchanges) <= SHOWN else f"requests, the last {SHOWN} of {len(exchanges)}:"
    lines = [
        f"{'->' if id(one) in fitting else '  '} {one.number}. {one.method} {one.path}"
        f"{' ' + one.model if one.model else ''}{' ' + shown(one.ask.user) if one.ask is not None else ''}"
        f" -> {one.status or 'no answer yet'}{_ending(one)}"
        for one in exchanges[-SHOWN:]
    ]
    return "\n".join([head, *lines])


def _ending(exchange: Exchange) -> str:
    words = {"": "still open", "complete": "", "cut": "cut", "reset": "reset", "client": "the client hung up"}
    told = [word for word in (words.get(exchange.ended, exchange.ended), ", ".join(exchange.faults)) if word]
    return f" ({'; '.join(told)})" if told and exchange.status else ""


def _ask_of(exchange: Exchange) -> Ask:
    """Give the request in neutral words; of one that was refused, with what can be known without its provider."""
    if exchange.ask is not None:
        return exchange.ask
    body = exchange.body if isinstance(exchange.body, dict) else {}
    model = body.get("model")
    first = exchange.path[1:].partition("/")[0]
    provider = "google" if first == "gemini" else first
    return Ask(exchange.request, provider, "", model if isinstance(model, str) else "", "", "", 0)


def _wanted(wanted: Mapping[str, Any]) -> _Wanted:
    rules: Dict[str, Any] = {name: value for name, value in wanted.items() if name != "status"}
    statuses: Optional[Tuple[Any, ...]] = None
    if "status" in wanted:
        given = wanted["status"]
        statuses = tuple(given) if isinstance(given, (list, tuple, set, frozenset, range)) else (given,)
        for one in statuses:
            whole = isinstance(one, int) and not isinstance(one, bool)
            if not whole and one not in CLASSES:
                raise ValueError(f'status: is a number, several, or a class such as "4xx", not {given!r}')
    for name in rules.get("header") or ():
        if not safe_names[str(name).lower()]:
            raise ValueError(f"header: the journal keeps no keys, so nothing can be said of {name}")
    tests = conditions(rules)
    said = [f"{test.field}: {getattr(test, 'wanted', getattr(test, 'name', ''))}" for test in tests]
    if statuses is not None:
        said.append(f"status: {' or '.join(map(str, statuses))}")
    return _Wanted(tests, statuses, f" with {'; '.join(said)}" if said else "")


def _is(status: int, wanted: Any) -> bool:
    return f"{status // 100}xx" == wanted if isinstance(wanted, str) else status == wanted


def _check_counts(times: Optional[int], at_least: Optional[int], at_most: Optional[int]) -> None:
    for name, value in (("times", times), ("at_least", at_least), ("at_most", at_most)):
        if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 0):
            raise ValueError(f"{name}: is a whole number from 0, not {value!r}")
    if times is not None and (at_least is not None or at_most is not None):
        raise ValueError("times: give it alone, or at_least and at_most")
    if at_least is not None and at_most is not None and at_least > at_most:
        raise ValueError(f"at_least: {at_least} is more than at_most, {at_most}")


def _numbers(times: Optional[int], at_least: Optional[int], at_most: Optional[int]) -> str:
    if times is not None:
        return f"{times} request{'' if times == 1 else 's'}" if times else "no request"
    bounds = [f"{word} {count}" for word, count in (("at least", at_least), ("at most", at_most)) if count is not None]
    return f"{' and '.join(bounds)} request{'' if bounds[-1].endswith(' 1') else 's'}"


def _were(count: int) -> str:
    return "was none" if not count else "was 1" if count == 1 else f"were {count}"


def _nearest(exchanges: Sequence[Exchange], made: _Wanted) -> List[str]:
    """Say which request fails the fewest conditions, and why."""
    failing = [(why, one) for one in exchanges for why in [made.failures(one)] if why]
    if not failing:
        return []
    why, nearest = min(failing, key=lambda row: len(row[0]))
    return [f"nearest is request {nearest.number}: {'; '.join(why)}"]


def _cut(text: str) -> str:
    return text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 2] + "\n…"
