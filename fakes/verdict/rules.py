"""One function for each thing that a verdict looks for: the case in, findings out. See `verdict` and `attempts`.

The limits below are wide, so that no client is blamed for a slow machine or for its own good reason: what lies between
good and bad is a hint or nothing. Times are the session's clock, or real ones where that one stood still.
"""

from __future__ import annotations

from typing import Callable, Dict, Iterator, List, Sequence, Tuple

from ..journal.exchanges import Exchange
from .attempts import Case, Link, looked_at, retriable

__all__ = ["RULES"]

Found = Tuple[Sequence[Exchange], str, str]  # the exchanges, the text, the severity

EARLY = 0.02  # seconds before the end of Retry-After that are forgiven
EARLY_PART = 0.02  # or this part of it
AT_ONCE = 0.1  # seconds; the SDKs begin at 0.4 to 1
AT_ONCE_ONCE = 0.02  # where there is but one retry: backing off with full jitter comes below 0.1 s now and then
CONSTANT = 1.2  # the longest of several waits is less than so many times the shortest: they do not grow
CALM = 10.0  # seconds; longer waits need not grow
MOST_RETRIES = 10  # of one call
HERD = 5  # calls that come back together
HERD_CONNECTIONS = 3
FRESH = 8  # new connections that were not needed
FRESH_PART = 0.8  # of the requests that could have gone over an old one
IDLE = 4.0  # seconds; clients give up an idle connection after 5 (httpx) or more
GIVEN_UP = 0.5  # seconds in which the news that a client hung up arrives


def retried_final(case: Case) -> Iterator[Found]:
    """Asked again after an answer that another attempt cannot change.

    These are 4xx but 408, 409, 425 and 429, what the answer itself calls final (`x-should-retry: false`), and a whole
    answer, where the request says of itself that it is a retry.
    """
    for chain in case.chains:
        wrong = [link for link in chain if not retriable(link.failure)]
        if wrong:
            statuses = " and ".join(dict.fromkeys(str(link.failure.status) for link in wrong))
            times = f"{len(wrong)} times" if len(wrong) > 1 else "once"
            yield _all(wrong), f"sent the same request again {times} after {statuses}", "fault"
    for whole, again in case.repeats:
        yield (whole, again), f"retried a request whose answer ({whole.status}) was whole", "fault"


def ignored_retry_after(case: Case) -> Iterator[Found]:
    """Came back before the time that Retry-After told."""
    for chain in case.chains:
        for link in chain:
            told = link.failure.retry_after
            if told is None or not retriable(link.failure) or link.gap >= told - max(EARLY, told * EARLY_PART):
                continue
            if not case.doubtful(link, chain, told):
                text = f"came back {link.gap:.3f} s after {link.failure.status}, which said to wait {told:g} s"
                yield (link.failure, link.retry), text, "fault"


def no_backoff(case: Case) -> Iterator[Found]:
    """Retried at once, or always after the same time, though the server had trouble and told no time."""
    for chain in case.chains:
        links = [link for link in chain if _in_trouble(link.failure)]
        gaps = [link.gap for link in links]
        if not gaps or (min(gaps) < AT_ONCE and case.beside(chain, AT_ONCE)):
            continue  # nothing, or calls side by side over connections of a pool, which look like retries at once
        quick = [gap for gap in gaps if gap < AT_ONCE]
        if len(quick) > 1 and len(quick) >= len(gaps) - 1:  # one may be slow: a machine is busy now and then
            text = f"retried {len(quick)} times at once, at most {max(quick):.3f} s after the failure"
            yield _all(links), text, "fault"
        elif len(gaps) > 2 and max(gaps) < CALM and max(gaps) < CONSTANT * min(gaps):
            shown = ", ".join(f"{gap:.3f}" for gap in gaps[:6])
            yield _all(links), f"the waits before {len(gaps)} retries do not grow: {shown} s", "fault"
        elif len(gaps) == 1 and gaps[0] < AT_ONCE_ONCE:
            yield _all(links), f"retried {gaps[0]:.3f} s after {links[0].failure.status}; some wait is usual", "hint"


def retry_storm(case: Case) -> Iterator[Found]:
    """Retried one request very often, or many requests in the same moment over several connections."""
    for chain in case.chains:
        if len(chain) > MOST_RETRIES:
            yield _all(chain), f"retried one request {len(chain)} times", "fault"
    quick = sorted(
        (link for link in _links(case) if _in_trouble(link.failure) and link.gap < AT_ONCE),
        key=lambda link: link.retry.seen,
    )
    begin = 0
    while begin < len(quick):
        end = begin
        while end < len(quick) and quick[end].retry.seen - quick[begin].retry.seen <= AT_ONCE:
            end += 1
        herd = {(link.failure.session, link.failure.number): link for link in quick[begin:end]}
        connections = {(link.retry.session, link.retry.connection) for link in herd.values()}
        if len(herd) >= HERD and len(connections) >= HERD_CONNECTIONS:
            text = f"{len(herd)} retries came at the same moment over {len(connections)} connections, without any wait"
            yield _all(list(herd.values())), text, "fault"
            begin = end
        else:
            begin += 1


