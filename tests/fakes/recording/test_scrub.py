"""What is masked: headers that are not allowed, keys in URLs, and whatever is or looks like a key in a body."""

from __future__ import annotations

import base64
import json

import pytest

from fakes.serving.http11 import Request
from fakes.recording.scrub import Scrubber, allowed_request, allowed_response, secrets_of

from .asking import KEY

# Made up, each in the shape of its kind.
LIKE_KEYS = [
    "sk-proj-abcdefghij0123456789_-XYZ",
    "sk-ant-api03-0123456789abcdefghij",
    "AIza" + "Sy0123456789abcdefghijABCDEFGHIJ_-x",
    "fw_0123456789abcdefghij",
    "gsk_0123456789abcdefghij",
    "hf_0123456789abcdefghijABCDEFGHIJ",
    "tgp_v1_0123456789abcdefghij",
    "AKIA0123456789ABCDEF",
    "ghp_0123456789abcdefghijABCDEFGHIJ012345",
    "xoxb-0123456789-abcdef",
    "ya29.0123456789abcdefghij",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dBjftJeZ4CVP-mB92K27uhbU",
]
AROUND = ["{}", '"{}"', "key={}", "key: {}.", "({})", "a\\n{}\\n", "\\t{}", "\\u003c{}\\u003e", " {} ", "ü{}ü"]
# What looks a little like one and is none.
ORDINARY = [
    "task-abcdefghijklmnopqrstuvwxyz",
    "a desk-lamp-with-a-very-long-name-indeed",
    "risk-0123456789abcdefghij",
    "sk-short",
    "bearer of bad news",
    "iVBORw0KGgo/AIzaSy0123456789abcdefghijABCDEFGHIJ_x" + "A" * 20,
    "XAKIA0123456789ABCDEF",
    "chatcmpl-0123456789abcdefghij",
    "ada@example.com",
]


def masked(text, **options):
    scrubber = Scrubber(**options)
    assert scrubber.body(text.encode()).decode() == scrubber.text(text)
    return scrubber.text(text)


@pytest.mark.parametrize("around", AROUND)
@pytest.mark.parametrize("key", LIKE_KEYS)
def test_what_looks_like_a_key_is_masked(key, around):
    assert masked(around.format(key)) == around.format("***")


@pytest.mark.parametrize("text", ORDINARY)
def test_what_is_none_is_left_alone(text):
    assert masked(text) == text


def test_the_words_around_a_key_stay():
    assert masked("Authorization: Bearer abcdefgh12345678 and") == "Authorization: Bearer *** and"
    assert masked('{"aws_secret_access_key": "' + "a1/+" * 10 + '"}') == '{"aws_secret_access_key": "***"}'
    pem = "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----"
    assert masked(f"a\n{pem}\nb") == "a\n***\nb"


def test_email_addresses_and_other_patterns_are_masked_when_asked_for():
    text = "ada.l+x@mail.example.co.uk called 555-0199"
    assert masked(text) == text
    assert masked(text, extra=["emails"]) == "*** called 555-0199"
    assert masked(text, extra=["emails", r"\d{3}-\d{4}"]) == "*** called ***"


@pytest.mark.parametrize(
    "pattern, why", [("(", "no regular expression"), ("x*", "fits the empty text"), ("", "fits the empty text")]
)
def test_a_pattern_that_cannot_be_meant_is_refused(pattern, why):
    with pytest.raises(ValueError, match=f"scrub: .*{why}"):
        Scrubber([pattern])


def test_the_request_s_own_key_is_masked_in_every_spelling():
    scrubber = Scrubber()
    key = 'weird/key+with="signs" 1'
    scrubber.learn([key])
    coded = [base64.b64encode(b"x" * shift + key.encode()).decode() for shift in range(3)]
    for spelling in (
        key,
        json.dumps(key)[1:-1],
        key.replace("/", "\\/"),
        "weird%2Fkey%2Bwith%3D%22signs%22%201",
        "weird%2Fkey%2Bwith%3D%22signs%22+1",
    ):
        assert scrubber.text(f"<{spelling}>") == "<***>"
    for one in coded:
        assert len(scrubber.text(one)) < len(one) - 20


def test_of_very_many_secrets_the_latest_are_known():
    scrubber = Scrubber()
    scrubber.learn([KEY])
    for number in range(400):
        scrubber.learn([f"token-number-{number}"])
        if number == 300:
            scrubber.learn([KEY])
    assert scrubber.knows(KEY) and scrubber.text("token-number-399") == "***" and not scrubber.knows("token-number-1")


