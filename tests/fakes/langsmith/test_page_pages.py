"""Pages over a real socket: each is whole and safe, says what the API says, and its forms do what the SDK then lists."""

from __future__ import annotations

import json
import re
from urllib.parse import quote

import pytest

from fakes.langsmith.page.script import SCRIPT
from tests.fakes.langsmith import page_traces as traces
from tests.fakes.langsmith.page_reading import Reader, api, ask, page, project_address, send, token, twin

POLICY = {"default-src 'none'", "script-src 'self'", "style-src 'self'", "form-action 'self'", "base-uri 'none'"}


@pytest.fixture
def full(server):
    """A server with a bit of everything."""
    traces.put(
        server.store, traces.chain(), traces.failed(), traces.pending(), traces.chain(41, start=40, question="lions")
    )
    dataset = server.store.create_dataset({"name": "zoo <questions>", "description": "what visitors ask"})
    made = server.store.add_examples(dataset["id"], [
        {"inputs": {"topic": "bears"}, "outputs": {"output": "Bears sleep."}, "source_run_id": traces.run_id(1)},
        {"inputs": traces.chat_inputs(traces.constructor("HumanMessage", "lions?")), "outputs": {"answer": "meat"}},
    ])  # fmt: skip
    for number, name in ((1, "exp-one"), (2, "exp-two")):
        server.store.create_project({"name": name, "reference_dataset_id": dataset["id"]})
        for place, example in enumerate(made):
            key = 900 + 10 * number + place
            traces.put(server.store, [{**traces.run(key, "Target", "chain", 60, 61, outputs={"output": f"answer {number}"}),
                                       "session_name": name, "reference_example_id": example}])  # fmt: skip
            server.store.add_feedback(
                {"run_id": traces.run_id(key), "key": "exact_match", "score": number * place * 0.5}
            )
    server.store.add_feedback({"run_id": traces.run_id(1), "key": "user_score", "score": 0.75, "comment": "good <b>"})
    return server


def run_address(server, number):
    return f"{project_address(server)}/r/{traces.run_id(number)}"


def addresses(server):
    project, data = project_address(server), "/data/" + server.store.datasets()[0]["id"]
    runs = [run_address(server, number) for number in (1, 2, 3, 4, 5, 11, 12, 21)]
    pair = f"run={traces.run_id(3)}&run={traces.run_id(12)}"
    return [
        "/", "/projects", project, project + "?status=error", project + "?filter=foo(", *runs, "/projects/compare",
        f"/projects/compare?run={traces.run_id(1)}", "/projects/compare?" + pair, "/data", data, data + "/compare",
    ]  # fmt: skip


def test_every_page_is_balanced_and_has_nothing_inline(full):
    for address in addresses(full):
        reader = page(full, address)
        assert reader.wrong == [], address
        assert len(reader.all("h1")) == 1, address
        assert {element.get("src", "").partition("?")[0] for element in reader.all("script")} == {
            "/static/script.js"
        }, address
        loose = [one for one in reader.elements if "style" in one or any(name.startswith("on") for name in one)]
        assert loose == [], address
        assert reader.all("style") == [], address


def test_every_page_has_a_policy_that_allows_nothing_inline_and_nothing_from_outside(full):
    for address in [*addresses(full), "/projects.json", "/static/style.css", "/static/script.js"]:
        status, headers, body = ask(full, "GET", address)
        assert status == 200 and body, address
        said = {part.strip() for part in headers["content-security-policy"].split(";")}
        assert said >= POLICY, address
        assert "unsafe" not in headers["content-security-policy"] and "http" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"


def test_every_link_of_every_page_leads_to_something(full):
    seen, waiting = set(), ["/"]
    while waiting:
        address = waiting.pop()
        if address in seen or address.startswith(("http://", "https://")):
            continue
        seen.add(address)
        status, headers, body = ask(full, "GET", address)
        assert status in (200, 303), (address, body[:300])
        if headers["content-type"].startswith("text/html"):
            links = [one.get("href", "").partition("#")[0] for one in Reader(body.decode()).all("a")]
            waiting += [link for link in links if link]
    assert len(seen) > 60


