"""What a test holds of a session: its script, faults, pace, quota, clock and journal, from any thread.

`Server` is the handle of the session with no name, `server.session("a")` one of a session of its own. Everything said
here counts from the next request on.
"""

from __future__ import annotations

import os
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Union

from .faults import Fault, checked
from .journal import assertions
from .journal.exchanges import Exchange
from .pace import Pace
from .quotas import Quota
from .scripting.script import Answering, Rule, Script
from .session import KEY, Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .verdict.judge import Verdict

__all__ = ["Handle", "Scripted", "When"]


class Scripted:
    """A rule that was added, and how often it has answered."""

    def __init__(self, rule: Rule, session: Session) -> None:
        self._rule = rule
        self._session = session

    @property
    def name(self) -> str:
        """The rule's name in errors and in the journal."""
        return self._rule.name

    @property
    def used(self) -> int:
        """How many requests it answered since the last reset."""
        return self._session.tally.of(self._rule)


class When:
    """Conditions that wait for their reply."""

    def __init__(self, session: Session, wanted: Dict[str, Any]) -> None:
        self._session = session
        self._wanted = wanted

    def reply(
        self,
        *replies: Answering,
        name: Optional[str] = None,
        times: Optional[int] = None,
        repeat: bool = False,
        faults: Union[Fault, Sequence[Fault]] = (),
        pace: Optional[Pace] = None,
    ) -> Scripted:
        """Answer the requests that fit: with one reply every time, with several in turn and each once.

        A reply is a text, a `Reply`, an `Error`, or a function that takes the request (`Ask`) and gives one of these.
        `times` limits the rule to so many answers, `repeat` begins its replies anew when all were given; `faults` and
        `pace` act on all of its answers.

        Raises: ValueError or TypeError, naming the argument.
        """
        if not replies:
            raise ValueError("replies: give at least one")
        rules = self._session.own_script().rules
        named = name or f"rule {len(rules) + 1}"
        rule = Rule(self._wanted, replies, name=named, times=times, repeat=repeat, faults=checked(faults), pace=pace)
        rules.append(rule)
        return Scripted(rule, self._session)


