"""What somebody needs who uses the page every day: from failure to failure, what it cost, feedback as it was given,
splits and versions, experiments chosen, an answer gone on from; and what a keyboard and a screen reader need of it.
"""

from __future__ import annotations

import itertools
import json
import re
from urllib.parse import quote

import pytest

from fakes.langsmith.page import playing
from fakes.langsmith.page.datasets import dataset_jsonl
from fakes.langsmith.page.formats import cost
from fakes.langsmith.page.runs import EXAMPLES
from fakes.langsmith.page.style import STYLE
from fakes.langsmith.page.tree import failures
from fakes.langsmith.page.view import View
from fakes.serving.http11 import RequestParser
from tests.fakes.langsmith import page_traces as traces
from tests.fakes.langsmith.page_forms import form
from tests.fakes.langsmith.page_reading import Reader, api, ask, page, project_address, send, token

CHAIN, MODEL = traces.run_id(1), traces.run_id(3)


@pytest.fixture
def full(server):
    traces.put(server.store, traces.chain(), traces.failed(), traces.pending())
    return server


@pytest.fixture
def data(full):
    """A dataset of three examples in two splits, one of them changed later, and three experiments on it."""
    store = full.store
    made = store.create_dataset({"name": "zoo"})["id"]
    examples = store.add_examples(made, [
        {"inputs": {"topic": topic}, "outputs": {"output": "old"}, "metadata": {"dataset_split": [split]}}
        for topic, split in (("bears", "test"), ("lions", "train"), ("apes", "a, b"))
    ])  # fmt: skip
    [version] = [one["as_of"] for one in store.versions(made)]
    store.update_example(examples[0], {"outputs": {"output": "new"}})
    for number, name in enumerate(("exp-a", "exp-b", "exp-c")):
        store.create_project({"name": name, "reference_dataset_id": made, "description": f"about {name}"})
        run = traces.run(900 + number, "Target", "chain", 60, 61, outputs={"output": "said"})
        traces.put(store, [{**run, "session_name": name, "reference_example_id": examples[0]}])
    return made, version


def run_address(server, number):
    return f"{project_address(server)}/r/{traces.run_id(number)}"


def link(reader, text):
    [address] = [one["href"] for one in reader.all("a") if one["text"] == text]
    return address


def examples_of(reader):
    return [one["text"] for one in reader.elements if "data-example" in one]


# -- a trace -----------------------------------------------------------------------------------


def test_the_way_leads_from_failure_to_failure_where_each_began(server):
    root = traces.run(1, "Root", "chain", 0, 9, error="E('outer')")
    middle = traces.run(2, "Middle", "chain", 1, 2, parent=root, error="E('outer')")
    runs = [root, middle, traces.run(3, "First", "tool", 1, 2, parent=middle, error="E('x')"),
            traces.run(4, "Fine", "tool", 3, 4, parent=root),
            traces.run(5, "Second", "tool", 5, 6, parent=root, error="E")]  # fmt: skip
    traces.put(server.store, runs)
    reader = page(server, run_address(server, 1))
    assert reader.all("section")[0]["text"].startswith("past the tree5 runs, 4 failedfirst failure")
    assert link(reader, "first failure") == run_address(server, 3)
    assert link(page(server, run_address(server, 3)), "next failure, 1 of 2") == run_address(server, 5)
    assert link(page(server, run_address(server, 5)), "next failure, 2 of 2") == run_address(server, 3)
    assert link(page(server, run_address(server, 2)), "first failure") == run_address(server, 3)


def test_a_failure_counts_as_above_another_also_when_one_between_them_went_on(server):
    root = traces.run(1, "Root", "chain", 0, 9, error="E('outer')")
    middle = traces.run(2, "Middle", "chain", 1, 2, parent=root)
    runs = [root, middle, traces.run(3, "First", "tool", 1, 2, parent=middle, error="E('x')")]
    traces.put(server.store, runs)
    assert [run["name"] for run in failures(server.store.trace(root["trace_id"]))] == ["First"]
    assert link(page(server, run_address(server, 1)), "first failure") == run_address(server, 3)