def test_a_project_has_a_row_for_each_root_run_with_status_latency_and_tokens(full):
    reader = page(full, project_address(full))
    rows = {row["data-run"]: row["text"] for row in reader.all("tr") if "data-run" in row}
    assert list(rows) == [traces.run_id(number) for number in (41, 21, 11, 1)]
    assert all(
        part in rows[traces.run_id(1)] for part in ("success", "RunnableSequence", "2.00 s", "18", "zoo", "0.75")
    )
    assert (
        "error" in rows[traces.run_id(11)] and "RateLimitError('429: slow down <b>now</b>')" in rows[traces.run_id(11)]
    )
    assert len(reader.all("tr", class_="error")) == 1
    links = [link["href"] for link in reader.all("a") if link["text"] == "RunnableSequence"]
    assert links[1] == run_address(full, 1)


def test_a_row_says_an_error_without_its_traceback(server):
    told = "ValueError('four')Traceback (most recent call last):\n\n  File"  # as the SDK joins them
    traces.put(server.store, [traces.run(1, "R", "chain", 0, 1, error=told)])
    rows = [row for row in page(server, project_address(server)).all("div", class_="said")]
    assert [row["text"] for row in rows] == ["ValueError('four')"]


def test_an_unfinished_run_shows_its_age_in_list_and_tree(full):
    for address in (project_address(full), run_address(full, 21)):
        ages = page(full, address).all("span", class_="age")
        assert ages, address
        assert all(age["data-start"] == "1795407945141" for age in ages)


def test_a_failed_run_is_marked_in_the_tree_with_its_error(full):
    reader = page(full, run_address(full, 11))
    assert [row["data-run"] for row in reader.all("div", class_="error")] == [traces.run_id(11), traces.run_id(12)]
    assert reader.all("div", class_="failure")[0]["text"].startswith(
        "RateLimitError('429: slow down <b>now</b>')\nTraceback"
    )


def test_a_chat_run_shows_its_conversation_verbatim(full):
    reader = page(full, run_address(full, 3))
    messages = reader.all("article", class_="message")
    assert [one["data-role"] for one in messages] == ["system", "human", "ai"]
    assert traces.NASTY in [one["text"] for one in reader.all("div", class_="text")]
    assert [image["src"] for image in reader.all("img")] == [traces.PIXEL]
    assert reader.all("details", class_="reasoning")[0]["text"] == "ReasoningThey ask about bears."
    assert "weathercall_1" in reader.all("div", class_="call")[0]["text"]


def test_the_raw_input_is_shown_as_it_was_sent(full):
    shown = {
        one["text"].partition("{")[0].strip(): one["text"]
        for one in page(full, run_address(full, 3)).all("details", class_="raw")
    }
    raw = shown["Raw input"]
    assert json.loads(raw[raw.index("{") :]) == traces.chain()[2]["inputs"]
    assert '"temperature": 0.2' in shown["Parameters"]


def test_a_megabyte_is_cut_with_a_link_to_the_whole(server):
    text = "x" * 1_000_000 + "the end"
    inputs = traces.chat_inputs(traces.constructor("HumanMessage", text))
    traces.put(server.store, [traces.run(1, "Long", "llm", 0, 1, inputs=inputs, error="E" * 100_000)])
    address = run_address(server, 1)
    status, _, body = ask(server, "GET", address)
    assert status == 200 and len(body) < 120_000
    more = {link["href"] for link in page(server, address).all("a", class_="more")}
    assert more == {address + "/inputs.json", address + "/error.json"}
    assert twin(server, address + "/inputs.json") == inputs
    assert ask(server, "GET", address + "/error.json")[2] == b"E" * 100_000


