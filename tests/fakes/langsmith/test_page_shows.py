"""What stands on each page: the figures, rows, facts and links that people come for, against what is in the store."""

from __future__ import annotations

import json

import pytest

from fakes.langsmith.page.charts import latency_chart
from fakes.langsmith.store import Op
from tests.fakes.langsmith import page_traces as traces
from tests.fakes.langsmith.asking import BOUNDARY, multipart
from tests.fakes.langsmith.page_reading import Reader, api, ask, page, project_address, twin

CHAIN, MODEL = traces.run_id(1), traces.run_id(3)


@pytest.fixture
def full(server):
    traces.put(server.store, traces.chain(), traces.failed(), traces.pending())
    return server


@pytest.fixture
def data(full):
    """A dataset with two experiments; the first example came from a run, the second ran in one experiment only."""
    store = full.store
    made = store.create_dataset({"name": "zoo", "description": "what visitors ask"})["id"]
    examples = store.add_examples(made, [
        {"inputs": {"topic": "bears"}, "outputs": {"output": "Bears sleep."}, "source_run_id": CHAIN,
         "metadata": {"dataset_split": ["test"]}},
        {"inputs": {"topic": "lions"}, "outputs": {"output": "Meat."}},
    ])  # fmt: skip
    for number, name in ((1, "exp-one"), (2, "exp-two")):
        store.create_project({"name": name, "reference_dataset_id": made})
        for place, example in enumerate(examples[:number]):
            key = 900 + 10 * number + place
            said = {"output": f"said {number}"}
            run = traces.run(key, "Target", "chain", 60 + number, 61 + number + place, outputs=said)
            error = {"error": "ValueError('no')\nTraceback"} if place else {}
            traces.put(store, [{**run, "session_name": name, "reference_example_id": example, **error}])
            store.add_feedback({"run_id": traces.run_id(key), "key": "exact", "score": number * 0.25})
        store.add_feedback({"session_id": store.project_named(name)["id"], "key": "whole", "score": number})
    return made


def cells(reader, row):
    """Give the texts of a row's cells: those of the table that come after the row and before the next."""
    place = reader.elements.index(row)
    found = []
    for element in reader.elements[place + 1 :]:
        if element["tag"] == "tr":
            break
        if element["tag"] in ("td", "th"):
            found.append(element["text"])
    return found


def rows(reader, attribute):
    return {row[attribute]: cells(reader, row) for row in reader.all("tr") if attribute in row}


def facts(reader):
    return dict(zip([one["text"] for one in reader.all("dt")], [one["text"] for one in reader.all("dd")]))


def links(reader):
    """Give the links of a page by their text; of several the first."""
    found = {}
    for one in reader.all("a"):
        found.setdefault(one["text"], one.get("href"))
    return found


# -- the frame ---------------------------------------------------------------------------------


def test_every_page_says_where_it_is_and_leads_on(full, data):
    project = project_address(full)
    ways = {
        "/": ("/projects", []),
        project: ("/projects", [("Projects", "/projects")]),
        f"{project}/r/{CHAIN}": ("/projects", [("Projects", "/projects"), ("demo", project)]),
        f"{project}/r/{MODEL}": ("/projects", [("Projects", "/projects"), ("demo", project),
                                               ("RunnableSequence", f"{project}/r/{CHAIN}")]),
        "/data": ("/data", []),
        f"/data/{data}": ("/data", [("Datasets", "/data")]),
        f"/data/{data}/compare": ("/data", [("Datasets", "/data"), ("zoo", f"/data/{data}")]),
        f"/playground?run={MODEL}": ("/playground", [("ChatOpenAI", f"{project}/r/{MODEL}")]),
        f"/projects/compare?run={CHAIN}&run={MODEL}": ("/projects", [("Projects", "/projects")]),
    }  # fmt: skip
    for address, (here, way) in ways.items():
        reader = page(full, address)
        places = [(one["text"], one["href"]) for one in reader.all("a")]
        assert ("fakes langsmith", "/projects") in places
        assert {("Projects", "/projects"), ("Datasets", "/data"), ("Playground", "/playground")} <= set(places), address
        current = [one["href"] for one in reader.all("a") if one.get("aria-current") == "page"]
        assert current == [here], address
        crumbs = reader.all("ol", class_="crumbs")
        assert [one["text"] for one in crumbs] == (["".join(text for text, _ in way)] if way else []), address
        assert set(way) <= set(places), address
        above = [text for text, _ in reversed(way)]  # so that a project and a dataset of one name are told apart
        assert reader.all("title")[0]["text"] == " · ".join([reader.all("h1")[0]["text"], *above, "fakes langsmith"])
        assert reader.elements[0]["lang"] == "en" and {"charset": "utf-8"}.items() <= reader.all("meta")[0].items()
        assert links(reader)["To the content"] == "#" + reader.all("main")[0]["id"]