def test_a_failure_that_is_looked_at_alone_and_a_trace_without_one_lead_nowhere(full):
    for number in (1, 12):
        text = page(full, run_address(full, number)).all("section")[0]["text"]
        assert "first failure" not in text and "next failure" not in text
    assert failures([]) == []


def test_a_trace_and_a_project_say_what_they_cost(full):
    told = {"input_tokens": 11, "output_tokens": 7, "total_tokens": 18, "input_cost": 0.001, "output_cost": 0.0025,
            "total_cost": 0.0035}  # fmt: skip
    traces.put(full.store, [{**traces.chain()[2], "extra": {"metadata": {"usage_metadata": told}}}])
    for number in (1, 3, 5):
        assert "5 runs, 18 tokens, $0.0035" in page(full, run_address(full, number)).all("section")[0]["text"]
    assert "$0.0035 ($0.001 in, $0.0025 out)" in [one["text"] for one in page(full, run_address(full, 3)).all("dd")]
    assert "$0.0035" in [one["text"] for one in page(full, project_address(full)).all("dd")]
    assert "Cost" not in [one["text"] for one in page(full, run_address(full, 5)).all("dt")]


@pytest.mark.parametrize("dollars, told", [
    (None, ""), (0, "$0.00"), (0.03, "$0.03"), (0.1, "$0.10"), (0.0035, "$0.0035"), (1e-7, "<$0.000001"),
    (1.234, "$1.23"), (12345.678, "$12,345.68"), (0.9999999, "$1.00"),
])  # fmt: skip
def test_a_cost_is_told_so_that_small_ones_can_be_read(dollars, told):
    assert cost(dollars) == told


def test_the_id_of_a_run_can_be_read_and_copied(full):
    reader = page(full, run_address(full, 3))
    assert MODEL in [one["text"] for one in reader.all("code", class_="id")]
    [button] = [one for one in reader.all("button") if "data-copy" in one]
    assert (button["data-copy"], button["type"], "hidden" in button) == (MODEL, "button", True)  # shown by the script


def test_a_picture_that_is_attached_is_seen_and_nothing_else_is_loaded(full):
    kinds = {"photo.png": "image/png", "a.svg": "image/svg+xml", "page.html": "text/html", "a/b c.gif": "image/gif"}
    for name, kind in kinds.items():
        full.store.attach(CHAIN, name, kind, b"GIF89a")
    pictures = [(one["alt"], one["src"]) for one in page(full, run_address(full, 1)).all("img")]
    files = run_address(full, 1) + "/files/"
    assert sorted(pictures) == [("a/b c.gif", files + "a%2Fb%20c.gif"), ("photo.png", files + "photo.png")]
    assert {ask(full, "GET", address)[1]["content-type"] for _, address in pictures} == {"image/png", "image/gif"}


# -- feedback ----------------------------------------------------------------------------------


def test_feedback_is_shown_with_its_correction_its_failure_and_the_time_zone(full):
    store = full.store
    store.add_feedback({"run_id": CHAIN, "key": "object", "value": {"a": [True]}, "correction": {"output": "Ängste"}})
    store.add_feedback({"run_id": CHAIN, "key": "broken", "comment": "KeyError('a')", "extra": {"error": True}})
    store.add_feedback({"run_id": CHAIN, "key": "fine", "score": 1})
    reader = page(full, run_address(full, 1))
    items = {one["text"]: one for one in reader.all("li") if "data-feedback" in one}
    [said] = [text for text in items if text.startswith("object")]
    assert '{"a": [true]}' in said and 'should be: {"output": "Ängste"}' in said and " UTC" in said
    assert [text.startswith("broken") for text in items if "evaluator failed" in text] == [True]
    labels = [one["aria-label"] for one in reader.all("button") if one["text"] == "Delete"]
    assert sorted(labels) == [f"delete feedback {key}" for key in ("broken", "fine", "object")]


@pytest.mark.parametrize("key", ["helpful", 'odd "key" \\ ü & <b>'])
def test_a_projects_feedback_leads_to_the_runs_that_have_it(full, key):
    full.store.add_feedback({"run_id": traces.run_id(11), "key": key, "score": 1})
    full.store.add_feedback({"run_id": CHAIN, "key": "other", "score": 1})
    [chip] = [one for one in page(full, project_address(full)).all("a", class_="score") if one["text"] == f"{key} 1"]
    found = page(full, chip["href"])
    assert [one["data-run"] for one in found.all("tr") if "data-run" in one] == [traces.run_id(11)]


