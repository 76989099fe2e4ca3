"""What of the page is met seldom: values as feedback, broken questions to each of its forms of a list, large forms."""

from __future__ import annotations

import json
import socket
from urllib.parse import quote

import pytest

from fakes.langsmith.page import guard, playing
from fakes.langsmith.page.formats import count, moment, percent, plural
from fakes.langsmith.page.view import brief, chips, scores
from tests.fakes.langsmith import page_traces as traces
from tests.fakes.langsmith.page_forms import form
from tests.fakes.langsmith.page_reading import Reader, api, ask, page, project_address, send, token, twin

CHAIN = traces.run_id(1)


@pytest.fixture
def full(server):
    traces.put(server.store, traces.chain())
    return server


# -- lists that cannot be read ------------------------------------------------------------------

QUESTIONS = ["filter=foo(", "tree_filter=gt(latency)", "latency=soon", "latency=-1", "latency=1e9"]


@pytest.mark.parametrize("query", QUESTIONS)
def test_a_question_that_is_none_is_told_by_the_page_its_twin_and_its_export(full, query):
    here = project_address(full)
    told = page(full, f"{here}?{query}").all("p", class_="error")
    assert len(told) == 1 and told[0]["role"] == "alert"
    status, _, body = ask(full, "GET", f"{here}.json?{query}")
    assert status == 400 and json.loads(body)["error"] == told[0]["text"]
    status, _, body = ask(full, "GET", f"{here}.jsonl?{query}")
    assert status in (400, 422) and Reader(body.decode()).all("p", class_="error")


def test_an_export_has_every_run_that_fits_and_no_other(server):
    tagged = lambda number: ["odd"] if number % 2 else []
    traces.put(server.store, [traces.run(n, "R", "chain", n, n + 1, tags=tagged(n)) for n in range(1, 621)])
    here = project_address(server)
    for query, wanted in (("", 620), ("?tag=odd", 310)):
        lines = ask(server, "GET", f"{here}.jsonl{query}")[2].splitlines()
        ids = [json.loads(line)["id"] for line in lines]
        assert len(ids) == len(set(ids)) == wanted
        assert ids == sorted(ids, reverse=True)


def test_the_twin_of_a_list_leads_on_from_page_to_page(server):
    traces.put(server.store, [traces.run(n, "R", "chain", n, n + 1) for n in range(1, 121)])
    address, following, seen = project_address(server) + ".json?name=R", "", []
    while following is not None:
        told = twin(server, address + following)
        seen += [run["id"] for run in told["runs"]]
        following = told["next"] and "&cursor=" + quote(told["next"], safe="")
    assert seen == [traces.run_id(n) for n in range(120, 0, -1)]


@pytest.mark.parametrize("query", ["type=", "status=&name=&tag=", "latency=0"])
def test_a_filter_that_is_left_empty_chooses_nothing_away(full, query):
    here = project_address(full)
    assert [run["id"] for run in twin(full, f"{here}.json?{query}")["runs"]] == [CHAIN]


def test_links_of_the_sdk_to_whole_lists_lead_to_ours(full):
    tenant = full.store.tenant_id
    for theirs, ours in (("projects", "/projects"), ("datasets", "/data")):
        status, headers, _ = ask(full, "GET", f"/o/{tenant}/{theirs}")
        assert (status, headers["location"]) == (303, ours)
    project = full.store.project_named("demo")["id"]
    moved = ask(full, "GET", f"/o/{tenant}/projects/p/{project}?tag=zoo")[1]["location"]
    assert moved == f"/projects/p/{project}?tag=zoo"


# -- feedback ----------------------------------------------------------------------------------


def text(stats):
    return [Reader(one).elements[0] for one in scores(stats)]


