"""Elements are escaped by construction: whatever text comes in, the same text comes out, and nothing can run."""

from __future__ import annotations

import pytest

from fakes.langsmith.page.formats import duration, named, score
from fakes.langsmith.page.html import escape, safe_address, tag
from tests.fakes.langsmith.page_reading import Reader

TEXTS = [
    "<script>alert(1)</script>", "</div></body>", "a & b &amp; c &#60;", "\"double\" 'single'", "one\r\ntwo\rthree\n",
    "\n leading line", "tab\tand 🐻 and \u202e and \u2028", "-->", "]]>", "\x85\xa0",
]  # fmt: skip


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_is_read_back_verbatim_from_an_element_and_from_an_attribute(text):
    reader = Reader(tag("div", text, title=text))
    assert (reader.elements[0]["text"], reader.elements[0]["title"], reader.wrong) == (text, text, [])


def test_what_html_or_utf_8_cannot_carry_is_shown_by_a_picture():
    assert escape("\0\x1b\ud800\x7f") == "\u2400\u241b\ufffd\u2421"


@pytest.mark.parametrize("name", ["style", "onclick", "onLoad", "x y", "a=b", 'a"', "a>"])
def test_an_attribute_that_could_carry_code_is_refused(name):
    with pytest.raises(ValueError, match="no page has an attribute"):
        tag("a", "x", **{name: "1"})


@pytest.mark.parametrize(
    ("address", "may"),
    [
        ("/projects", True), ("#main", True), ("?a=1", True), ("https://example.com/", True), ("http://x/", True),
        ("//example.com/", False), ("/\\example.com", False), ("javascript:alert(1)", False),
        ("JavaScript:alert(1)", False), ("data:text/html,x", False), (" javascript:alert(1)", False), ("", False),
    ],
)  # fmt: skip
def test_only_our_own_addresses_and_http_are_linked(address, may):
    assert (safe_address(address) is not None) is may
    assert (' href="' in tag("a", "x", href=address)) is may


@pytest.mark.parametrize(
    ("address", "may"),
    [
        ("data:image/png;base64,AAAA", True), ("data:image/svg+xml;base64,AAAA", True), ("/static/x.png", True),
        ("data:text/html;base64,AAAA", False), ("https://example.com/x.png", False), ("data:image/png,<svg", False),
        ("data:audio/wav;base64,AAAA", True), ("data:audio/x-wav;base64,AAAA", True), ("data:audio/;base64,AAAA", False),
        ("data:video/mp4;base64,AAAA", False),
    ],
)  # fmt: skip
def test_pictures_come_from_here_or_from_a_data_url(address, may):
    assert (" src=" in tag("img", src=address)) is may


@pytest.mark.parametrize(
    ("us", "text"),
    [
        (None, ""), (0, "0 ms"), (400, "<1 ms"), (312_400, "312 ms"), (999_600, "1.00 s"), (1_240_000, "1.24 s"),
        (59_960_000, "1 m 00 s"), (123_000_000, "2 m 03 s"), (11_520_000_000, "3 h 12 m"), (187_200_000_000, "2 d 04 h"),
    ],
)  # fmt: skip
def test_spans_read_as_people_say_them(us, text):
    assert duration(us) == text


@pytest.mark.parametrize(
    ("number", "text"), [(None, ""), (1, "1"), (0.75, "0.75"), (2 / 3, "0.667"), (-0.5, "-0.5"), (0, "0")]
)
def test_scores_have_at_most_three_decimals(number, text):
    assert score(number) == text


@pytest.mark.parametrize(
    ("name", "text"), [("Run", "Run"), (None, "unnamed"), ("", "unnamed"), (" \n", "unnamed"), ("x" * 500, "x" * 200 + "…")]
)
def test_a_name_can_always_be_seen_and_clicked(name, text):
    assert named(name) == text
