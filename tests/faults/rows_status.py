"""Replies that say no by their status, or send the client elsewhere."""

from __future__ import annotations

from minichat import AuthenticationError, BadRequest, Limits, NotFound, Overloaded, PermissionDenied
from minichat import ProviderError, RateLimited, ServerError

from .framing import REQUEST_ID, json_reply, reply
from .rows import Maker, Row
from .server import finish, request, reset, send

SENT = "Mon, 23 Nov 2026 06:00:00 GMT"

BODIES = [  # (name, body bytes, what the message says, body attribute)
    ("an HTML page", b"<html><head><TITLE>502 Bad Gateway</TITLE></head></html>", "502 Bad Gateway", None),
    ("an HTML page without title", b"<html>gone</html>", "<html>gone", None),
    ("an empty body", b"", "empty body", ""),
    ("plain text", b"upstream connect error", "upstream connect error", "upstream connect error"),
    ("detail", b'{"detail": "Not authenticated"}', "Not authenticated", {"detail": "Not authenticated"}),
    ("a list of details", b'{"detail": [{"msg": "field required"}]}', "field required", None),
    ("an error that is a text", b'{"error": "model is loading"}', "model is loading", None),
    ("a message without error", b'{"message": "no Route matched"}', "no Route matched", None),
    ("an error in a list", b'[{"error": {"message": "first"}}]', "first", None),
    ("a text in JSON", b'"oops"', "oops", "oops"),
    ("null", b"null", "None", None),
    ("a number", b"5", "5", 5),
    ("an empty list", b"[]", "[]", []),
    ("not a number", b'{"error": {"message": "odd", "code": NaN}}', "odd", None),
    ("bytes that are not UTF-8", b'{"error": "caf\xe9"}', "caf", None),
    ("a lone surrogate", b'{"error": {"message": "odd \\ud800"}}', "odd", None),
]


def redirect(status):
    """The key must not be sent on: the place named is a second server, which test_faults.py watches."""
    fields = ("Location: http://127.0.0.1:{elsewhere}/v1/chat/completions?token=1",)
    return Row(
        f"redirect {status}", lambda made: [request, send(_located(status, made["elsewhere"], fields))],
        ProviderError, "redirects are not followed", status=status, request_id=REQUEST_ID, kept=True,
        setup="second server",
    )  # fmt: skip


def _located(status, port, fields):
    return reply(status, b"", *[field.format(elsewhere=port) for field in fields])


def rows(dialect) -> list[Row]:
    """The rows of one dialect."""
    make = Maker(dialect)

    def refusing(name, status, raises, *fields, data=None, body=dialect.error, after=(), facts=dialect.words, **options):
        """A row whose server refuses; by default in the dialect's words, on a connection that is kept."""
        if facts is dialect.words:
            facts = {**facts, "message": facts["message"] + dialect.remarks.get(status, "")}
        data = json_reply(body, status, *fields) if data is None else data
        options = {"status": status, "request_id": REQUEST_ID, "facts": facts, "kept": not after, **options}
        return Row(name, [request, send(data), *after], raises, **make.again(options))

    def recovering(name, status, *fields, waits, **options):
        """A row whose server refuses as often as there are waits, and then answers."""
        refusal = [request, send(json_reply(dialect.error, status, *fields))]
        scripts = [*[refusal] * len(waits), [request, make.give_answer]]
        return Row(name, scripts, attempts=len(scripts), waits=waits, kept=True, chunks=dialect.texts, **options)

    return [
        *[refusing(f"status {status}", status, raises, retryable=retryable) for status, raises, retryable in dialect.statuses],
        *[
            refusing(
                f"error body: {name}", 502, ServerError, data=reply(502, body, "Content-Type: text/whatever"),
                says=says, retryable=True, facts={} if kept is None else {"body": kept},
            )
            for name, body, says, kept in BODIES
        ],
        refusing("other statuses: 204", 204, ProviderError, data=reply(204, b"", framing="none"), says="204", facts={}),
        refusing("other statuses: 418", 418, BadRequest, body={}, facts={}),
        # -- whether and when to try again
        refusing("Retry-After in seconds", 429, RateLimited, "Retry-After: 3", retry_after=3.0, retryable=True, waits=(3.0, 3.0), attempts=3),
        refusing("Retry-After of a fraction", 503, Overloaded, "Retry-After: 0.25", retry_after=0.25, retryable=True, waits=(0.25, 0.25), attempts=3),
        refusing("Retry-After as a date", 429, RateLimited, f"Date: {SENT}", "Retry-After: Mon, 23 Nov 2026 06:00:07 GMT", retry_after=7.0, retryable=True, waits=(7.0, 7.0), attempts=3),
        refusing("Retry-After in milliseconds", 429, RateLimited, "Retry-After: 9", "retry-after-ms: 1500", retry_after=1.5, retryable=True, waits=(1.5, 1.5), attempts=3),
        refusing("Retry-After too long", 429, RateLimited, "Retry-After: 121", retry_after=121.0, retryable=True, attempts=1),
        refusing("x-should-retry: false", 500, ServerError, "x-should-retry: false", retryable=False),
        refusing("x-should-retry: true", 400, BadRequest, "x-should-retry: true", retryable=True),
        *[refusing("quota used up", 429, RateLimited, "Retry-After: 1", body=body, facts=facts, retry_after=1.0, retryable=False) for body, facts in dialect.hopeless],
        refusing("no retries wanted", 500, ServerError, retryable=True, attempts=1, settings={"max_retries": 0}),
        recovering("right after one 500", 500, waits=dialect.pauses[:1]),
        recovering("right after two 503", 503, waits=dialect.pauses[:2]),
        recovering("right after a 429 with Retry-After", 429, "Retry-After: 20", waits=(20.0,)),
        recovering("right after five 502", 502, waits=dialect.pauses, settings={"max_retries": 6}),
        # -- error replies that are damaged themselves: the status alone says enough
        refusing("an error body over the limit", 400, BadRequest, data=reply(400, b"x" * 5000), after=(), kept=False, says="xxx", facts={"body": "x" * 200}, settings={"limits": Limits(max_error_bytes=1000)}),
        refusing("an error body cut off", 401, AuthenticationError, data=json_reply(dialect.error, 401, length=500), after=(finish,), facts=dialect.words),
        refusing("an error body reset", 500, ServerError, data=json_reply(dialect.error, 500, length=500), after=(reset,), facts=dialect.words, retryable=True),
        refusing("an error body that stalls", 404, NotFound, data=json_reply(dialect.error, 404, length=500), kept=False, facts=dialect.words, settings={"timeout": (10.0, 0.25)}),
        refusing("an error body with a bad chunk", 422, BadRequest, data=reply(422, b"", "Transfer-Encoding: chunked", framing="none") + b"zz\r\n", kept=False, facts={}, says="422"),
        refusing("an error body of unknown coding", 401, AuthenticationError, "Content-Encoding: br", kept=False, says="401", facts={}),
        refusing("an error reply of unknown framing", 403, PermissionDenied, "Transfer-Encoding: gzip", kept=False, says="403", facts={}),
        refusing("no request id", 400, BadRequest, data=json_reply(dialect.error, 400, request_id=None), request_id=None),
        *[redirect(status) for status in (301, 302, 303, 307, 308)],
    ]  # fmt: skip