def test_a_key_behind_escapes_of_json_is_masked():
    scrubber = Scrubber()
    scrubber.learn([KEY])
    hidden = "".join(f"\\u{ord(letter):04x}" for letter in KEY)
    body = b'{"a": 1.50, "b": "' + hidden.encode() + b'"}'
    assert scrubber.body(body) == b'{"a":1.5,"b":"***"}'
    plain = b'{"a": 1.50, "b": "x"}'
    assert scrubber.body(plain) == plain


def test_every_place_of_a_split_is_survived():
    scrubber = Scrubber()
    scrubber.learn([KEY])
    body = f"data: é {KEY} ü sk-proj-abcdefghij0123456789 end\n\n".encode()
    wanted = "data: é *** ü *** end\n\n".encode()
    for first in range(1, len(body)):
        for second in (first, min(first + 5, len(body))):
            chunks = scrubber.chunks([body[:first], body[first:second], body[second:]])
            assert b"".join(chunks) == wanted and len(chunks) == 3
            assert wanted.startswith(chunks[0])
    # A border outside of secrets stays between the same bytes.
    before = body.index(KEY.encode())
    assert scrubber.chunks([body[:before], body[before:]])[0] == "data: é ".encode()
    # One inside of a secret lies inside of its mask, or behind it.
    for inside, left in ((1, b"*"), (2, b"**"), (3, b"***"), (20, b"***")):
        chunks = scrubber.chunks([body[: before + inside], body[before + inside :]])
        assert chunks[0] == "data: é ".encode() + left
    assert scrubber.chunks([body[: before + len(KEY)], body[before + len(KEY) :]])[0] == "data: é ***".encode()


def test_a_body_that_is_no_text_is_searched_too():
    scrubber = Scrubber()
    scrubber.learn([KEY])
    assert scrubber.body(b"\xff\xfe" + KEY.encode() + b"\x80") == b"\xff\xfe***\x80"


def test_scrubbing_twice_is_scrubbing_once():
    text = " ".join(LIKE_KEYS)
    assert masked(masked(text)) == masked(text) == " ".join(["***"] * len(LIKE_KEYS))


@pytest.mark.parametrize(
    "target, kept",
    [
        ("/v1/x?alt=sse&key=short", "/v1/x?alt=sse&key=***"),
        ("/v1/x?API_KEY=a&x=1", "/v1/x?API_KEY=***&x=1"),
        ("/v1/x?%6Bey=a", "/v1/x?%6Bey=***"),
        (f"/v1/{KEY}/x", "/v1/***/x"),
        ("/v1/x", "/v1/x"),
        ("/v1/x?beta=true", "/v1/x?beta=true"),
        ("/v1/x?", "/v1/x?"),
    ],
)
def test_keys_in_a_url_are_masked(target, kept):
    scrubber = Scrubber()
    scrubber.learn([KEY])
    assert scrubber.target(target) == kept


def test_headers_are_kept_by_a_list_of_those_allowed():
    asked = {
        "authorization": "a",
        "x-api-key": "b",
        "cookie": "c",
        "x-unheard-of": "d",
        "accept": "e",
        "anthropic-version": "f",
    }
    assert allowed_request(asked) == {"accept": "e", "anthropic-version": "f"}
    told = [
        ("Set-Cookie", "a"),
        ("X-Unheard-Of", "b"),
        ("OpenAI-Organization", "c"),
        ("Retry-After", "1"),
        ("anthropic-ratelimit-tokens-limit", "9"),
    ]
    assert allowed_response(told) == [("retry-after", "1"), ("anthropic-ratelimit-tokens-limit", "9")]


def test_the_secrets_of_a_request_are_found_wherever_they_are_sent():
    headers = {
        "authorization": "Bearer one-11111",
        "x-api-key": "two-22222",
        "cookie": "a=three-33333; b=x",
        "x-weird-token": "four-44444",
        "content-type": "application/json",
        "x-goog-api-key": "short",
    }
    found = secrets_of(Request("POST", "/openai/v1/x?key=five%2F5555&alt=not-a-secret", headers, version_1_0=False))
    wanted = {"one-11111", "two-22222", "three-33333", "four-44444", "five/5555", "five%2F5555"}
    assert wanted <= found and not {"application/json", "short", "not-a-secret", "x"} & found
