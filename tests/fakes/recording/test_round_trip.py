"""What was recorded is replayed to the byte, with its split points, and no key is anywhere in what was kept."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote, quote_plus

import pytest

import fakes
from fakes.recording.record import record
from fakes.recording.replay import replay
from fakes.recording.scrub import allowed_response

from .asking import ASKED, KEY, Provider, answer, ask

UPSTREAMS = ("openai", "anthropic", "mistral", "fireworks", "together", "google")


def upstreams(server):
    """The fake is the real provider here."""
    return {name: f"{server.url()}/{name}" for name in UPSTREAMS}


def everything(folder):
    return b"\n".join(
        name.encode() + b"\n" + (folder / name).read_bytes() for name in sorted(p.name for p in folder.iterdir())
    )


def spellings(key):
    """The key as it may be written; of base64 what is the same at each of the three alignments."""
    coded = [base64.b64encode(b"x" * shift + key.encode() + b"xx").decode()[4:-8] for shift in range(3)]
    return [
        key,
        quote(key, safe=""),
        quote_plus(key),
        json.dumps(key)[1:-1],
        *coded,
        *[one.replace("+", "-").replace("/", "_") for one in coded],
    ]


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("provider", ASKED)
def test_a_replay_gives_the_bytes_and_split_points_of_the_provider(provider, streamed, tmp_path):
    with fakes.serve() as real:
        wanted = ask(real.port, provider, streamed=streamed)
        real.reset()
        with record(tmp_path, **upstreams(real)) as proxy:
            passed_on = ask(proxy.port, provider, streamed=streamed)
            assert (proxy.problems, len(proxy.files)) == ([], 1)
    with replay(tmp_path) as server:
        replayed = ask(server.port, provider, streamed=streamed, key="sk-another-key-than-the-recorded-one")
        (seen,) = server.journal
        assert (server.problems, server.unused()) == ([], [])
    assert wanted.status == 200 and (not streamed or len(wanted.chunks) > 3)
    for got in (passed_on, replayed):
        assert (got.status, got.chunks, got.whole) == (200, wanted.chunks, True)
    assert passed_on.headers == wanted.headers
    kept = dict(allowed_response(wanted.headers.items()))  # a header that was repeated is one line now
    assert {name: replayed.headers[name] for name in kept} == kept and "content-type" in kept
    assert (seen.rule, seen.status, seen.ended) == (proxy.files[0], 200, "complete")
    assert len(seen.schedule) == len(wanted.chunks) + 1 + streamed  # the head, each chunk, the end: a write for each


def test_no_key_is_in_anything_that_was_kept(tmp_path):
    said = f"mine is {KEY}, {quote(KEY, safe='')}, {base64.b64encode(b'a' + KEY.encode()).decode()}"
    with fakes.serve(reject_keys=[KEY + "-rejected"]) as real, record(tmp_path, **upstreams(real)) as proxy:
        for provider in ASKED:
            for streamed in (False, True):
                ask(proxy.port, provider, streamed=streamed)
            ask(proxy.port, provider, key=KEY + "-rejected")
        echoed = ask(proxy.port, "openai", model="fake-echo", messages=[{"role": "user", "content": said}])
        ask(proxy.port, "openai", messages=[{"role": "user", "content": said}], user="ada", metadata={KEY: KEY})
        assert KEY in json.loads(echoed.body)["choices"][0]["message"]["content"]  # the client gets what was said
        assert proxy.problems == [] and len(proxy.files) == 3 * len(ASKED) + 2
    kept = everything(tmp_path)
    assert b"mine is ***, ***, " in kept and b"key=***" in kept
    for one in spellings(KEY):
        assert one.encode() not in kept, one
    assert b'"authorization": "' not in kept and b'"x-api-key": "' not in kept


def test_a_key_that_is_spread_over_the_events_of_a_stream_is_not_kept(tmp_path):
    with fakes.serve() as real, record(tmp_path, **upstreams(real)) as proxy:
        got = ask(
            proxy.port, "anthropic", streamed=True, model="fake-echo", messages=[{"role": "user", "content": KEY}]
        )
        assert got.whole and KEY.encode() not in got.body  # no single event has it
        assert proxy.problems == ["the request's key is in the answer in a way that cannot be masked"]
    assert list(tmp_path.iterdir()) == []


def test_a_key_that_is_spread_over_a_list_of_chunks_is_not_kept(tmp_path):
    halves = json.dumps([{"text": KEY[:20]}, {"text": KEY[20:]}]).encode()
    with Provider(answer(halves), answer(b"[]")) as real, record(tmp_path, google=real.url) as proxy:
        assert ask(proxy.port, "google").body == halves
        assert ask(proxy.port, "google").body == b"[]"
        assert len(proxy.problems) == len(proxy.files) == 1


def test_a_key_is_masked_in_later_exchanges_too(tmp_path):
    with fakes.serve() as real, record(tmp_path, **upstreams(real)) as proxy:
        ask(proxy.port, "openai")
        for number in range(300):  # as a client that has another token for each request
            ask(proxy.port, "openai", key="sk-fake-wrong" if number % 100 else KEY, user=f"{KEY} {number}")
    assert KEY.encode() not in everything(tmp_path)


def test_names_of_files_tell_order_provider_api_and_request(tmp_path):
    with fakes.serve() as real, record(tmp_path, **upstreams(real)) as proxy:
        for provider in ("google", "anthropic", "responses", "anthropic"):
            ask(proxy.port, provider, system="../../x" if provider == "anthropic" else None)
        names = proxy.files
    assert [name[:-14] for name in names] == [
        "0001-google-generate_content", "0002-anthropic-messages", "0003-openai-responses", "0004-anthropic-messages",
    ]  # fmt: skip
    assert names[1][-13:] == names[3][-13:] != names[0][-13:]
    assert sorted(names) == sorted(path.name for path in tmp_path.iterdir())


def test_a_second_recording_goes_on_where_the_first_ended(tmp_path):
    for number in (1, 2):
        with fakes.serve() as real, record(tmp_path, **upstreams(real)) as proxy:
            ask(proxy.port, "openai")
            assert proxy.files[0].startswith(f"000{number}-")
    with replay(tmp_path) as server:
        assert [ask(server.port, "openai").status for _ in range(3)] == [200, 200, 404]
