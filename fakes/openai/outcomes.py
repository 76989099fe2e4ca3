"""What every endpoint of OpenAI's answers with besides its own body: headers, refusals, failures, the check of the key.

`api` and `responses` share these; the headers and their order are those of the recordings.
"""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Sequence, Tuple

from ..http11 import Answer, Request
from ..reply import Failure
from ..world import Moment, World
from .errors import Refused

__all__ = ["BLOCKED", "MALFORMED", "ORGANIZATION", "check_key", "failed", "headers", "parsed", "refusal"]

ORGANIZATION = "fakes"
RATE_LIMITED = (  # feder-cr/invisible_playwright_mcp#249
    "Rate limit reached for %s in organization org-%s on requests per min (RPM): Limit 3, Used 3, Requested 1. Please "
    "try again in %dms. Visit https://platform.openai.com/account/rate-limits to learn more."
)
NO_KEY = (  # openai/openai-python#1434
    "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth "
    "(i.e. Authorization: Bearer YOUR_KEY), or as the password field (with blank username) if you're accessing the "
    "API from your browser and are prompted for a username and password. You can obtain an API key from "
    "https://platform.openai.com/account/api-keys."
)
WRONG_KEY = "Incorrect API key provided: %s. You can find your API key at https://platform.openai.com/account/api-keys."
SCRIPT_OVER = "fakes: every scripted reply has been given and there is none left for this request"
BLOCKED = (  # BeehiveInnovations/pal-mcp-server#178
    "Invalid prompt: your prompt was flagged as potentially violating our usage policy. Please try again with a "
    "different prompt: https://platform.openai.com/docs/guides/reasoning#advice-on-prompting"
)
MALFORMED = (  # ChatGPTNextWeb/NextChat#4064
    "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library "
    "correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON. If you have trouble "
    "figuring out how to fix this, please contact us through our help center at help.openai.com.)"
)


def check_key(sent: Dict[str, str], world: World) -> None:
    """Look at the Authorization header.

    Raises: Refused when there is no key, or a rejected one.
    """
    scheme, _, key = sent.get("authorization", "").partition(" ")
    key = key.strip()
    if scheme.lower() != "bearer" or not key:  # another scheme: no wording of its own found
        raise Refused(NO_KEY, status=401, gateway=True)
    if key in world.rejected:
        raise Refused(WRONG_KEY % _masked(key), code="invalid_api_key", status=401, gateway=True)


def _masked(key: str) -> str:
    """Hide a key as OpenAI does: the first eight and the last four characters are shown."""
    return key[:8] + "*" * (len(key) - 12) + key[-4:] if len(key) > 12 else key


def parsed(request: Request) -> Any:
    """Give the JSON body of a request.

    Raises: Refused when it is none.
    """
    try:
        return request.json()
    except ValueError:
        raise Refused(MALFORMED, gateway=True) from None


def failed(failure: Failure, name: str, moment: Moment) -> Answer:
    """Answer where a behaviour gives no reply; `name` is the model's."""
    if failure.kind == "script_over":  # 400: a client does not ask again
        return refusal(Refused(SCRIPT_OVER, code="script_over"), moment)
    assert failure.kind == "rate_limit", failure  # an unknown model was refused before its behaviour was asked
    wait = failure.retry_after or 0.0
    refused = Refused(
        RATE_LIMITED % (name, ORGANIZATION, wait * 1000),
        type="requests",
        code="rate_limit_exceeded",
        status=429,
        gateway=True,
    )
    return refusal(refused, moment, [("retry-after", f"{wait:g}"), ("retry-after-ms", f"{wait * 1000:.0f}")])


def refusal(refused: Refused, moment: Moment, extra: Sequence[Tuple[str, str]] = ()) -> Answer:
    """Answer a refused request."""
    kind = "application/json; charset=utf-8" if refused.status in (404, 405) else "application/json"
    return Answer(refused.status, [*headers(moment, kind), *extra], refused.body())


def headers(moment: Moment, kind: str, used: Optional[int] = None) -> List[Tuple[str, str]]:
    """Give the headers of an answer; `used` tokens are told where a model was asked."""
    given = [
        ("date", moment.date()),
        ("content-type", kind),
        ("openai-organization", ORGANIZATION),
        ("openai-processing-ms", str(20 + moment.number * 37 % 400)),
        ("openai-version", "2020-10-01"),
    ]
    if used is not None:
        given += [
            ("x-ratelimit-limit-requests", "10000"),
            ("x-ratelimit-limit-tokens", "2000000"),
            ("x-ratelimit-remaining-requests", "9999"),
            ("x-ratelimit-remaining-tokens", str(2_000_000 - used)),
            ("x-ratelimit-reset-requests", "6ms"),
            ("x-ratelimit-reset-tokens", f"{used * 60_000 // 2_000_000}ms"),
        ]
    given.append(("x-request-id", "req_" + moment.hexadecimal("request", 32)))
    return given