def test_feedback_is_shown_by_its_mean_its_values_or_its_number():
    shown = text({
        "mean": {"n": 3, "avg": 2 / 3, "values": {"x": 3}},
        "word": {"n": 3, "avg": None, "values": {"good": 2, "bad": 1}},
        "words": {"n": 9, "avg": None, "values": {"a": 1, "b": 2, "c": 3, "d": 3}},
        "note": {"n": 4, "avg": None, "values": {}},
        "zero": {"n": 1, "avg": 0.0, "values": {}},
    })  # fmt: skip
    told = [one["text"] for one in shown]
    assert told == [
        "mean 0.667", "note no score ×4", "word good ×2, bad ×1", "words a ×1, b ×2, c ×3", "zero 0",
    ]  # fmt: skip
    assert [one["title"] for one in shown] == [f"{n} in all" for n in (3, 4, 3, 9, 1)]


def test_a_value_that_is_no_text_is_shown_as_it_is_written(full):
    api(full, "POST", "/feedback", {"run_id": CHAIN, "key": "k", "value": {"a": [1]}, "feedback_source": None})
    items = page(full, f"{project_address(full)}/r/{CHAIN}").all("li")
    [item] = [one["text"] for one in items if "data-feedback" in one]
    assert '{"a": [1]}' in item


# -- forms -------------------------------------------------------------------------------------


def test_a_form_that_is_too_large_is_refused(full, monkeypatch):
    monkeypatch.setattr(guard, "MAX_FORM", 300)
    here = f"{project_address(full)}/r/{CHAIN}"
    fields = {"token": token(full, here), "key": "k", "score": "1"}
    assert send(full, here + "/feedback", {**fields, "comment": "x" * 300})[0] == 413
    assert send(full, here + "/feedback", fields)[0] == 303
    assert [one["comment"] for one in api(full, "GET", f"/feedback?run={CHAIN}")] == [None]


SITES = [("same-origin", 303), ("none", 303), ("same-site", 403), ("cross-site", 403)]


@pytest.mark.parametrize("site, status", SITES)
def test_only_forms_of_our_own_pages_are_taken_where_the_browser_says_whose_they_are(full, site, status):
    here = f"{project_address(full)}/r/{CHAIN}"
    fields = {"token": token(full, here), "key": "k", "score": "1"}
    assert send(full, here + "/feedback", fields, **{"Sec-Fetch-Site": site})[0] == status
    kind = {"Content-Type": "application/x-www-form-urlencoded ; charset=utf-8"}
    assert send(full, here + "/feedback", fields, **kind)[0] == 303


POSTS = ["/feedback", f"/feedback/{traces.run_id(7)}/delete", "/example", "/share", "/unshare"]


@pytest.mark.parametrize("ending", POSTS)
def test_no_form_does_anything_without_its_token(full, ending):
    here = f"{project_address(full)}/r/{CHAIN}"
    api(full, "POST", "/feedback", {"id": traces.run_id(7), "run_id": CHAIN, "key": "k", "score": 1})
    full.store.share(CHAIN)
    before = (full.store.feedback(), full.store.datasets(), full.store.shared_token(CHAIN))
    assert send(full, here + ending, {"key": "k", "score": "1", "new": "x"})[0] == 403
    assert send(full, "/data", {"name": "x"})[0] == 403
    full.store.unshare(CHAIN)
    assert send(full, here + "/share", {})[0] == 403 and full.store.shared_token(CHAIN) is None
    assert before[:2] == (full.store.feedback(), full.store.datasets()) and before[2]


def test_a_form_about_what_is_not_there_says_so(full):
    here = f"{project_address(full)}/r/"
    said = {"token": token(full, here + CHAIN), "key": "k", "score": "1", "new": "x"}
    for ending in ("/feedback", "/example", "/share", "/unshare"):
        assert send(full, here + traces.run_id(99) + ending, said)[0] == 404
    assert send(full, here + CHAIN + "/example", {**said, "new": "", "dataset": traces.run_id(99)})[0] == 404
    assert send(full, here + CHAIN + "/example", {**said, "new": "", "dataset": "x"})[0] == 422
    assert full.store.datasets() == []


def test_no_more_calls_of_the_playground_run_at_once_than_it_bears(server, monkeypatch):
    monkeypatch.setattr(playing, "MOST_AT_ONCE", 0)
    asked = form(server, "/playground", "/playground").fill(text1="hello")
    status, _, body = asked.send(server, "/playground")
    assert status == 429 and "under way" in body.decode() and server.store.runs()[0] == []