def test_what_a_page_loads_is_there_and_may_be_kept(full):
    reader = page(full, "/")
    loaded = [one["href"] for one in reader.all("link")] + [one["src"] for one in reader.all("script")]
    assert len(loaded) == 3
    for address, kind in zip(sorted(loaded), ("image/svg+xml", "text/javascript", "text/css")):
        status, headers, body = ask(full, "GET", address)
        assert (status, headers["content-type"], bool(body)) == (200, kind + "; charset=utf-8", True)
        assert "max-age" in headers["cache-control"]
    assert ask(full, "GET", "/static/nothing.js")[0] == 404
    assert ask(full, "GET", "/")[1]["cache-control"] == "no-store"


@pytest.mark.parametrize("address", ["/projects", "/data"])
def test_a_head_is_asked_for_as_a_page_is(full, address):
    status, headers, body = ask(full, "HEAD", address)
    assert (status, headers["content-type"], body) == (200, "text/html; charset=utf-8", b"")


# -- projects ----------------------------------------------------------------------------------


def test_the_list_of_projects_has_their_figures(full, data):
    reader = page(full, "/")
    found = {cells(reader, row)[0]: cells(reader, row)[1:] for row in reader.all("tr")}
    # 3 root runs, one of them failed, one not ended; 2 s and 0.3 s
    assert found["demo"] == ["3", "33.3 %", "1.15 s", "1.98 s", "18", "2026-11-23 04:25:45"]
    assert found["exp-oneexact 0.25"][:2] == ["1", "0 %"] and found["exp-twoexact 0.5"][:2] == ["2", "50 %"]
    assert found["Project"] == ["Runs", "Failed", "p50", "p99", "Tokens", "Last run (UTC)"]
    assert [one["text"] for one in reader.all("h2")] == ["Experiments"]
    assert links(reader)["demo"] == project_address(full)


def test_a_project_has_its_figures_and_a_chart(full):
    full.store.add_feedback({"run_id": CHAIN, "key": "helpful", "score": 0.75})
    reader = page(full, project_address(full))
    assert facts(reader) == {
        "runs": "3", "failed": "33.3 %", "latency p50": "1.15 s", "p99": "1.98 s", "tokens": "18", "in": "11", "out": "7",
    }  # fmt: skip
    assert len([one for one in reader.all("dd", class_="bad")]) == 1
    assert [one["text"] for one in reader.all("a", class_="score")][0] == "helpful 0.75"
    assert len(reader.all("figure", class_="chart")) == 1


def test_a_project_where_nothing_ran_has_no_figures_and_no_chart(server):
    made = server.store.create_project({"name": "empty"})["id"]
    reader = page(server, f"/projects/p/{made}")
    assert facts(reader) == {"runs": "0", "failed": "–", "latency p50": "–", "p99": "–", "tokens": "0", "in": "0",
                             "out": "0"}  # fmt: skip
    assert reader.all("figure") == [] and "Nothing has been traced here yet" in reader.all("main")[0]["text"]
    assert "Compare two" not in reader.all("main")[0]["text"]