def took_truncated(case: Case) -> Iterator[Found]:
    """Took a stream that broke off for a whole answer.

    Known when the client reports it, or reports about others and is silent about this one. Where it reports nothing
    and did not come back either, it cannot be known.
    """
    reporting = {report["session"] for report in case.reports}
    for exchange in case.exchanges:
        if not exchange.truncated or exchange.status >= 400 or exchange.ended == "client" or not exchange.ended:
            continue
        said = case.said(exchange)
        how = f"the answer of {exchange.status} was not whole ({', '.join(exchange.faults) or exchange.ended})"
        if any(report.get("completed") and not report.get("raised") for report in said):
            yield (exchange,), f"{how}, but the client says that it completed", "fault"
        elif said or (exchange.session, exchange.number) in case.retried:
            continue
        elif exchange.session in reporting:
            yield (
                (exchange,),
                f"{how}; the client neither came back nor reported an error, as it did of others",
                "fault",
            )
        else:
            yield (exchange,), f"{how}; whether the client noticed is unknown, since it reports nothing", "hint"


def no_reuse(case: Case) -> Iterator[Found]:
    """Opened a connection for each request though an earlier one was free and would have been kept."""
    free: Dict[Tuple[str, str, str], Dict[int, Exchange]] = {}  # by client: the last exchange of each connection
    fresh: Dict[Tuple[str, str, str], List[Exchange]] = {}
    chances: Dict[Tuple[str, str, str], int] = {}
    for exchange in case.exchanges:
        client = (exchange.session, exchange.path.split("/")[1], exchange.headers.get("user-agent", ""))
        last = free.setdefault(client, {})
        idle = [one for number, one in last.items() if number != exchange.connection and _was_free(one, exchange)]
        if exchange.connection in last:
            chances[client] = chances.get(client, 0) + 1
        elif idle:
            chances[client] = chances.get(client, 0) + 1
            fresh.setdefault(client, []).append(exchange)
        last[exchange.connection] = exchange
    for client, opened in fresh.items():
        if len(opened) >= FRESH and len(opened) >= FRESH_PART * chances[client]:
            text = f"opened {len(opened)} new connections to {client[1]} while another one was free and kept alive"
            yield opened, text, "fault"


def left_open(case: Case) -> Iterator[Found]:
    """Gave an answer up but left its connection open, so that the server went on writing."""
    for exchange in case.exchanges:
        reports = [report for report in case.said(exchange) if report.get("cancelled") or report.get("raised")]
        given_up = next((report for report in reports if report.get("cancelled")), reports[0] if reports else None)
        if given_up is not None and not exchange.ended:
            word = "cancelled" if given_up.get("cancelled") else "failed"
            yield (exchange,), f"the client says that the call was {word}, but its stream is still open", "fault"
        elif given_up is not None and given_up.get("cancelled") and exchange.ended == "complete":
            late = (exchange.ended_at or 0.0) - given_up.get("at", float("inf"))
            if late > GIVEN_UP:
                yield (exchange,), f"the client was still sent the answer {late:.3f} s after it was cancelled", "fault"
        elif not exchange.ended and (exchange.session, exchange.number) in case.retried:
            yield (exchange,), "the client asked again while it still has this answer open", "fault"
        elif not exchange.ended:
            yield (exchange,), "the answer is still open", "hint"


def secret_in_url(case: Case) -> Iterator[Found]:
    """Wrote a secret into a URL, where every log and proxy on the way keeps it.

    Gemini's documentation shows `?key=` itself, so that is a hint only: the header x-goog-api-key does the same.
    """
    found: Dict[Tuple[str, bool], List[Exchange]] = {}
    for exchange in case.exchanges:
        if exchange.secret_in_url:
            google = exchange.path.startswith(("/google/", "/gemini/")) and "***" not in exchange.path
            secrets = [part.partition("=")[0] for part in exchange.query.split("&") if "***" in part]
            found.setdefault((exchange.session, google and secrets == ["key"]), []).append(exchange)
    for (_, usual), exchanges in found.items():
        if usual:
            text = "the key is in the query, as Gemini's documentation has it; the header x-goog-api-key is for that"
            yield exchanges, text, "hint"
        else:
            yield exchanges, f"a secret is in the URL of {exchanges[0].path}", "fault"


def _links(case: Case) -> List[Link]:
    return [link for chain in case.chains for link in chain]


def _all(links: Sequence[Link]) -> List[Exchange]:
    return [one for link in links for one in (link.failure, link.retry)]


def _in_trouble(exchange: Exchange) -> bool:
    """Tell whether the server had trouble and left it to the client how long to wait."""
    return (
        exchange.retry_after is None
        and (exchange.status in (408, 429) or exchange.status >= 500)
        and retriable(exchange)
    )


def _was_free(one: Exchange, then: Exchange) -> bool:
    """Tell whether a connection could have been used again when a request came."""
    # Many a client drops the connection of an error rather than read its body to the end; that is its own business.
    return (
        looked_at(one)
        and one.ended_at is not None
        and one.ended_at <= then.at <= one.ended_at + IDLE
        and then.seen - one.seen < IDLE
    )


RULES: Dict[str, Callable[[Case], Iterator[Found]]] = {
    rule.__name__: rule
    for rule in (
        retried_final,
        ignored_retry_after,
        no_backoff,
        retry_storm,
        took_truncated,
        no_reuse,
        left_open,
        secret_in_url,
    )
}