@pytest.mark.parametrize("where", ["list", "run"])
def test_a_tag_leads_to_the_runs_that_have_it(full, where):
    odd = 'a/b "c" & ü'
    traces.put(full.store, [{**traces.run(70, "Odd", "chain", 0, 1), "tags": [odd]}])
    reader = page(full, project_address(full) if where == "list" else run_address(full, 70))
    [chip] = [one for one in reader.all("a", class_="chip") if one["text"] == odd]
    assert [one["data-run"] for one in page(full, chip["href"]).all("tr") if "data-run" in one] == [traces.run_id(70)]
    [inner] = {one["href"] for one in page(full, run_address(full, 3)).all("a", class_="chip")}  # of a run inside
    assert [one["data-run"] for one in page(full, inner).all("tr") if "data-run" in one] == [MODEL]


@pytest.mark.parametrize("example", EXAMPLES)
def test_each_filter_that_the_page_gives_as_an_example_can_be_asked(full, example):
    assert example in [one["text"] for one in page(full, project_address(full)).all("code")]
    address = link(page(full, project_address(full)), example)
    assert page(full, address).all("p", class_="error") == [] and f"filter={quote(example[:2])}" in address


# -- lists without rows ------------------------------------------------------------------------


def test_a_list_without_rows_says_what_to_do(full):
    empty = full.store.create_project({"name": "it's empty"})["id"]
    text = page(full, f"/projects/p/{empty}").all("main")[0]["text"]
    assert "Nothing has been traced here yet" in text and """LANGSMITH_PROJECT='it'"'"'s empty'""" in text
    assert "Nothing has been traced here yet" in page(full, f"/projects/p/{empty}?name=x").all("main")[0]["text"]
    text = page(full, project_address(full) + "?name=nobody").all("main")[0]["text"]
    assert "No run fits this filter." in text and "traced here" not in text
    made = full.store.create_dataset({"name": "none"})["id"]
    assert "create_examples" in page(full, f"/data/{made}").all("main")[0]["text"]


def test_a_project_of_inner_runs_only_leads_to_them(server):
    root = traces.run(1, "Root", "chain", 0, 1)
    traces.put(server.store, [traces.run(2, "Lost", "chain", 0, 1, parent=root)])
    reader = page(server, project_address(server))
    found = page(server, link(reader, "the runs inside others"))
    assert [one["data-run"] for one in found.all("tr") if "data-run" in one] == [traces.run_id(2)]


# -- datasets ----------------------------------------------------------------------------------


def test_examples_are_chosen_by_split_and_by_version(full, data):
    made, version = data
    here = f"/data/{made}"
    assert len(examples_of(page(full, here))) == 3
    chosen = form(full, here, made).fill(split="a, b")
    assert chosen.choices["split"] == ["", "a, b", "test", "train"] and len(chosen.choices["as_of"]) == 3
    body = chosen.send(full, here)[2].decode()
    assert "apes" in body and "bears" not in body
    old = page(full, f"{here}?as_of={version.replace('+', '%2B')}&split=test")
    assert [("old" in one, "new" in one) for one in examples_of(old)] == [(True, False)]
    for ending, read in ((".json", lambda text: json.loads(text)["examples"]),
                         (".jsonl", lambda text: [json.loads(line) for line in text.splitlines()])):  # fmt: skip
        [address] = [one["href"] for one in old.all("a") if one["href"].startswith(here + ending + "?")]
        status, _, text = ask(full, "GET", address)
        assert (status, [one["outputs"] for one in read(text.decode())]) == (200, [{"output": "old"}])
    [cut] = {one["id"] for one in full.store.examples(made, splits=["test"])}
    whole = json.loads(ask(full, "GET", f"{here}/examples/{cut}.json?as_of={version.replace('+', '%2B')}")[2])
    assert whole["outputs"] == {"output": "old"}


