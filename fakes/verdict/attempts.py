"""Which request is a retry of which: what a verdict has to know before it can judge.

A request is a retry of an earlier one when method, path, query and canonical body are the same within the session,
the earlier answer was a failure that had ended, or that the client had hung up on, and the request came over the same
connection or after that one was closed. For while a connection stays free, who comes over another one is somebody
else: calls side by side with the same text are no retries of each other. Where several such pairs are possible they
are made from the last request backwards, and no finding rests on one of them where another pair would excuse it.

Who asked again, a library or the program around it, is not seen on the wire. So a request that says it is none, by
`x-stainless-retry-count: 0` as the SDKs of OpenAI and Anthropic send it, starts anew (one with n comes behind one with
n - 1, over whichever connection), and so does one behind a failure that the client reported as raised: the call was
over then. The same request behind a whole answer is a program that asks twice, which is nobody's business, unless it
says of itself that it is a retry: by that header, or by the idempotency key of the earlier one.
"""

from __future__ import annotations

import json
from typing import Any, Dict, Iterable, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from ..journal.exchanges import Exchange

__all__ = ["Case", "Link", "failed", "looked_at", "retriable"]

RETRIABLE = (408, 409, 425, 429)  # of 4xx: the client may well ask again (RFC 9110, 6585, 8470; SDKs for 409)
HARMLESS = ("split", "trickle", "stall", "slow_headers")  # faults that spoil nothing
LATE = 0.25  # seconds by which the news that a client hung up may come behind its next request
COUNT = "x-stainless-retry-count"


class Link(NamedTuple):
    """A failed exchange, the one that came back for it, and the seconds between."""

    failure: Exchange
    retry: Exchange
    gap: float