# -- words and numbers --------------------------------------------------------------------------

BRIEF = [
    (None, ""), ("", ""), ("{}", ""), ("null", ""),
    ('{"input": "hi"}', "hi"),
    ('{"messages":[{"role":"user","content":"hi \\u00e9\\n there"}]}', "hi é there"),
    ('{"content": "cut in the mid', "cut in the mid"),
    ('{"content": ""}', '{"content": ""}'),
    ('{"text":"broken \\u12', "broken \\u12"),
    ("[1, 2]", "[1, 2]"),
    ('{"topic": "bears"}', "bears"), ('{"a": {"b": "deep"}}', "deep"), ('{"a": 1, "b": 2}', '{"a": 1, "b": 2}'),
    ('{"a": ""}', '{"a": ""}'),
    ('{"messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "bears?"}]}', "bears?"),
    ('{"messages": [[{"id": ["SystemMessage"], "kwargs": {"content": "Be brief."}}, '
     '{"id": ["HumanMessage"], "kwargs": {"content": "bea', "bea"),
    ('{"messages": [{"role": "system", "content": "Be brief."}, {"role": "us', "Be brief."),
    ("x" * 140, "x" * 140),
    ("x" * 141, "x" * 140 + "…"),
]  # fmt: skip


@pytest.mark.parametrize("preview, shown", BRIEF, ids=range(len(BRIEF)))
def test_a_row_shows_the_telling_words_of_what_was_said(preview, shown):
    assert brief(preview) == shown


def test_numbers_are_shown_as_people_write_them():
    assert [count(one) for one in (None, 0, 999, 1000, 1234567)] == ["", "0", "999", "1,000", "1,234,567"]
    assert [percent(one) for one in (None, 0, 1, 0.5, 1 / 3)] == ["", "0 %", "100 %", "50 %", "33.3 %"]
    assert [plural(one, "run") for one in (0, 1, 2, 1000)] == ["0 runs", "1 run", "2 runs", "1,000 runs"]


def test_a_moment_is_shown_to_the_second_and_whole_on_hovering():
    [element] = Reader(moment("2026-11-23T04:25:25.141372+00:00")).elements
    assert (element["text"], element["title"]) == ("2026-11-23 04:25:25", "2026-11-23T04:25:25.141372+00:00")
    assert element["datetime"] == element["title"] and moment(None) is None and moment("") is None


def test_tags_of_any_kind_are_chips():
    assert [Reader(one).elements[0]["text"] for one in chips(["a", 1, None])] == ["a", "1", "None"]


def test_half_a_letter_in_a_trace_is_still_json(server):
    run = traces.run(1, "R", "chain", 0, 1, inputs={"q": "half \ud83d"}, tags=["\ud83d"])
    traces.put(server.store, [run])
    here = f"{project_address(server)}/r/{CHAIN}"
    assert twin(server, here + ".json")["run"]["inputs"] == {"q": "half \ud83d"}
    assert json.loads(ask(server, "GET", here + ".jsonl")[2])["tags"] == ["\ud83d"]
    assert page(server, here).wrong == []


HOSTS = [b"[", b"a b", b"127.0.0.1.evil.example", b"127.evil.example", b"localhost.evil.example", b"127.0.0.\xb2",
         b"127.0.0.256", b"127.0.0.1@evil.example", b"0x7f.0.0.1", b""]  # fmt: skip


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("path", [b"/", b"/info"])
def test_a_host_that_is_not_this_machine_is_refused_in_words_however_odd(server, path, host, capfd):
    with socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2])), timeout=10) as client:
        client.sendall(b"GET %b HTTP/1.1\r\nhost: %b\r\nconnection: close\r\n\r\n" % (path, host))
        answer = b"".join(iter(lambda: client.recv(65536), b""))
    assert int(answer.split()[1]) in (400, 421) and json.loads(answer.partition(b"\r\n\r\n")[2])["detail"]
    assert "Traceback" not in capfd.readouterr().err


def test_an_address_that_leads_upwards_is_no_page(server):
    assert ask(server, "GET", "/projects/p/" + quote("x/../y", safe=""))[0] == 404