@pytest.mark.parametrize("ending", ["", ".json", ".jsonl"])
def test_a_version_that_is_none_is_told(full, data, ending):
    status, _, body = ask(full, "GET", f"/data/{data[0]}{ending}?as_of=nowhere")
    assert status == 404 and b"nowhere" in body


def test_a_split_stays_chosen_on_the_pages_that_follow(full, data):
    full.store.add_examples(data[0], [{"inputs": {"n": n}, "metadata": {"dataset_split": ["many"]}} for n in range(60)])
    reader = page(full, f"/data/{data[0]}?split=many")
    assert len(examples_of(reader)) == 50
    rest = page(full, link(reader, "older"))
    assert len(examples_of(rest)) == 10
    assert [one["value"] for one in rest.all("option") if "selected" in one] == ["many", ""]
    lines = ask(full, "GET", f"/data/{data[0]}.jsonl?split=many")[2].splitlines()
    assert len({json.loads(line)["id"] for line in lines}) == 60


def test_some_of_the_experiments_are_put_side_by_side(full, data):
    here = f"/data/{data[0]}"
    ids = {name: full.store.project_named(name)["id"] for name in ("exp-a", "exp-b", "exp-c")}
    sent = form(full, here, "/compare").tick("selectedSessions", ids["exp-a"], ids["exp-c"])
    body = sent.send(full, here)[2].decode()
    assert "2 experiments" in body and "exp-b" not in body and "about exp-a" in body


def test_pairwise_comparisons_are_listed(full, data):
    ids = [full.store.project_named(name)["id"] for name in ("exp-a", "exp-b")]
    api(full, "POST", "/datasets/comparative", {
        "id": traces.run_id(77), "name": "a against b", "experiment_ids": ids, "reference_dataset_id": data[0],
    })  # fmt: skip
    reader = page(full, link(page(full, f"/data/{data[0]}"), "a against b"))
    assert reader.all("h1")[0]["text"] == "2 experiments"


def test_an_example_is_written_on_the_page_and_deleted_there(full, data):
    here = f"/data/{data[0]}"
    wanted = form(full, here, "/examples").fill(inputs='{"q": "ü\\n"}', outputs='{"a": 1}', split="mine")
    assert wanted.send(full, here)[0] == 303
    [made] = full.store.examples(data[0], splits=["mine"])
    assert (made["inputs"], made["outputs"]) == ({"q": "ü\n"}, {"a": 1})
    assert form(full, here, f"/{made['id']}/delete").send(full, here)[1]["location"] == here + "#examples"
    assert full.store.example(made["id"]) is None and len(full.store.examples(data[0])) == 3
    assert form(full, here, "/examples").fill(inputs="{}").send(full, here)[0] == 303
    assert full.store.examples(data[0])[0]["outputs"] is None
    old = page(full, here + "?as_of=" + quote(data[1]))
    assert "Delete" not in [one["text"] for one in old.all("button")]  # what has been cannot be changed


@pytest.mark.parametrize("inputs, outputs, told", [
    ("{", "", "inputs: not JSON"), ("[1]", "", "inputs: a JSON object"), ("{}", "x", "outputs: not JSON"),
    ("{}", "null", "outputs: a JSON object"), ('{"a":' * 500 + "1" + "}" * 500, "", "inputs: nested deeper than 400"),
    ("[" * 100_000, "", "inputs: not JSON"),
])  # fmt: skip
def test_an_example_that_cannot_be_read_stays_in_the_form(full, data, inputs, outputs, told):
    here = f"/data/{data[0]}"
    status, _, body = form(full, here, "/examples").fill(inputs=inputs, outputs=outputs, split="s").send(full, here)
    assert status == 422 and told in body.decode()
    fields = {one.get("name"): one["text"] for one in Reader(body.decode()).all("textarea")}
    assert (fields["inputs"].strip(), fields["outputs"].strip()) == (inputs, outputs)
    assert len(full.store.examples(data[0])) == 3


def test_an_example_is_deleted_only_from_its_own_dataset(full, data):
    other = full.store.create_dataset({"name": "other"})["id"]
    [example] = full.store.examples(data[0], splits=["train"])
    said = {"token": token(full, "/data")}
    assert send(full, f"/data/{other}/examples/{example['id']}/delete", said)[0] == 404
    assert send(full, f"/data/{traces.run_id(5)}/examples", {**said, "inputs": "{}"})[0] == 404
    assert full.store.example(example["id"])