FILTERS = [
    ("type=chain", {"run_type": "chain"}),
    ("status=error", {"error": True}),
    ("status=success", {"filter": 'eq(status, "success")'}),
    ("status=pending", {"filter": 'eq(status, "pending")'}),
    ("tag=nightly", {"filter": 'has(tags, "nightly")'}),
    ("name=FailingChain", {"filter": 'eq(name, "FailingChain")'}),
    ("text=lions", {"filter": 'search("lions")'}),
    ("latency=1.5", {"filter": "gte(latency, 1.5)"}),
    ("filter=" + quote('and(gt(latency, 1), has(tags, "zoo"))'), {"filter": 'and(gt(latency, 1), has(tags, "zoo"))'}),
    ("tree_filter=" + quote('eq(name, "weather")'), {"tree_filter": 'eq(name, "weather")'}),
    ("all=1&trace_filter=" + quote('eq(name, "FailingChain")'), {"is_root": None, "trace_filter": 'eq(name, "FailingChain")'}),
    ("all=1&type=llm", {"is_root": None, "run_type": "llm"}),
    ("all=1&tag=seq:step:2&status=success", {"is_root": None, "filter": 'and(has(tags, "seq:step:2"), eq(status, "success"))'}),
    ("name=nothing", {"filter": 'eq(name, "nothing")'}),
]  # fmt: skip


@pytest.mark.parametrize(("query", "body"), FILTERS)
def test_a_filter_gives_the_runs_that_the_api_gives(full, query, body):
    address = project_address(full)
    asked = {"session": [address.rpartition("/")[2]], "is_root": True, "limit": 100, **body}
    told = [
        run["id"] for run in api(full, "POST", "/runs/query", {k: v for k, v in asked.items() if v is not None})["runs"]
    ]
    shown = [row["data-run"] for row in page(full, f"{address}?{query}").all("tr") if "data-run" in row]
    assert shown == told == [run["id"] for run in twin(full, f"{address}.json?{query}")["runs"]]
    exported = ask(full, "GET", f"{address}.jsonl?{query}")[2].splitlines()
    assert [json.loads(line)["id"] for line in exported] == told


@pytest.mark.parametrize(
    "query",
    ["filter=foo(", "filter=gt(latency)", "latency=soon", "latency=nan", "latency=-1", "cursor=x", "tree_filter=)"],
)
def test_a_filter_that_is_none_gives_a_message_and_no_runs(full, query):
    reader = page(full, f"{project_address(full)}?{query}")
    assert len(reader.all("p", class_="error")) == 1
    assert "cannot be read" in reader.all("p", class_="error")[0]["text"]
    assert [row for row in reader.all("tr") if "data-run" in row] == []
    assert ask(full, "GET", f"{project_address(full)}.json?{query}")[0] == 400


def test_filters_stay_in_the_form(full):
    reader = page(full, project_address(full) + "?name=Run%22%3E&type=chain&all=1")
    fields = {one.get("name"): one for one in reader.all("input")}
    assert (fields["name"]["value"], "checked" in fields["all"]) == ('Run">', True)
    assert [one["value"] for one in reader.all("option") if "selected" in one] == ["chain"]


def test_older_runs_are_behind_a_link_that_keeps_the_filter(server):
    traces.put(server.store, [traces.run(number, "R", "chain", number, number + 1) for number in range(1, 121)])
    address, seen = project_address(server) + "?name=R", []
    while address:
        reader = page(server, address)
        seen += [row["data-run"] for row in reader.all("tr") if "data-run" in row]
        older = [link["href"] for link in reader.all("a") if link["text"] == "older"]
        address = older[0] if older else None
        assert address is None or "name=R" in address
    assert seen == [traces.run_id(number) for number in range(120, 0, -1)]


def test_a_trace_of_two_thousand_runs_is_one_list(server):
    runs = traces.wide(1000, children=2000)
    traces.put(server.store, runs)
    reader = page(server, run_address(server, 1000))
    assert [row["data-run"] for row in reader.all("div", class_="row")] == [run["id"] for run in runs]


