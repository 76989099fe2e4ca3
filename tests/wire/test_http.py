"""URLs taken apart, requests that print nothing secret, and limits."""

import pytest

from minichat.errors import ConfigurationError
from minichat.wire.http import Request, split_url
from minichat.wire.limits import Limits

URLS = [
    ("http://h", "http", "h", 80, "/", "h"),
    ("https://h/", "https", "h", 443, "/", "h"),
    ("HTTPS://Example.COM/V1/x", "https", "example.com", 443, "/V1/x", "example.com"),
    ("http://h:8080/v1?a=b&c=d/e", "http", "h", 8080, "/v1?a=b&c=d/e", "h:8080"),
    ("http://h:80/v1", "http", "h", 80, "/v1", "h"),
    ("https://h:80/v1", "https", "h", 80, "/v1", "h:80"),
    ("http://h?q=1", "http", "h", 80, "/?q=1", "h"),
    ("http://h?q=1/2", "http", "h", 80, "/?q=1/2", "h"),
    ("http://h/v1#part", "http", "h", 80, "/v1", "h"),
    ("http://127.0.0.1:5/x", "http", "127.0.0.1", 5, "/x", "127.0.0.1:5"),
    ("http://[::1]:5/x", "http", "::1", 5, "/x", "[::1]:5"),
    ("http://[::1]/x", "http", "::1", 80, "/x", "[::1]"),
]


@pytest.mark.parametrize("url, scheme, host, port, path, host_header", URLS, ids=[row[0] for row in URLS])
def test_a_url_is_taken_apart(url, scheme, host, port, path, host_header):
    target = split_url(url)
    assert (target.scheme, target.host, target.port) == (scheme, host, port)
    assert (target.path, target.host_header) == (path, host_header)
    assert target.origin == f"{scheme}://{host_header}"


WRONG = ["", "h/v1", "ftp://h", "file:///etc", "http://", "http:///x", "http://u:p@h/", "http://h:x/", "http://h:0/", "http://h:65536", "http://h:-1", "http://h:\u00b2", "http://h:" + "1" * 5000, "http://[::1/x", "http://[::1]x/", "http://h /", "http://h\n/", "http://h\u00e9/", "http://h\x00/"]


@pytest.mark.parametrize("url", WRONG)
def test_what_is_no_http_url_is_refused(url):
    with pytest.raises(ConfigurationError) as caught:
        split_url(url)
    assert "p@" not in str(caught.value)


def test_a_request_prints_neither_headers_nor_body_nor_query():
    request = Request("POST", "http://h/v1?key=secret", {"Authorization": "Bearer secret"}, b"secret")
    assert repr(request) == "<Request POST http://h/v1 6 bytes>"


def test_limits_are_values():
    assert Limits() == Limits(max_event_bytes=16 * 1024 * 1024)
    assert Limits(max_event_bytes=1) != Limits() and len({Limits(), Limits()}) == 1
    assert repr(Limits(drain_seconds=1)) == "Limits(drain_seconds=1)"
    with pytest.raises(AttributeError, match="immutable"):
        Limits().max_event_bytes = 3


@pytest.mark.parametrize("bounds", [{"max_events": 1}, {"max_event_bytes": -1}, {"read_block_bytes": 0}, {"max_event_bytes": "1"}, {"max_event_bytes": True}, {"drain_blocks": 1.5}, {"idle_seconds": float("nan")}])
def test_a_limit_that_is_none_is_refused(bounds):
    with pytest.raises(ConfigurationError, match=next(iter(bounds))):
        Limits(**bounds)