class Case:
    """Everything a verdict looks at: the exchanges in order, the reports, and the chains of retries.

    `chains` have the links of one call in order; `repeats` are pairs of a whole answer and a retry of it; `told` has
    the reports by session and number of the exchange.
    """

    def __init__(self, exchanges: Iterable[Exchange], reports: Sequence[Mapping[str, Any]] = ()) -> None:
        self.exchanges = sorted(exchanges, key=lambda one: (one.session, one.number))
        named = {one.session for one in self.exchanges}
        only = named.pop() if len(named) == 1 else ""  # whose reports they are that name no session
        self.reports = [{"session": only, **report} for report in reports]
        self.told: Dict[Tuple[str, int], List[Mapping[str, Any]]] = {}
        for report in self.reports:
            number = report.get("exchange") or self._meant(report["session"])
            if number is not None:
                self.told.setdefault((report["session"], number), []).append(report)
        self.chains: List[List[Link]] = []
        self.repeats: List[Tuple[Exchange, Exchange]] = []
        self.retried: Dict[Tuple[str, int], Exchange] = {}  # what came back for an exchange
        self._same: Dict[str, List[Exchange]] = {}
        for exchange in self.exchanges:
            self._same.setdefault(_identity(exchange), []).append(exchange)
        for group in self._same.values():
            self._link(group)

    def said(self, exchange: Exchange) -> List[Mapping[str, Any]]:
        """Give what the client reported about an exchange."""
        return self.told.get((exchange.session, exchange.number), [])

    def _meant(self, session: str) -> Optional[int]:
        """Give the exchange that a report without a number is about: the last failure that is not told of yet."""
        numbers = [one.number for one in self.exchanges if one.session == session and failed(one)]
        return next((number for number in reversed(numbers) if (session, number) not in self.told), None)

    def gap(self, failure: Exchange, retry: Exchange) -> float:
        """Tell the seconds from a failure's end to its retry, on the session's clock or really, the longer of them.

        Where the clock is virtual a client's sleep does not move it; where the test moves it nobody need sleep.
        """
        end = failure.ended_at if failure.ended_at is not None else failure.at
        told, real = retry.at - failure.at, retry.seen - failure.seen
        clock = max(0.0, retry.at - end)
        return clock if abs(told - real) < 0.005 else max(clock, real)

    def _link(self, group: List[Exchange]) -> None:
        """Find the retries among requests that are the same."""
        failure_of = self._numbered(group)
        taken = {one.number for one in failure_of.values()}
        failures = [one for one in group if failed(one)]
        for retry in reversed(group):
            if _count(retry) is not None:
                continue
            free = [one for one in failures if one.number < retry.number and one.number not in taken]
            over = [one for one in free if self._over(one, retry)]
            if over:
                chosen = max(over, key=lambda one: (one.connection == retry.connection, one.number))
                failure_of[retry.number] = chosen
                taken.add(chosen.number)
        chains: Dict[int, List[Link]] = {}
        for place, exchange in enumerate(group):
            failure = failure_of.get(exchange.number)
            if failure is not None:
                chain = chains.get(failure.number)
                if chain is None:
                    chain = []
                    self.chains.append(chain)
                chain.append(Link(failure, exchange, self.gap(failure, exchange)))
                chains[exchange.number] = chain
                self.retried[failure.session, failure.number] = exchange
                continue
            whole = next(
                (one for one in reversed(group[:place]) if _says_again(exchange, one) and looked_at(one)), None
            )
            if whole is not None:
                self.repeats.append((whole, exchange))

    def _numbered(self, group: List[Exchange]) -> Dict[int, Exchange]:
        """Give the failures of the retries that say which one they are: the n-th is behind one that was the (n-1)-th."""
        failure_of: Dict[int, Exchange] = {}
        waiting: Dict[int, List[Exchange]] = {}
        for exchange in group:
            count = _count(exchange) or 0
            before = [one for one in waiting.get(count - 1, ()) if not self._ended_in_an_error(one, exchange)]
            if before:
                failure_of[exchange.number] = before[0]
                waiting[count - 1].remove(before[0])
            if failed(exchange):
                waiting.setdefault(count, []).append(exchange)
        return failure_of

    def beside(self, chain: Sequence[Link], seconds: float) -> bool:
        """Tell whether other calls with the same text were under way while these were made, or nearly."""
        numbers = {number for link in chain for number in (link.failure.number, link.retry.number)}
        first, last = chain[0].failure.seen - seconds, chain[-1].retry.seen + seconds
        group = self._same[_identity(chain[0].failure)]
        return any(first <= one.seen <= last for one in group if one.number not in numbers)

    def doubtful(self, link: Link, chain: Sequence[Link], seconds: float) -> bool:
        """Tell whether the retry may as well be another call's, whose failure lay so many seconds back."""
        if _count(link.retry) is not None:
            return False  # it says what it is
        numbers = {number for one in chain for number in (one.failure.number, one.retry.number)}
        return any(
            failed(one) and one.number < link.retry.number and self.gap(one, link.retry) >= seconds
            for one in self._same[_identity(link.failure)]
            if one.number not in numbers
        )

    def _over(self, failure: Exchange, then: Exchange) -> bool:
        """Tell whether a failure had come to its end, for the client, when a request came; and the call had not."""
        if failure.ended_at is None or self._ended_in_an_error(failure, then):
            return False
        if failure.ended == "client":
            return failure.ended_at <= then.at + LATE
        left = failure.left is not None and failure.left <= then.seen
        return failure.ended_at <= then.at and (left or failure.connection == then.connection)

    def _ended_in_an_error(self, failure: Exchange, then: Exchange) -> bool:
        """Tell whether the client said, before a request, that the call of a failure was over."""
        return any(report.get("raised") and report.get("at", 0.0) <= then.at for report in self.said(failure))


def failed(exchange: Exchange) -> bool:
    """Tell whether a client had reason to call the answer a failure."""
    return exchange.status >= 400 or exchange.truncated or exchange.ended != "complete"


def looked_at(exchange: Exchange) -> bool:
    """Tell whether the answer was whole and in order, so that a client had to be content with it."""
    spoilt = [fault for fault in exchange.faults if fault.partition(" ")[0] not in HARMLESS]
    return not failed(exchange) and not spoilt


def retriable(exchange: Exchange) -> bool:
    """Tell whether the client may ask again after this failure: as the answer itself says, else by its status."""
    for name, value in exchange.response_headers:
        if name.lower() == "x-should-retry":  # OpenAI's and Anthropic's word; their SDKs obey
            return value.strip().lower() == "true"
    return not 400 <= exchange.status < 500 or exchange.status in RETRIABLE


def _identity(exchange: Exchange) -> str:
    """Write down what makes two requests the same one."""
    body: Any = exchange.body
    if body is None and exchange.request.body:
        body = exchange.request.body.decode("latin-1")
    return json.dumps([exchange.session, exchange.method, exchange.path, exchange.query, body], sort_keys=True)


def _count(exchange: Exchange) -> Optional[int]:
    """Give which retry the request says it is; 0: none, None: it says nothing."""
    told = exchange.headers.get(COUNT, "")
    return int(told) if told.isdigit() and told.isascii() and len(told) < 9 else None


def _says_again(exchange: Exchange, earlier: Exchange) -> bool:
    key = exchange.headers.get("idempotency-key")
    return bool(_count(exchange)) or (key is not None and key == earlier.headers.get("idempotency-key"))