def test_feedback_given_on_the_page_is_listed_by_the_api_and_the_other_way_round(full):
    address = run_address(full, 3)
    fields = {"token": token(full, address), "key": "helpful", "score": "0.5", "comment": "two\r\nlines"}
    status, headers, _ = send(full, address + "/feedback", fields)
    assert (status, headers["location"]) == (303, address + "#feedback")
    listed = api(full, "GET", "/feedback?run=" + traces.run_id(3))
    assert [(one["key"], one["score"], one["comment"]) for one in listed] == [("helpful", 0.5, "two\nlines")]
    api(
        full,
        "POST",
        "/feedback",
        {"run_id": traces.run_id(3), "key": "sdk", "score": 1, "comment": "<i>from</i> the SDK"},
    )
    shown = [one["text"] for one in page(full, address).all("li") if "data-feedback" in one]
    assert any("sdk" in text and "<i>from</i> the SDK" in text for text in shown) and len(shown) == 2


def test_feedback_that_is_no_number_becomes_a_value(full):
    address = run_address(full, 3)
    send(
        full, address + "/feedback", {"token": token(full, address), "key": "tone", "score": "friendly", "comment": ""}
    )
    assert [(one["score"], one["value"]) for one in api(full, "GET", "/feedback?run=" + traces.run_id(3))] == [
        (None, "friendly")
    ]


def test_feedback_is_deleted_only_from_its_own_run(full):
    one = api(full, "GET", "/feedback?run=" + traces.run_id(1))[0]["id"]
    said = {"token": token(full, run_address(full, 1))}
    assert send(full, f"{run_address(full, 3)}/feedback/{one}/delete", said)[0] == 404
    assert send(full, f"{run_address(full, 1)}/feedback/{one}/delete", said)[0] == 303
    assert api(full, "GET", "/feedback?run=" + traces.run_id(1)) == []


@pytest.mark.parametrize(
    ("change", "headers", "status"),
    [
        ({"token": ""}, {}, 403),
        ({"token": "0" * 32}, {}, 403),
        ({}, {"Origin": "http://evil.example"}, 403),
        ({}, {"Origin": "null"}, 403),
        ({}, {"Sec-Fetch-Site": "cross-site"}, 403),
        ({}, {"Content-Type": "text/plain"}, 415),
        ({}, {"Host": "evil.example"}, 421),
        ({"key": " "}, {}, 422),
        ({"score": "", "comment": " "}, {}, 422),
    ],
)
def test_a_form_that_may_not_be_ours_changes_nothing(full, change, headers, status):
    address = run_address(full, 3)
    fields = {"token": token(full, address), "key": "k", "score": "1", "comment": "", **change}
    assert send(full, address + "/feedback", fields, **headers)[0] == status
    assert api(full, "GET", "/feedback?run=" + traces.run_id(3)) == []


def test_a_form_of_our_own_origin_is_taken(full):
    address = run_address(full, 3)
    fields = {"token": token(full, address), "key": "k", "score": "1"}
    assert send(full, address + "/feedback", fields, **{"Origin": full.url, "Sec-Fetch-Site": "same-origin"})[0] == 303


def test_a_run_is_added_to_a_dataset_old_or_new(full):
    address = run_address(full, 1)
    said = {"token": token(full, address)}
    old = full.store.datasets()[0]["id"]
    assert send(full, address + "/example", {**said, "dataset": old, "new": ""})[1]["location"] == "/data/" + old
    assert send(full, address + "/example", {**said, "dataset": old, "new": "fresh"})[0] == 303
    assert send(full, address + "/example", {**said, "new": ""})[0] == 422
    fresh = api(full, "GET", "/datasets?limit=1&name=fresh")[0]
    listed = api(full, "GET", f"/examples?dataset={fresh['id']}&limit=100&offset=0")
    assert [(one["inputs"], one["outputs"], one["source_run_id"]) for one in listed] == [
        ({"topic": "Tell me about bears"}, {"output": "Bears sleep."}, traces.run_id(1))
    ]
    assert len(api(full, "GET", f"/examples?dataset={old}&limit=100&offset=0")) == 3