def test_a_row_of_the_list_says_what_ran_and_what_came_of_it(full):
    full.store.add_feedback({"run_id": CHAIN, "key": "helpful", "score": 1})
    reader = page(full, project_address(full))
    found = rows(reader, "data-run")
    assert found[CHAIN] == [
        "", "success", 'RunnableSequencechain2026-11-23 04:25:25 UTCzoonightlyhelpful 1Tell me about bears → Bears sleep.',
        "2.00 s", "18", "2026-11-23 04:25:25",
    ]  # fmt: skip
    assert found[traces.run_id(11)][1:3] == [
        "error", "FailingChainchain2026-11-23 04:25:35 UTCRateLimitError('429: slow down <b>now</b>')"]  # fmt: skip
    assert found[traces.run_id(21)][1:3] == ["pending", "SlowChainchain2026-11-23 04:25:45 UTCwaiting"]
    assert [one["text"] for one in reader.all("th")] == ["choose", "Status", "Run", "Latency", "Tokens", "Start (UTC)"]


def test_a_status_has_its_colour_in_the_list_on_the_run_and_in_a_comparison(full):
    """Red, green and waiting are classes of the word; without them all look alike."""
    here = project_address(full)
    marks = lambda reader: [(one["text"], one["class"]) for one in reader.all("span", class_="status")]
    told = {"success": "status success", "error": "status error", "pending": "status pending"}
    assert marks(page(full, here)) == [(name, told[name]) for name in ("pending", "error", "success")]
    for number, name in ((1, "success"), (11, "error"), (21, "pending")):
        assert marks(page(full, f"{here}/r/{traces.run_id(number)}"))[0] == (name, told[name])
    both = page(full, f"/projects/compare?run={CHAIN}&run={traces.run_id(11)}")
    assert marks(both)[:2] == [("success", told["success"]), ("error", told["error"])]


def test_a_tool_that_failed_says_so_and_one_that_did_not_does_not(server):
    answers = [traces.constructor("ToolMessage", text, tool_call_id="c", status=text) for text in ("error", "success")]
    traces.put(server.store, [traces.run(1, "m", "llm", 0, 1, inputs=traces.chat_inputs(*answers))])
    reader = page(server, f"{project_address(server)}/r/{CHAIN}")
    assert ["failed" in one["text"] for one in reader.all("article", class_="tool")] == [True, False]


def test_one_choice_of_an_answer_has_no_number_and_several_have(server):
    said = lambda *texts: {"choices": [{"message": {"role": "assistant", "content": text}} for text in texts]}
    for number, outputs in ((1, said("only")), (2, said("this", "that"))):
        traces.put(server.store, [traces.run(number, "m", "llm", 0, 1, outputs=outputs)])
    address = project_address(server) + "/r/"
    one, two = ([shown["text"] for shown in page(server, address + traces.run_id(n)).all("article")] for n in (1, 2))
    assert one == ["AIonly"] and two == ["AIchoice 1this", "AIchoice 2that"]


def test_raw_json_is_shown_with_its_letters_readable(server):
    traces.put(server.store, [traces.run(1, "R", "chain", 0, 1, inputs={"q": {"deep": "Grüße 日本 🐻"}})])
    reader = page(server, f"{project_address(server)}/r/{CHAIN}")
    [raw] = [one["text"] for one in reader.all("details", class_="raw") if one["text"].startswith("Raw input")]
    assert '"deep": "Grüße 日本 🐻"' in raw


def test_a_list_is_watched_only_where_new_runs_can_come(full):
    here = project_address(full)
    [live] = [one for one in page(full, here + "?type=chain").all("form") if one.get("id") == "runs"]
    assert (live["data-live"], live["data-page"]) == (here + ".json?type=chain", here + "?type=chain")
    assert [run["id"] for run in twin(full, live["data-live"])["runs"]]
    assert len(page(full, here).all("button", id="pause")) == 1
    traces.put(full.store, [traces.run(number, "R", "chain", number, number + 1) for number in range(100, 160)])
    older = links(page(full, here))["older"]
    for address in (older, here + "?filter=("):
        reader = page(full, address)
        assert reader.all("button", id="pause") == [] and not any("data-live" in one for one in reader.elements)
    assert links(page(full, older))["newest"] == here


