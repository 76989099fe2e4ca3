"""What a test wants answered: rules in order, then replies in turn; and the fault, pace and quota of every answer.

The first rule whose conditions hold and which is not used up answers. A rule with one reply gives it every time, one
with several gives each once, in order; `times` limits a rule to so many answers and `repeat` begins its replies anew.
What was used is counted in a `Tally`, not here, so several sessions share one script. When nothing fits, the answer
is an error that names the nearest rules and why each failed: nothing is green by accident.
"""

from __future__ import annotations

import inspect
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Sequence, Tuple, Union

from ..faults import Fault, checked
from ..journal.exchanges import key_of
from ..pace import Pace
from ..quotas import Quota
from ..replies.reply import Ask, Error, Reply
from .matching import Failure, Test, conditions, shown, without_key

__all__ = ["Answering", "Choice", "Rule", "Script", "Tally"]

Answering = Union[str, Reply, Error, Callable[[Ask], Union[str, Reply, Error]]]
NEAREST = 3  # rules that the error names
TURN = "replies"  # the name of the rule that has the replies in turn


class Tally:
    """How often each rule answered and each fault could have struck, in one session."""

    __slots__ = ("_counts",)

    def __init__(self) -> None:
        self._counts: Dict[object, int] = {}

    def of(self, thing: object) -> int:
        """Tell the count of a rule or fault."""
        return self._counts.get(thing, 0)

    def add(self, thing: object) -> int:
        """Count one more, and give the count."""
        count = self._counts[thing] = self._counts.get(thing, 0) + 1
        return count


class Rule:
    """Conditions and the replies for the requests that fit all of them.

    Raises: ValueError or TypeError, naming the argument.
    """

    __slots__ = ("name", "conditions", "replies", "times", "repeat", "faults", "pace", "each_once")

    def __init__(
        self,
        wanted: Dict[str, Any],
        replies: Sequence[Answering],
        *,
        name: str,
        times: Optional[int] = None,
        repeat: bool = False,
        faults: Union[Fault, Sequence[Fault]] = (),
        pace: Optional[Pace] = None,
        each_once: bool = False,
    ) -> None:
        if not isinstance(name, str) or not name:
            raise TypeError(f"name: is a text that is not empty, not {shown(name)}")
        self.conditions: Tuple[Test, ...] = conditions(wanted)
        self.replies: List[Answering] = [_answering(one) for one in replies]
        if times is not None and (isinstance(times, bool) or not isinstance(times, int) or times < 1):
            raise ValueError(f"times: is a whole number from 1, not {shown(times)}")
        if not isinstance(repeat, bool):
            raise TypeError(f"repeat: is true or false, not {shown(repeat)}")
        if times is not None and not repeat and 1 < len(self.replies) < times:
            raise ValueError(
                f"times: {times} answers of {len(self.replies)} replies, each of which is given once; set repeat as well"
            )
        self.name = name
        self.times = times
        self.repeat = repeat
        self.each_once = each_once  # also when there is a single reply
        self.faults = checked(faults)
        self.pace = pace.checked() if pace is not None else None

    def limit(self) -> Optional[int]:
        """Tell how many requests it answers; None: any number."""
        if self.times is not None or self.repeat:
            return self.times
        return None if len(self.replies) == 1 and not self.each_once else len(self.replies)

    def why_not(self, ask: Ask, tally: Tally) -> List[str]:
        """Say in sentences why it does not answer a request; none when it does."""
        reasons = [one.why_not(ask) for one in self.conditions if not one.holds(ask)]
        if self.used_up(tally):
            reasons.append(_used_up(self.limit() or 0))
        return reasons

    def used_up(self, tally: Tally) -> bool:
        """Tell whether it has given all the answers it has."""
        limit = self.limit()
        return limit is not None and tally.of(self) >= limit

    def fits(self, ask: Ask, tally: Tally) -> bool:
        """Tell whether it answers a request."""
        if self.used_up(tally):  # first: a function of the test's is not called for nothing
            return False
        for one in self.conditions:
            if not one.holds(ask):
                return False
        return True

    def next(self, tally: Tally) -> Answering:
        """Give the reply that comes next."""
        return self.replies[tally.of(self) % len(self.replies)]


def _used_up(limit: int) -> str:
    if limit < 2:
        return "its only answer has been given" if limit else "it has no reply"
    return f"all {limit} of its answers have been given"


def _answering(reply: Any) -> Answering:
    if inspect.iscoroutinefunction(reply):
        raise TypeError("reply: a function that gives the reply must not be async; it runs on the server's own thread")
    if isinstance(reply, Error):
        return reply.checked()
    if isinstance(reply, (str, Reply)) or callable(reply):
        return reply  # type: ignore[no-any-return]
    raise TypeError(f"reply: takes a text, a Reply, an Error or a function of the request, not {type(reply).__name__}")