def test_an_experiment_shows_its_mean_score_and_each_answer(full):
    data = "/data/" + full.store.datasets()[0]["id"]
    rows = [row["text"] for row in page(full, data).all("tr") if "data-experiment" in row]
    assert [
        "exp-two" in rows[0],
        "exact_match 0.5" in rows[0],
        "exp-one" in rows[1],
        "exact_match 0.25" in rows[1],
    ] == [True] * 4
    shown = page(full, data + "/compare")
    assert [heading["text"] for heading in shown.all("h3")] == ["Reference", "exp-two", "exp-one"] * 2
    examples = shown.all("article", class_="example")
    assert len(examples) == 2 and all("answer 1" in one["text"] and "answer 2" in one["text"] for one in examples)


def test_two_runs_are_compared(full):
    reader = page(full, f"/projects/compare?run={traces.run_id(1)}&run={traces.run_id(41)}")
    assert '-  "topic": "Tell me about bears"' in reader.all("div", class_="gone")[0]["text"]
    assert '+  "topic": "lions"' in reader.all("div", class_="added")[0]["text"]
    assert "the same on both sides" in reader.all("main")[0]["text"]


def test_each_page_has_a_json_twin_that_says_the_same(full):
    for address in addresses(full):
        status, _, body = ask(full, "GET", address)
        links = [one["href"] for one in page(full, address).all("a") if one["text"] == "this page as JSON"]
        asks = address.startswith("/projects/compare") and address.count("run=") < 2 or "foo(" in address
        assert bool(links) or asks, address
        if links and not asks:
            assert isinstance(twin(full, links[0]), dict)
    trace = twin(full, run_address(full, 3) + ".json")
    assert [run["id"] for run in trace["trace"]] == [traces.run_id(number) for number in range(1, 6)]
    assert trace["run"]["inputs"] == traces.chain()[2]["inputs"]


def test_a_trace_is_exported_one_run_to_a_line(full):
    _, headers, body = ask(full, "GET", run_address(full, 3) + ".jsonl")
    assert [json.loads(line)["name"] for line in body.splitlines()] == [run["name"] for run in traces.chain()]
    assert headers["content-disposition"].startswith('attachment; filename="trace-')


def test_links_of_the_sdk_lead_to_the_pages(full):
    address = run_address(full, 3)
    sdk = api(full, "GET", "/runs/" + traces.run_id(3))["app_path"]
    assert ask(full, "GET", sdk + "?trace_id=x&start_time=y")[1]["location"] == address
    data = full.store.datasets()[0]["id"]
    moved = ask(full, "GET", f"/o/{full.store.tenant_id}/datasets/{data}/compare?selectedSessions={data}")
    assert (moved[0], moved[1]["location"]) == (303, f"/data/{data}/compare?selectedSessions={data}")


@pytest.mark.parametrize(
    "address",
    ["/o/t//evil.example/", "/o/t/projects%0d%0aset-cookie:x", "/o/t/%2f%2fevil.example", "/o/t/projects/%0d%0aset-cookie:%20x=1",
     "/o/t/projects/🐻".encode().decode("latin-1")],
)  # fmt: skip
def test_a_link_never_leads_elsewhere_nor_adds_a_header(full, address):
    status, headers, _ = ask(full, "GET", quote(address, safe="/%:.=#?"))
    assert status == 404 or headers["location"].startswith("/projects")
    assert "set-cookie" not in headers


@pytest.mark.parametrize(
    ("method", "address", "status"),
    [
        ("GET", "/projects/p/7a1c1e0e-0000-4000-8000-00000000ffff", 404),
        ("GET", "/projects/p/-/r/7a1c1e0e-0000-4000-8000-00000000ffff", 404),
        ("GET", "/data/7a1c1e0e-0000-4000-8000-00000000ffff", 404),
        ("GET", "/projects/p/--------------------------------", 422),
        ("GET", "/projects/compare?run=x&run=y", 422),
        ("POST", "/projects", 405),
    ],
)
def test_what_is_not_there_is_a_page_that_says_so(full, method, address, status):
    got, headers, body = ask(full, method, address)
    assert (got, headers["content-type"]) == (status, "text/html; charset=utf-8"), body


