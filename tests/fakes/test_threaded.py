"""The servers that a program starts in a thread: what holds for all of them."""

from __future__ import annotations

import threading

import pytest

import fakes
import fakes.langsmith

WAYS = {
    "serve": lambda folder, **more: fakes.serve(**more),
    "record": lambda folder, **more: fakes.record(folder, openai="http://127.0.0.1:9", **more),
    "langsmith": lambda folder, **more: fakes.langsmith.serve(**more),
}


@pytest.mark.parametrize("way", WAYS)
def test_an_address_beyond_loopback_is_warned_of_at_the_callers_line(way, tmp_path):
    with pytest.warns(RuntimeWarning, match=r"listening on 0\.0\.0\.0, which other machines may reach") as told:
        WAYS[way](tmp_path, host="0.0.0.0").close()
    assert [one.filename for one in told] == [__file__]


@pytest.mark.parametrize("way", WAYS)
def test_an_address_that_is_taken_is_an_oserror_and_leaves_no_thread(way, tmp_path):
    before = threading.active_count()
    with fakes.serve() as taken:
        with pytest.raises(OSError):
            WAYS[way](tmp_path, port=taken.port)
    assert threading.active_count() == before


@pytest.mark.parametrize("way", WAYS)
def test_closing_twice_is_closing_once(way, tmp_path):
    before = threading.active_count()
    server = WAYS[way](tmp_path)
    server.close()
    server.close()
    assert threading.active_count() == before