def test_each_of_many_experiments_can_be_looked_at(full, data):
    ids = [full.store.create_project({"name": f"many {n}", "reference_dataset_id": data[0]})["id"] for n in range(103)]
    for one in (ids[0], ids[-1]):
        shown = page(full, f"/data/{data[0]}/compare?selectedSessions={one}").all("h1")
        assert shown[0]["text"] == f"many {ids.index(one)}"
    both = page(full, f"/data/{data[0]}/compare?selectedSessions={ids[0]},{ids[-1]}")
    assert both.all("h1")[0]["text"] == "2 experiments"
    heads = [one["text"] for one in page(full, f"/data/{data[0]}").all("h2")]
    assert "Experiments (the newest 100 of 106)" in heads


def test_an_export_of_a_split_has_every_example_that_was_there_when_it_began(full):
    made = full.store.create_dataset({"name": "large"})["id"]
    ids = full.store.add_examples(made, [{"inputs": {"n": n}, "split": "s"} for n in range(120)])
    parser = RequestParser()
    (request,) = parser.feed(f"GET /data/{made}.jsonl?split=s HTTP/1.1\r\nhost: localhost\r\n\r\n".encode())
    lines = []

    class Outlet:
        def write(self, data):
            lines.append(json.loads(data)["id"])
            if len(lines) == 10:
                for one in lines + ids[:20]:
                    full.store.delete_example(one)

    dataset_jsonl(View(request, full.store), made).writer(Outlet())
    assert sorted(lines) == sorted(ids)


# -- the playground ----------------------------------------------------------------------------


def test_of_a_conversation_that_is_too_long_the_end_is_gone_on_with_and_the_rest_told(full):
    messages = [{"role": "user", "content": f"said {n}"} for n in range(100)]
    run = traces.run(70, "long", "llm", 70, 71, inputs={"messages": messages},
                     outputs={"choices": [{"message": {"role": "assistant", "content": "the answer"}}]})  # fmt: skip
    traces.put(full.store, [run])
    on = page(full, f"/playground?run={run['id']}&go_on=1")
    texts = [one["text"].strip() for one in on.all("textarea") if one["name"].startswith("text")]
    assert texts[0] == "said 1" and "the answer" in texts
    assert "the first 1 of 101 messages" in [one["text"] for one in on.all("li")]


def test_an_answer_is_gone_on_from_with_a_row_for_each_tools_result(full):
    reader = page(full, f"/playground?run={MODEL}")
    on = page(full, link(reader, "Go on from this answer"))
    assert "Go on from this answer" not in [one["text"] for one in on.all("a")]
    texts = [one["text"] for one in on.all("textarea") if one["name"].startswith("text")]
    asked = json.loads(texts[2])
    assert asked["content"] == "I ask the tool." and asked["tool_calls"][0]["function"]["name"] == "weather"
    assert json.loads(texts[3]) == {"role": "tool", "content": "", "tool_call_id": "call_1"}
    assert [text.strip() for text in texts[4:]] == ["", ""]
    assert "the model's reasoning" in on.all("main")[0]["text"]


def test_a_plain_answer_becomes_a_message_of_the_assistant(server):
    said = traces.chat_outputs(traces.constructor("AIMessage", "Hello."))
    asked = traces.chat_inputs(traces.constructor("HumanMessage", "Hi"))
    traces.put(server.store, [traces.run(1, "Chat", "llm", 0, 1, inputs=asked, outputs=said)])
    sent = form(server, f"/playground?run={traces.run_id(1)}&go_on=1", "/playground")
    rows = [(sent.value(f"role{place}"), sent.value(f"text{place}")) for place in range(4)]
    assert rows == [("user", "Hi"), ("assistant", "Hello."), ("user", ""), ("user", "")]


def test_a_call_that_the_servers_end_cut_short_is_not_waited_for(server):
    traces.put(server.store, [{**traces.run(1, "gpt", "llm", 0, None), "session_name": "playground"}])
    reader = page(server, f"/playground?run={traces.run_id(1)}")
    assert "The server was stopped while it waited" in reader.all("section")[-1]["text"]
    assert not [one for one in reader.elements if "data-stream" in one]
    assert json.loads(ask(server, "GET", f"/playground/{traces.run_id(1)}.json")[2])["under_way"] is False