def test_a_value_nested_deeply_is_still_a_page(server):
    value = "bottom"
    for _ in range(600):
        value = [value]
    traces.put(server.store, [traces.run(1, "Deep", "chain", 0, 1, inputs={"a": value})])
    assert "[\n  [\n    [" in page(server, run_address(server, 1)).all("main")[0]["text"]
    assert twin(server, run_address(server, 1) + "/inputs.json") == {"a": value}


def test_an_empty_server_says_how_to_begin(server):
    assert "LANGSMITH_ENDPOINT=http://127.0.0.1:" in page(server, "/").all("main")[0]["text"]


def test_a_share_can_be_given_and_taken_back(full):
    address = run_address(full, 1)
    said = {"token": token(full, address)}
    assert send(full, address + "/share", said)[0] == 303
    shared = api(full, "GET", f"/runs/{traces.run_id(1)}/share")["share_token"]
    assert api(full, "GET", f"/public/{shared}/run")["id"] == traces.run_id(1)
    assert send(full, address + "/unshare", said)[0] == 303
    assert api(full, "GET", f"/runs/{traces.run_id(1)}/share") is None


HOSTILE = "\"><script src=//evil.example></script><img src=x onerror=alert(1)>'</textarea></title>&#13;\r\n\0{{7*7}}"
ODD = [None, 7, 1.5, True, "", HOSTILE, [], {}, [[]], [HOSTILE, 7, None, {}], {"messages": [HOSTILE]}, {HOSTILE: HOSTILE},
       {"metadata": HOSTILE, "invocation_params": [HOSTILE], "runtime": 7}, {"messages": [[{"role": "user", "content": {}}]]},
       {"generations": [[{"message": {"lc": 1, "type": "constructor", "id": [], "kwargs": {}}}]]},
       {"messages": [{"role": "user", "content": [None, 7, [], {"type": "image_url", "image_url": {"url": HOSTILE}}]}]},
       {"messages": [{"type": "ai", "content": "x", "tool_calls": [7, {}, {"name": HOSTILE, "args": HOSTILE, "id": {}}]}]}]  # fmt: skip


@pytest.mark.parametrize("place", range(len(ODD)))
def test_whatever_a_run_holds_its_pages_are_whole_and_nothing_in_it_becomes_an_element(server, place):
    odd = ODD[place]
    hostile = {"name": HOSTILE, "session_name": "demo", "tags": [HOSTILE], "error": HOSTILE, "run_type": HOSTILE}
    traces.put(server.store, [{**traces.run(1, "R", "llm", 0, 1), **hostile}])
    traces.put(server.store, [{**traces.run(2, HOSTILE, "llm", 0, 1), "session_name": HOSTILE}])
    for field in ("inputs", "outputs", "extra", "events", "serialized", "tags"):
        status, _, _ = ask(server, "PATCH", "/runs/" + traces.run_id(1), body=json.dumps({field: odd}),
                           headers={"x-api-key": server.key, "content-type": "application/json"})  # fmt: skip
        assert status < 500, field
    run = traces.run_id(1)
    server.store.add_feedback({"run_id": run, "key": HOSTILE, "score": 1, "value": odd, "comment": HOSTILE})
    dataset = server.store.create_dataset({"name": HOSTILE, "description": HOSTILE})["id"]
    server.store.add_examples(dataset, [{"inputs": odd, "outputs": odd, "source_run_id": run}])
    here = project_address(server)
    for address in ("/", here, f"{here}/r/{run}", f"/projects/compare?run={run}&run={run}", f"/projects/compare?run={run}",
                    f"/playground?run={run}", "/data", "/data/" + dataset, f"{here}?name={quote(HOSTILE)}&filter={quote(HOSTILE)}"):  # fmt: skip
        reader = page(server, address)
        assert reader.wrong == [], address
        assert [one["src"].partition("?")[0] for one in reader.all("script")] == ["/static/script.js"], address
        assert "onerror=alert(1)" in reader.all("main")[0]["text"] or address.startswith("/playground"), address
        assert reader.all("img") == [] and not any("onerror" in one for one in reader.elements), address
    for address in (f"{here}/r/{run}.json", f"{here}.json", f"/data/{dataset}.json", f"/playground/{run}.json"):
        twin(server, address)