CHART = [
    {"start": "2026-11-23T04:25:00.000000+00:00", "count": 4, "errors": 1, "p50": 1.0, "p99": 2.0},
    {"start": "2026-11-23T04:26:00.000000+00:00", "count": 0, "errors": 0, "p50": None, "p99": None},
    {"start": "2026-11-23T04:27:00.000000+00:00", "count": 1, "errors": 0, "p50": 0.5, "p99": 0.5},
    {"start": "2026-11-23T04:28:00.000000+00:00", "count": 2, "errors": 2, "p50": None, "p99": None},
]


def test_the_chart_says_its_numbers_and_draws_them_to_scale():
    reader = Reader(latency_chart(CHART))
    assert reader.wrong == []
    assert [one["text"] for one in reader.all("title")] == [
        "2026-11-23 04:25:00 UTC: 4 runs, p50 1.00 s, p99 2.00 s, 1 failed (25 %)",
        "2026-11-23 04:27:00 UTC: 1 run, p50 500 ms, p99 500 ms",
        "2026-11-23 04:28:00 UTC: 2 runs, 2 failed (100 %)",
    ]
    [axis] = reader.all("line")
    floor = float(axis["y1"])
    bars = [(float(bar["y"]), float(bar["height"])) for bar in reader.all("rect", class_="span")]
    circles = [(float(one["cx"]), float(one["cy"])) for one in reader.all("circle")]
    points = [tuple(map(float, one.split(","))) for one in reader.all("polyline")[0]["points"].split()]
    assert points == circles and points[0][0] < points[1][0]
    # p50 of 1 s is half as high as p99 of 2 s, and twice as high as p50 of 0.5 s
    half, quarter = (floor - y for _, y in points)
    assert half == pytest.approx(2 * quarter, abs=2) and floor - bars[0][0] == pytest.approx(2 * half, abs=2)
    assert bars[0][1] == pytest.approx(half, abs=2) and bars[1][1] <= 2
    part, whole = (float(bar["height"]) for bar in reader.all("rect", class_="failed"))
    assert whole == pytest.approx(4 * part, abs=1)
    assert all(float(bar["y"]) > floor for bar in reader.all("rect", class_="failed"))
    caption = reader.all("figcaption")[0]["text"]
    assert caption.startswith("2026-11-23 04:25") and caption.endswith("2026-11-23 04:29") and "2.00 s" in caption
    assert latency_chart([one for one in CHART if not one["count"]]) is None
    alone = Reader(latency_chart([CHART[0]] * 3))
    assert len(alone.all("circle")) == 1 and alone.all("figcaption")[0]["text"].count("2026-11-23 04:25") == 2


# -- a run -------------------------------------------------------------------------------------


def test_a_run_says_what_it_was(full):
    reader = page(full, f"{project_address(full)}/r/{MODEL}")
    found = facts(reader)
    assert {name: found[name] for name in ("Status", "Type", "Latency", "First token", "Tokens", "Model")} == {
        "Status": "success", "Type": "llm", "Latency": "1.30 s", "First token": "500 ms", "Tokens": "18 (11 in, 7 out)",
        "Model": "fake-gpt",
    }  # fmt: skip
    assert found["Start (UTC)"] == "2026-11-23 04:25:25"
    chips = [one["text"] for one in reader.all("a", class_="chip")]
    assert chips == ["seq:step:2"]
    folded = {one["text"].partition("{")[0].partition("[")[0].strip() for one in reader.all("details", class_="raw")}
    assert {"Metadata", "Parameters", "Events", "Raw input", "Raw output", "Ids"} <= folded
    assert "5 runs" in reader.all("section", class_="tree")[0]["text"]


def test_a_run_that_has_neither_tokens_nor_a_model_does_not_say_so(full):
    found = facts(page(full, f"{project_address(full)}/r/{traces.run_id(21)}"))
    assert not {"Tokens", "Model", "First token"} & set(found)
    reader = page(full, f"{project_address(full)}/r/{traces.run_id(11)}")
    assert "2 runs, 2 failed" in reader.all("section", class_="tree")[0]["text"]