def test_a_call_that_ends_while_its_page_is_made_is_not_taken_for_a_lost_one(server, monkeypatch):
    run = {**traces.run(1, "gpt", "llm", 0, None), "session_name": "playground"}
    traces.put(server.store, [run])
    monkeypatch.setitem(playing._UNDER_WAY, run["id"], playing._Call(playing.Play("fake", "gpt", [], [], {}), run, ""))
    read = server.store.run

    def then_it_ends(*given, **how):
        found = read(*given, **how)
        playing._UNDER_WAY.pop(run["id"], None)
        return found

    monkeypatch.setattr(server.store, "run", then_it_ends)
    reader = page(server, f"/playground?run={run['id']}")
    assert [one["id"] for one in reader.elements if "data-stream" in one] == ["coming"]


# -- for everybody -----------------------------------------------------------------------------


@pytest.fixture
def addresses(full, data):
    full.store.add_feedback({"run_id": MODEL, "key": "k", "score": 1})
    project = project_address(full)
    return [
        "/", project, project + "?name=nobody", f"{project}/r/{CHAIN}", f"{project}/r/{MODEL}", "/data",
        f"/data/{data[0]}", f"/data/{data[0]}/compare", "/playground", f"/playground?run={MODEL}",
        f"/projects/compare?run={CHAIN}&run={MODEL}", f"/projects/compare?run={CHAIN}",
    ]  # fmt: skip


def test_headings_go_down_one_step_at_a_time(full, addresses):
    for address in addresses:
        levels = [int(one["tag"][1]) for one in page(full, address).elements if re.fullmatch("h[1-6]", one["tag"])]
        assert levels[0] == 1 and levels.count(1) == 1
        assert all(below <= above + 1 for above, below in zip(levels, levels[1:])), (address, levels)


def test_every_control_has_a_name_and_no_two_boxes_or_deletions_the_same(full, addresses):
    for address in addresses:
        reader, names = page(full, address), []
        for one in reader.elements:
            if one["tag"] in ("select", "textarea") or (one["tag"] == "input" and one.get("type") != "hidden"):
                assert one.get("aria-label") or "label" in one["above"], (address, one)
                names.append(one.get("aria-label"))
            elif one["tag"] in ("button", "a", "summary"):
                assert one["text"].strip() or one.get("aria-label"), (address, one)
        assert [name for name in names if name and names.count(name) > 1] == [], address
        assert all(one.get("aria-label") for one in reader.all("nav"))


def test_no_two_pages_have_one_title(full, addresses):
    titles = [page(full, address).all("title")[0]["text"] for address in addresses]
    titles.remove(titles[2])  # the same project, filtered
    assert len(set(titles)) == len(titles), titles


def colours(part):
    return {name: value if len(value) == 7 else "#" + "".join(2 * letter for letter in value[1:])
            for name, value in re.findall(r"--([\w-]+): (#[0-9a-f]{3,6});", part)}  # fmt: skip


def contrast(one, other):
    """Give the ratio of two colours (WCAG 2.2, "contrast ratio" and "relative luminance")."""
    def light(colour):
        parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    dark, bright = sorted((light(one), light(other)))
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_is_to_be_read_stands_out_from_what_is_behind_it(scheme):
    head, _, rest = STYLE.partition("@media (prefers-color-scheme: dark)")
    known = {**colours(head), **(colours(rest) if scheme == "dark" else {})}
    papers = ("paper", "raised", "chosen", "bad-paper")
    texts = itertools.product(("ink", "dim", "link", "bad", "good", "wait", "asked"), papers)
    marks = itertools.product(
        ("edge", "llm", "chain", "tool", "retriever", "prompt", "parser", "embedding", "other"), papers[:3]
    )
    pale = [(*pair, round(contrast(known[pair[0]], known[pair[1]]), 2)) for least, pairs in ((4.5, texts), (3.0, marks))
            for pair in pairs if contrast(known[pair[0]], known[pair[1]]) < least]  # fmt: skip
    assert pale == []