@pytest.mark.parametrize(("accept", "kind"), [("text/html,*/*", "text/html"), ("application/json", "application/json"), ("*/*", "application/json")])
def test_an_address_without_a_page_is_a_page_for_a_browser_and_json_for_a_program(server, accept, kind):
    status, headers, _ = ask(server, "GET", "/nothing/here", headers={"Accept": accept})
    assert (status, headers["content-type"].partition(";")[0]) == (404, kind)


@pytest.mark.parametrize("what", ["", "/compare"])
def test_examples_beyond_a_page_are_behind_links_that_lead_back(server, what):
    dataset = server.store.create_dataset({"name": "many"})["id"]
    made = server.store.add_examples(dataset, [{"inputs": {"n": f"example {n}"}} for n in range(120)])
    server.store.create_project({"name": "exp", "reference_dataset_id": dataset})
    traces.put(server.store, [{**traces.run(n, "T", "chain", 0, 1), "session_name": "exp", "reference_example_id": one}
                              for n, one in enumerate(made, 1)])  # fmt: skip
    address, seen, newer = f"/data/{dataset}{what}", [], None
    while address:
        reader = page(server, address)
        here = [one["text"] for one in reader.all("dd") if one["text"].startswith("example ")]
        assert all(f"example {n}" not in seen for n in here) and len(here) <= 50
        seen += here
        found = {one["text"]: one["href"] for one in reader.all("a", class_="button")}
        newer, address = found.get("newer"), found.get("older")
        twin(server, next(one["href"] for one in reader.all("a") if one["text"] == "this page as JSON"))
    assert sorted(seen) == sorted(f"example {n}" for n in range(120))
    assert "newer" in newer or "offset=50" in newer


def test_a_page_looks_often_enough_to_show_a_run_within_three_seconds():
    """One look in between and one fetch; measured by tests/real_clients/langsmith_page.py."""
    assert int(re.search(r"EVERY = (\d+)", SCRIPT).group(1)) <= 1500


def test_the_mark_of_a_page_is_its_twins_until_something_changes(full):
    here = project_address(full)
    marks = [(page(full, here).all("form", id="runs")[0]["data-mark"], ask(full, "HEAD", here + ".json")[1]["etag"])]
    traces.put(full.store, [traces.run(21, "SlowChain", "chain", 20, 25)])
    marks.append((page(full, here).all("form", id="runs")[0]["data-mark"], ask(full, "HEAD", here + ".json")[1]["etag"]))
    assert all(f'"{mark}"' == etag for mark, etag in marks) and marks[0] != marks[1]


def test_only_what_may_still_change_is_live(full):
    for address, live in (
        (project_address(full), True), (project_address(full) + "?status=error", True), (project_address(full) + "?filter=(", False),
        (run_address(full, 21), True), (run_address(full, 1), False), ("/", False), ("/data", False),
    ):  # fmt: skip
        assert any("data-live" in one for one in page(full, address).elements) is live, address


ODD_NAMES = ["a/b\\c", "\"quoted\" 'single'", "100% + more & less", "line\nbreak", "?x=y#z;w", "<b>bold</b>", "%2F%00+", "مرحبا", "🐻 ü", "..", "a,b", "[x]*"]