def test_an_unfinished_run_is_watched_and_a_finished_one_is_not(full):
    here = f"{project_address(full)}/r/{traces.run_id(21)}"
    reader = page(full, here)
    [watched] = [one for one in reader.elements if one.get("id") == "trace"]
    assert (watched["data-live"], watched["data-page"]) == (here + ".json?light=1", here)
    assert "not finished" in reader.all("main")[0]["text"]
    light = twin(full, watched["data-live"])
    assert list(light) == ["trace"] and "inputs" not in light["trace"][0] and light["trace"][0]["status"] == "pending"
    ended = [one for one in page(full, f"{project_address(full)}/r/{CHAIN}").elements if one.get("id") == "trace"]
    assert "data-live" not in ended[0] and ended[0]["data-trace"] == CHAIN


def test_the_run_that_is_looked_at_is_marked_in_the_tree_and_every_run_is_linked(full):
    reader = page(full, f"{project_address(full)}/r/{MODEL}")
    marked = [row["data-run"] for row in reader.all("div", class_="row") if row.get("aria-current")]
    assert marked == [MODEL]
    base = project_address(full) + "/r/"
    ids = [row["data-run"] for row in reader.all("div", class_="row")]
    assert len(ids) == 5 and {base + one for one in ids} <= {one.get("href") for one in reader.all("a")}


def test_what_can_be_done_with_a_run_is_linked(full):
    here = project_address(full) + "/r/"
    found = links(page(full, here + MODEL))
    assert found["Open in playground"] == f"/playground?run={MODEL}"
    assert found["Compare with …"] == f"/projects/compare?run={MODEL}"
    assert found["Trace as JSONL"] == f"{here}{MODEL}.jsonl" and found["this page as JSON"] == f"{here}{MODEL}.json"
    assert "Open in playground" not in links(page(full, here + CHAIN))  # only a model's call can be played


def test_an_attachment_is_listed_and_comes_as_it_was_sent(server):
    """A picture may be shown; what could run in a browser is only ever a file to keep."""
    run = traces.run(1, "R", "chain", 0, 1)
    files = {"a.png": ("image/png", b"\x89PNG"), "b c.html": ("text/html", b"<script>x</script>")}
    parts = [(f"post.{run['id']}", run)]
    parts += [(f"attachment.{run['id']}.{name}", content) for name, content in files.items()]
    kind = f"multipart/form-data; boundary={BOUNDARY}"
    headers = {"x-api-key": server.key, "content-type": kind}
    assert ask(server, "POST", "/runs/multipart", body=multipart(parts), headers=headers)[0] == 202
    reader = page(server, f"{project_address(server)}/r/{run['id']}")
    assert "image/png, 4 bytes" in reader.all("main")[0]["text"]
    found = links(reader)
    said = {"a.png": "image/png", "b c.html": "application/octet-stream"}
    for name, (_, content) in files.items():
        status, headers, body = ask(server, "GET", found[name])
        assert (status, headers["content-type"], body) == (200, said[name], content)
        assert "default-src 'none'" in headers["content-security-policy"]
    assert "content-disposition" not in ask(server, "GET", found["a.png"])[1]
    assert ask(server, "GET", found["b c.html"])[1]["content-disposition"] == 'attachment; filename="b_c.html"'
    assert ask(server, "GET", found["a.png"] + "x")[0] == 404


def test_a_field_of_a_run_is_served_whole_and_another_is_not_there(full):
    here = f"{project_address(full)}/r/{MODEL}"
    assert twin(full, here + "/outputs.json") == traces.chain()[2]["outputs"]
    assert ask(full, "GET", here + "/serialized.json")[0] == 404
    assert ask(full, "GET", here + "/name.json")[0] in (404, 422)


# -- datasets ----------------------------------------------------------------------------------


def test_the_list_of_datasets_says_what_they_hold(full, data):
    reader = page(full, "/data")
    [_, row] = [cells(reader, row) for row in reader.all("tr")]
    assert row[:3] == ["zoowhat visitors ask", "2", "2"] and row[3].startswith("20")
    assert links(reader)["zoo"] == f"/data/{data}"
    assert page(full, "/data").all("table") and twin(full, "/data.json")["datasets"][0]["name"] == "zoo"


