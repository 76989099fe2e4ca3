"""When another attempt is made, and after how long; pure arithmetic, nothing waits."""

import pytest

from minichat.errors import ConnectError, RateLimited, TLSError
from minichat.wire.retry import parse_retry_after, pause_before_retry


def pause(retries_made, error=None, *, random=lambda: 0.0, **rules):
    rules = {"max_retries": 10, "max_retry_after": 120.0, **rules}
    return pause_before_retry(retries_made, error or ConnectError(), random=random, **rules)


def limited(retry_after, retryable=True):
    return RateLimited("m", retry_after=retry_after, retryable=retryable)


def test_pauses_double_from_half_a_second_to_eight():
    assert [pause(n) for n in range(7)] == [0.5, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0]


def test_up_to_a_quarter_is_taken_off_at_random():
    assert pause(0, random=lambda: 1.0) == 0.375
    assert pause(1, random=lambda: 0.5) == 0.875


def test_the_number_of_retries_is_bounded():
    assert pause(1, max_retries=2) is not None
    assert pause(2, max_retries=2) is None
    assert pause(0, max_retries=0) is None
    assert pause(5000, max_retries=10000) == 8.0


def test_what_cannot_get_better_is_not_tried_again():
    assert pause(0, TLSError()) is None
    assert pause(0, limited(1.0, retryable=False)) is None


@pytest.mark.parametrize("asked, waited", [(0.25, 0.25), (1.0, 1.0), (120.0, 120.0), (120.1, None), (0.0, 0.5), (None, 0.5)])
def test_a_wait_that_is_asked_for_is_used_as_it_is_unless_too_long(asked, waited):
    assert pause(0, limited(asked)) == waited


NOW = 784111777.0  # Sun, 06 Nov 1994 08:49:37 GMT
HEADERS = [
    ({}, None),
    ({"retry-after": "3"}, 3.0),
    ({"retry-after": " 1.5 "}, 1.5),
    ({"retry-after": "0"}, 0.0),
    ({"retry-after-ms": "250"}, 0.25),
    ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
    ({"retry-after-ms": "soon", "retry-after": "9"}, 9.0),
    ({"retry-after": "-1"}, None),
    ({"retry-after": "inf"}, None),
    ({"retry-after": "nan"}, None),
    ({"retry-after": "soon"}, None),
    ({"retry-after": ""}, None),
    ({"retry-after": "Sun, 06 Nov 1994 08:49:47 GMT"}, 10.0),
    ({"retry-after": "Sun, 06 Nov 1994 08:49:27 GMT"}, 0.0),
    ({"retry-after": "Sun, 06 Nov 1994 08:49:47 GMT", "date": "Sun, 06 Nov 1994 08:49:40 GMT"}, 7.0),
    ({"retry-after": "Sun, 06 Nov 1994 08:49:47 GMT", "date": "yesterday"}, 10.0),
]


@pytest.mark.parametrize("headers, seconds", HEADERS, ids=[str(row[0]) for row in HEADERS])
def test_how_long_a_reply_asks_to_wait(headers, seconds):
    assert parse_retry_after(headers, lambda: NOW) == seconds