class Handle:
    """One session, from the outside."""

    def __init__(
        self, session: Session, url: Callable[[Optional[str]], str], call: Callable[[Callable[[], None]], None]
    ):
        self._session = session
        self._url = url
        self._call = call  # makes a call in the server's loop, and waits for it

    @property
    def name(self) -> str:
        """The session's name; empty for the server's own."""
        return self._session.name

    @property
    def key(self) -> str:
        """The API key that chooses this session."""
        return KEY + self.name if self.name else "sk-fake"

    def url(self, provider: Optional[str] = None) -> str:
        """Give the base URL that a client of the provider takes, or of the server when none is named."""
        return self._url(provider)

    def reply(self, *replies: Answering) -> None:
        """Add replies that are given in turn, each once, to whatever no rule of `when` fits.

        Raises: TypeError for what is no reply.
        """
        self._session.own_script().add_replies(replies)

    def when(self, **conditions: Any) -> When:
        """Begin a rule: `server.when(user={"contains": "weather"}, provider="openai").reply("Sunny.")`.

        Conditions: provider, api, path, model, user (the last user's text), system, tool (one on offer), tool_result,
        turn (from 1), header={name: condition}, json={path: condition}, when=function of the request. A text means
        the whole text, a compiled pattern is searched for, and {"contains": …}, {"regex": …}, {"exists": …} say so.
        """
        return When(self._session, conditions)

    def fault(self, *faults: Fault) -> None:
        """Let faults strike every answer of this session, as each one's schedule says."""
        self._session.own_settings().faults += checked(faults)

    def pace(self, pace: Optional[Pace]) -> None:
        """Set how fast answers come; None: at once. Raises: TypeError or ValueError that names the field."""
        if pace is not None and not isinstance(pace, Pace):
            raise TypeError(f"pace: takes Pace(...) or None, not {type(pace).__name__}")
        self._session.own_settings().pace = pace.checked() if pace is not None else None

    def quota(self, quota: Optional[Quota]) -> None:
        """Limit requests and tokens per minute; None: no limit. Raises: TypeError or ValueError that names the field."""
        if quota is not None and not isinstance(quota, Quota):
            raise TypeError(f"quota: takes Quota(...) or None, not {type(quota).__name__}")
        self._session.own_settings().quota = quota.checked() if quota is not None else None

    def script(self, script: Union[Script, Mapping[str, Any], str, "os.PathLike[str]"]) -> None:
        """Replace the script: a file, a mapping of the same shape (`python -m fakes --help-script`), or a Script.

        Raises: fakes.ScriptError, which names line and field.
        """
        if not isinstance(script, Script):
            from .scripting.file import read

            script = read(script)
        self._session.load(script)

    def advance(self, seconds: float) -> None:
        """Move the session's clock; what becomes due on the way has been written when this returns.

        Raises: TypeError or ValueError for what is no number of seconds from 0.
        """
        if isinstance(seconds, bool) or not isinstance(seconds, (int, float)):
            raise TypeError(f"seconds is a number, not {seconds!r}")
        if not 0 <= seconds < float("inf"):
            raise ValueError(f"seconds is a number from 0, not {seconds!r}")
        self._call(lambda: self._session.clock.advance(seconds))

    def now(self) -> float:
        """Tell the session's clock: seconds since it began or was reset."""
        return self._session.clock.now()

    @property
    def journal(self) -> List[Exchange]:
        """What was asked and answered since the last reset, oldest first; at most 1,000 exchanges are kept."""
        return list(self._session.journal)

    @property
    def problems(self) -> List[str]:
        """What went wrong in the script itself: a function that failed, a fault beyond the end of its answer."""
        return list(self._session.problems)

    def unused(self) -> List[str]:
        """Name the rules that never answered, and the replies in turn that were not given."""
        return self._session.script.unused(self._session.tally)

    def calls(self, **conditions: Any) -> List[Exchange]:
        """Give the exchanges that fit conditions as `when` takes them, and `status` (404, (200, 201), "5xx")."""
        return assertions.calls(self._session.journal, conditions)

    def assert_called(
        self,
        times: Optional[int] = None,
        *,
        at_least: Optional[int] = None,
        at_most: Optional[int] = None,
        **conditions: Any,
    ) -> None:
        """Hold that so many requests fit the conditions; without a number, that one does at least.

        Raises: AssertionError, which tells the nearest request, why it does not fit, and what was asked.
        """
        assertions.assert_called(self._session.journal, conditions, times, at_least=at_least, at_most=at_most)

    def assert_not_called(self, **conditions: Any) -> None:
        """Hold that no request fits the conditions. Raises: AssertionError."""
        assertions.assert_not_called(self._session.journal, conditions)

    def assert_order(self, *steps: Mapping[str, Any]) -> None:
        """Hold that a request came for each mapping of conditions, in this order, others between. Raises: AssertionError."""
        assertions.assert_order(self._session.journal, steps)

    def assert_all_used(self) -> None:
        """Hold that every rule and reply was used, and that there are no `problems`. Raises: AssertionError."""
        assertions.assert_all_used(self.unused(), self.problems)

    def wait_for(self, condition: Callable[[], Any], seconds: float = 5.0) -> None:
        """Return when the condition holds, such as `lambda: server.journal[0].hung_up`; seconds are of real time.

        Raises: AssertionError with the journal when it does not come to hold.
        """
        assertions.wait_for(condition, seconds, lambda: self._session.journal)

    def verdict(self) -> "Verdict":
        """Judge the client that asked: `.ok`, `.findings`, and in words `str(server.verdict())`."""
        from .verdict.judge import of

        return of(self._session)

    def report(
        self,
        *,
        raised: Union[BaseException, str, None] = None,
        completed: Optional[bool] = None,
        cancelled: Optional[bool] = None,
        exchange: Optional[int] = None,
    ) -> None:
        """Tell the verdict what the client made of an answer, by default of the last one that nothing was said of.

        Raises: ValueError when nothing is said, or when there is no such exchange.
        """
        from .verdict.judge import report

        report(self._session, raised=raised, completed=completed, cancelled=cancelled, exchange=exchange)

    def reset(self) -> None:
        """Forget the requests seen and start counters, clock and script anew: the same requests get the same bytes."""
        self._call(self._session.reset)