def test_a_dataset_says_its_experiments_and_its_examples(full, data):
    reader = page(full, f"/data/{data}")
    projects = {name: full.store.project_named(name)["id"] for name in ("exp-one", "exp-two")}
    found = rows(reader, "data-experiment")
    assert found[projects["exp-two"]][:6] == ["", "exp-tworuns", "exact 0.5whole 2", "2", "50 %", "1.50 s"]
    assert found[projects["exp-one"]][:6] == ["", "exp-oneruns", "exact 0.25whole 1", "1", "0 %", "1.00 s"]
    text = reader.all("main")[0]["text"]
    assert "what visitors ask" in text and "Examples (2)" in text
    examples = {one["data-example"]: one["text"] for one in reader.elements if "data-example" in one}
    [bears] = [shown for shown in examples.values() if "bears" in shown]
    assert all(part in bears for part in ("Inputs", "Outputs", "Bears sleep.", "test", f"from run {CHAIN}"))
    [lions] = [shown for shown in examples.values() if "lions" in shown]
    assert "from run" not in lions and "Meat." in lions
    found = links(reader)
    assert found["exp-two"] == f"/data/{data}/compare?selectedSessions={projects['exp-two']}"
    assert found["runs"] in {f"/projects/p/{one}" for one in projects.values()}
    assert found["All side by side"] == f"/data/{data}/compare"
    assert ask(full, "GET", found[CHAIN])[0] == 200


def test_a_dataset_is_kept_as_a_file_with_all_its_examples(full, data):
    full.store.add_examples(data, [{"inputs": {"n": number}} for number in range(60)])
    _, headers, body = ask(full, "GET", links(page(full, f"/data/{data}"))["JSONL"])
    lines = [json.loads(line) for line in body.splitlines()]
    assert len(lines) == 62 and {"topic": "bears"} in [line["inputs"] for line in lines]
    assert headers["content-disposition"] == 'attachment; filename="zoo.jsonl"'


def test_older_examples_are_behind_a_link(full, data):
    full.store.add_examples(data, [{"inputs": {"n": number}} for number in range(60)])
    address, seen = f"/data/{data}", []
    while address:
        reader = page(full, address)
        shown = [one["data-example"] for one in reader.elements if "data-example" in one]
        assert shown == [one["id"] for one in twin(full, links(reader)["this page as JSON"].partition("?")[0] + (
            "?" + address.partition("?")[2]))["examples"]]  # fmt: skip
        seen += shown
        address = links(reader).get("older")
    assert len(seen) == len(set(seen)) == 62
    for odd in ("x", "-1", "1" * 30, "%C2%B2"):
        shown = page(full, f"/data/{data}?offset={odd}").elements
        assert [one["data-example"] for one in shown if "data-example" in one] == seen[:50]


def test_experiments_stand_side_by_side_example_by_example(full, data):
    reader = page(full, f"/data/{data}/compare")
    shown = [one["text"] for one in reader.all("article", class_="example")]
    examples = {"bears" if "bears" in text else "lions": text for text in shown}
    assert "said 1" in examples["bears"] and "said 2" in examples["bears"] and "did not run" not in examples["bears"]
    address = f"/projects/p/{full.store.project_named('exp-one')['id']}/r/{traces.run_id(910)}"
    assert ("1.00 s", address) in [(one["text"], one["href"]) for one in reader.all("a")]
    assert "did not run" in examples["lions"] and "ValueError('no')" in examples["lions"]
    assert "Traceback" not in examples["lions"] and "exact 0.5" in examples["lions"]
    assert reader.all("h1")[0]["text"] == "2 experiments"
    one = full.store.project_named("exp-two")["id"]
    alone = page(full, f"/data/{data}/compare?selectedSessions={one}")
    assert alone.all("h1")[0]["text"] == "exp-two" and "said 1" not in alone.all("main")[0]["text"]
    told = twin(full, links(alone)["this page as JSON"])
    assert [experiment["name"] for experiment in told["experiments"]] == ["exp-two"]
    assert sorted(len(row["runs"]) for row in told["rows"]) == [1, 1]
    for wrong in (traces.run_id(99), CHAIN):
        assert ask(full, "GET", f"/data/{data}/compare?selectedSessions={wrong}")[0] == 404
    assert ask(full, "GET", f"/data/{full.store.create_dataset({'name': 'bare'})['id']}/compare")[0] == 404