class Choice(NamedTuple):
    """The rule that answers and its reply, which is not yet counted as given."""

    rule: Rule
    reply: Union[Reply, Error]


class Script:
    """Everything a test says about the answers. `fallback`: what no rule fits is answered by the model's name."""

    __slots__ = ("rules", "in_turn", "faults", "pace", "quota", "fallback", "only_scripted", "source")

    def __init__(
        self,
        rules: Sequence[Rule] = (),
        replies: Sequence[Answering] = (),
        *,
        faults: Sequence[Fault] = (),
        pace: Optional[Pace] = None,
        quota: Optional[Quota] = None,
        fallback: bool = False,
        source: Optional[str] = None,
    ) -> None:
        self.rules = list(rules)
        self.in_turn = Rule({}, replies, name=TURN, each_once=True)
        self.faults = list(checked(faults))
        self.pace = pace.checked() if pace is not None else None
        self.quota = quota
        self.fallback = fallback
        self.only_scripted = False  # even with no reply at all the model's name answers nothing
        self.source = source  # the file it was read from

    @property
    def answers(self) -> bool:
        """Tell whether it has anything to say about which reply is given."""
        return self.only_scripted or bool(self.rules or self.in_turn.replies)

    def every_rule(self) -> List[Rule]:
        """Give all rules in the order in which they are asked."""
        return [*self.rules, self.in_turn] if self.in_turn.replies or not self.rules else self.rules

    def add_replies(self, replies: Sequence[Answering]) -> None:
        """Add replies to those given in turn.

        Raises: TypeError.
        """
        self.in_turn.replies += [_answering(one) for one in replies]

    def choose(self, ask: Ask, tally: Tally) -> Optional[Choice]:
        """Give what the first rule that fits says, or None; nothing is counted yet.

        Raises: Failure, naming rule and function, when a function of the test's fails.
        """
        for rule in self.every_rule():
            try:
                if rule.fits(ask, tally):
                    return Choice(rule, _made(rule.next(tally), ask))
            except Failure as problem:
                raise Failure(f"rule {rule.name!r}: {problem}") from problem.__cause__
        return None

    def unmatched(self, ask: Ask, tally: Tally) -> Error:
        """Say loudly that no rule fits, and which came nearest: the fewest reasons against it, the most for it."""
        reasons = [(rule, rule.why_not(ask, tally)) for rule in self.every_rule()]

        def distance(row: Tuple[Rule, List[str]]) -> Tuple[int, int]:
            rule, why = row
            return len(why), len(why) - rule.used_up(tally) - len(rule.conditions)

        nearest = sorted(reasons, key=distance)[:NEAREST]
        key = key_of(ask.request)
        told = "; ".join(f"rule {shown(rule.name)}: {' and '.join(why)}" for rule, why in nearest)
        rest = f"; and {len(reasons) - NEAREST} more" if len(reasons) > NEAREST else ""
        asked = f"provider {ask.provider}, model {shown(ask.model, key)}, turn {ask.turn}, user {shown(ask.user, key)}"
        message = f"fakes: no rule fits this request ({asked}). Nearest: {told}{rest}"
        return Error(404, without_key(message, key), code="no_rule")

    def unused(self, tally: Tally) -> List[str]:
        """Name the rules that never answered, and the replies in turn that were not given."""
        names = [rule.name for rule in self.rules if not tally.of(rule)]
        given, there = tally.of(self.in_turn), len(self.in_turn.replies)
        return names + [f"{TURN}[{place}]" for place in range(given, there)]


def _made(reply: Answering, ask: Ask) -> Union[Reply, Error]:
    """Make a reply of what a rule has, calling a function."""
    if isinstance(reply, str):
        return Reply(reply)
    if isinstance(reply, (Reply, Error)):
        return reply
    name = getattr(reply, "__name__", None) or type(reply).__name__
    try:
        made = reply(ask)
    except Exception as problem:
        raise Failure(f"the reply {name!r} raised {type(problem).__name__}: {problem}") from problem
    if isinstance(made, str):
        return Reply(made)
    if isinstance(made, Error):
        try:
            return made.checked()
        except (TypeError, ValueError) as problem:
            raise Failure(f"the reply {name!r} gave an Error that cannot be meant: {problem}") from problem
    if not isinstance(made, Reply):
        if inspect.iscoroutine(made):
            made.close()
        raise Failure(f"the reply {name!r} gave {type(made).__name__}, not a text, Reply or Error")
    return made
