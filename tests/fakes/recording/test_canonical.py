"""When two requests are the same, and how it is told where they differ."""

from __future__ import annotations

import json

import pytest

from fakes.recording.canonical import canonical, differences, distance, fingerprint, leaves

PATH = "/v1/messages"
SAME = [
    (b'{"a":1,"b":[true,null]}', b' { "b" : [ true , null ] , "a" : 1 } '),
    (b'{"a":1}', b'{"a":1.0}'),
    (b'{"a":100}', b'{"a":1e2}'),
    (b'{"a":0.5}', b'{"a":5e-1}'),
    (b'{"a":0}', b'{"a":-0.0}'),
    (b'{"a":"\xc3\xa9/"}', b'{"a":"\\u00e9\\/"}'),
    (b'{"a":"\\ud83d\\ude00"}', '{"a":"😀"}'.encode()),
    (b'{"a":{"x":1,"y":{"z":2.0}}}', b'{"a":{"y":{"z":2},"x":1}}'),
    (b"", b""),
]
OTHER = [
    (b'{"a":1}', b'{"a":true}'),
    (b'{"a":1}', b'{"a":"1"}'),
    (b'{"a":1}', b'{"a":1.5}'),
    (b'{"a":null}', b"{}"),
    (b'{"a":[1,2]}', b'{"a":[2,1]}'),
    (b'{"a":9007199254740993}', b'{"a":9007199254740992}'),
    (b'{"a":"x"}', b'{"a":"x "}'),
    (b"", b"{}"),
    (b"not json", b"not json "),
    (b'{"a":NaN}', b'{"a": NaN}'),
    (b"[" * 100_000, b"[" * 100_001),
]


@pytest.mark.parametrize("one, other", SAME)
def test_bodies_of_one_meaning_are_the_same(one, other):
    assert fingerprint("POST", PATH, one) == fingerprint("POST", PATH, other)


@pytest.mark.parametrize("one, other", OTHER, ids=range(len(OTHER)))
def test_bodies_of_another_meaning_are_not(one, other):
    assert fingerprint("POST", PATH, one) != fingerprint("POST", PATH, other)


@pytest.mark.parametrize(
    "one, other, same",
    [
        ("/v1/x?a=1&b=2", "/v1/x?b=2&a=1", True),
        ("/v1/x?alt=sse&key=one", "/v1/x?key=two&alt=sse", True),
        ("/v1/x?key=one", "/v1/x", True),
        ("/v1/models/a%3Ab", "/v1/models/a:b", True),
        ("/v1/x?beta=true", "/v1/x", False),
        ("/v1/x", "/v1/y", False),
        ("/v1/x?a=1", "/v1/x?a=2", False),
        ("/v1/x?a=", "/v1/x", False),
    ],
)
def test_the_query_counts_without_keys_and_in_any_order(one, other, same):
    assert (fingerprint("POST", one, b"") == fingerprint("POST", other, b"")) is same


def test_the_method_counts():
    assert fingerprint("GET", PATH, b"") != fingerprint("POST", PATH, b"") == fingerprint("post", PATH, b"")


def test_the_boundary_of_a_form_is_no_difference():
    def form(boundary):
        return f"--{boundary}\r\n\r\nx\r\n--{boundary}--\r\n".encode()

    one = canonical(form("abc"), "multipart/form-data; boundary=abc")
    assert one == canonical(form("d-e-f"), 'multipart/form-data; boundary="d-e-f"')
    assert one != canonical(form("abc").replace(b"x", b"y"), "multipart/form-data; boundary=abc")
    assert canonical(form("abc"), "text/plain; boundary=abc") == form("abc")


def differ(recorded, asked, **paths):
    made = [
        leaves("POST", paths.get(name, PATH), json.dumps(one).encode()) for name, one in (("a", recorded), ("b", asked))
    ]
    return differences(*made)


def test_differences_are_told_by_path():
    recorded = {"model": "m", "messages": [{"role": "user", "content": "hi"}], "stop": [], "n": 1, "x": {"y": None}}
    asked = {"model": "m", "messages": [{"role": "user", "content": "ho"}, {"role": "assistant"}], "n": True, "x": {}}
    assert differ(recorded, asked) == [
        'messages[0].content: recorded "hi", asked "ho"',
        "stop: recorded [], asked nothing",
        "n: recorded 1, asked true",
        "x.y: recorded null, asked nothing",
        'messages[1].role: recorded nothing, asked "assistant"',
        "x: recorded nothing, asked {}",
    ]


def test_another_path_and_query_are_told_first():
    assert differ({}, {}, a="/v1/a?beta=true", b="/v1/b") == [
        'path: recorded "/v1/a", asked "/v1/b"',
        'query beta: recorded "true", asked nothing',
    ]


def test_at_most_ten_lines_are_told_and_long_values_are_shortened():
    lines = differ({str(place): 0 for place in range(40)}, {str(place): 1 for place in range(40)})
    assert len(lines) == 10 and lines[-1] == "and 31 more"
    (line,) = differ({"a": "x" * 500 + "1"}, {"a": "x" * 500 + "2"})
    assert len(line) < 160 and 'xxxx1", asked' in line and line.endswith('xxxx2"')


def test_the_number_of_differences_is_the_distance_and_the_path_comes_first():
    here = leaves("POST", PATH, b'{"a":1,"b":2,"c":3}')
    assert distance(here, here) == (0, 0)
    assert distance(here, leaves("POST", PATH, b'{"a":1,"b":0}')) == (0, 2)
    assert distance(here, leaves("POST", PATH, b"{}")) < distance(
        here, leaves("POST", "/v1/other", b'{"a":1,"b":2,"c":3}')
    )


def test_a_body_that_is_no_json_differs_as_a_whole():
    (line,) = differences(leaves("POST", PATH, b"one"), leaves("POST", PATH, b"three"))
    assert line == 'body: recorded "(3 bytes, no JSON) one", asked "(5 bytes, no JSON) three"'