def test_an_example_is_served_whole_in_its_own_dataset_only(full, data):
    [example, _] = full.store.examples(data)
    assert twin(full, f"/data/{data}/examples/{example['id']}.json")["inputs"] == example["inputs"]
    other = full.store.create_dataset({"name": "other"})["id"]
    assert ask(full, "GET", f"/data/{other}/examples/{example['id']}.json")[0] == 404
    assert ask(full, "GET", f"/data/{data}/examples/{CHAIN}.json")[0] == 404


# -- comparison --------------------------------------------------------------------------------


def test_two_runs_are_compared_in_their_facts_and_values(full):
    traces.put(full.store, [traces.run(60, "Other", "chain", 0, 9, error="E()")])
    other = traces.run_id(60)
    reader = page(full, f"/projects/compare?run={CHAIN}&run={other}")
    names, left, right = ([one["text"] for one in reader.all("th")], *[
        [one["text"] for one in reader.all("td")[side::2]] for side in (0, 1)])  # fmt: skip
    assert names == ["Run", "Status", "Latency", "Tokens", "Cost", "Start (UTC)"]
    assert left == ["RunnableSequence", "success", "2.00 s", "18", "", "2026-11-23 04:25:25"]
    assert right == ["Other", "error", "9.00 s", "", "", "2026-11-23 04:25:25"]
    assert [one["text"] for one in reader.all("h2")] == ["Input", "Output", "Error", "Metadata"]
    assert len(reader.all("div", class_="sides")) == 3
    told = twin(full, links(reader)["this page as JSON"])
    assert [run["id"] for run in told["runs"]] == [CHAIN, other]


def test_what_changed_in_the_parameters_is_shown_line_by_line(full):
    run = traces.chain()[2]
    changed = {**run, "id": traces.run_id(70), "extra": {**run["extra"], "invocation_params": {
        **run["extra"]["invocation_params"], "temperature": 0.9}}}  # fmt: skip
    full.store.merge([Op("post", {**changed, "dotted_order": None, "trace_id": None, "parent_run_id": None})])
    reader = page(full, f"/projects/compare?run={MODEL}&run={changed['id']}")
    assert [one["text"] for one in reader.all("div", class_="gone")] == ['-  "temperature": 0.2,']
    assert [one["text"] for one in reader.all("div", class_="added")] == ['+  "temperature": 0.9,']
    same = page(full, f"/projects/compare?run={MODEL}&run={MODEL}")
    assert same.all("div", class_="gone") == [] and same.all("main")[0]["text"].count("the same on both sides") == 4


# -- what a page says is what its twin says ----------------------------------------------------


def test_a_page_and_its_twin_tell_the_same(full, data):
    projects = {one["name"]: one for one in twin(full, links(page(full, "/"))["this page as JSON"])["projects"]}
    assert set(projects) == {"demo", "exp-one", "exp-two"} and projects["demo"]["run_count"] == 3
    told = twin(full, links(page(full, f"/data/{data}"))["this page as JSON"])
    assert told["dataset"]["name"] == "zoo"
    assert [one["name"] for one in told["experiments"]] == ["exp-two", "exp-one"]
    run = twin(full, links(page(full, f"{project_address(full)}/r/{MODEL}"))["this page as JSON"])
    full_run = api(full, "GET", f"/runs/{MODEL}")
    assert {name: run["run"][name] for name in ("inputs", "outputs", "extra", "total_tokens")} == {
        name: full_run[name] for name in ("inputs", "outputs", "extra", "total_tokens")}  # fmt: skip
    assert run["feedback"] == []