@pytest.mark.parametrize("odd", ODD_NAMES)
def test_an_odd_name_tag_and_text_can_be_asked_for_and_followed(server, odd):
    traces.put(server.store, [
        {**traces.run(1, odd, "chain", 0, 1, tags=[odd], inputs={"q": odd}), "session_name": odd},
        {**traces.run(2, "other", "chain", 0, 1, inputs={"q": "x"}), "session_name": odd},
    ])  # fmt: skip
    listed = [one for one in page(server, "/").all("a") if one["text"] == odd]
    assert len(listed) == 1
    here = listed[0]["href"]
    for name in ("name", "tag", "text"):
        reader = page(server, f"{here}?{name}={quote(odd, safe='')}")
        assert [row["data-run"] for row in reader.all("tr") if "data-run" in row] == [traces.run_id(1)], name
        form = reader.all("form", id="runs")[0]
        assert [run["id"] for run in twin(server, form["data-live"])["runs"]] == [traces.run_id(1)]
        assert len(ask(server, "GET", [one["href"] for one in reader.all("a") if one["text"] == "JSONL"][0])[2].splitlines()) == 1
        again = page(server, form["data-page"])
        assert [one.get("value") for one in again.all("input") if one.get("name") == name] == [odd]
    assert page(server, f"{here}/r/{traces.run_id(1)}").all("h1")[0]["text"] == odd


@pytest.mark.parametrize("depth", [400, 900])
def test_arguments_and_tools_nested_deeply_are_still_pages(server, depth):
    value = {"bottom": 1}
    for _ in range(depth):
        value = {"a": value}
    call = {"name": "f", "args": value, "id": "c"}
    inputs = {"messages": [{"type": "ai", "content": [{"type": "odd", "x": value}], "tool_calls": [call]}]}
    tools = [{"name": "f", "input_schema": value}, {"functionDeclarations": [{"name": "g", "parameters": value}]}]
    traces.put(server.store, [traces.run(1, "M", "llm", 0, 1, inputs=inputs, outputs=inputs, extra={"invocation_params": {"tools": tools}})])
    for address in (run_address(server, 1), "/playground?run=" + traces.run_id(1), project_address(server),
                    f"/projects/compare?run={traces.run_id(1)}&run={traces.run_id(1)}"):  # fmt: skip
        page(server, address)


@pytest.mark.parametrize(("first", "make", "row"), [
    ("/projects", lambda store, n: store.create_project({"name": f"name {n}"}), "/projects/p/"),
    ("/data", lambda store, n: store.create_dataset({"name": f"name {n}"}), "/data/"),
])  # fmt: skip
def test_more_projects_and_datasets_than_a_page_has_are_behind_links(server, first, make, row):
    for number in range(230):
        make(server.store, number)
    address, seen = first, []
    while address:
        reader = page(server, address)
        seen += [one["text"] for one in reader.all("a") if one.get("href", "").startswith(row) and one["text"].startswith("name ")]
        told = twin(server, next(one["href"] for one in reader.all("a") if one["text"] == "this page as JSON"))
        assert next(iter(told.values()))[-1]["name"] == seen[-1]
        address = {one["text"]: one["href"] for one in reader.all("a", class_="button")}.get("older")
    assert sorted(seen) == sorted(f"name {number}" for number in range(230))
    assert "Nothing has been traced yet" not in page(server, first + "?offset=5000").all("main")[0]["text"]


def test_each_of_many_feedbacks_is_shown_and_can_be_deleted(full):
    for number in range(130):
        full.store.add_feedback({"run_id": traces.run_id(4), "key": f"k{number}", "score": 1})
    oldest = full.store.feedback(run_ids=[traces.run_id(4)], limit=1000)[-1]["id"]
    address = run_address(full, 4)
    assert len([one for one in page(full, address).all("li") if "data-feedback" in one]) == 130
    assert send(full, f"{address}/feedback/{oldest}/delete", {"token": token(full, address)})[0] == 303
    assert len([one for one in page(full, address).all("li") if "data-feedback" in one]) == 129
