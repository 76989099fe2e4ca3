"""Every form of the page, filled in and sent as a browser without a script does it."""

from __future__ import annotations

import json
import threading
from urllib.parse import urlencode

import pytest

from tests.fakes.langsmith import page_traces as traces
from tests.fakes.langsmith.page_forms import form
from tests.fakes.langsmith.page_reading import Reader, api, ask, page, project_address, twin

CHAIN, MODEL, FAILED = traces.run_id(1), traces.run_id(3), traces.run_id(11)


@pytest.fixture
def full(server):
    traces.put(server.store, traces.chain(), traces.failed(), traces.chain(41, start=40, question="lions"))
    return server


def address(server, run_id=CHAIN):
    return f"{project_address(server)}/r/{run_id}"


def followed(server, sent):
    """Hold that a form was taken, and give the page to which it sends the reader."""
    status, headers, body = sent
    assert status == 303, body[:500]
    return page(server, headers["location"].partition("#")[0])


# -- a run -------------------------------------------------------------------------------------


def test_feedback_is_given_and_taken_back(full):
    here = address(full)
    asked = form(full, here, "/feedback")
    assert asked.value("key") == "user_score"
    shown = followed(full, asked.fill(score="0.5", comment="two\r\nlines").send(full, here))
    [one] = api(full, "GET", f"/feedback?run={CHAIN}")
    assert (one["key"], one["score"], one["comment"]) == ("user_score", 0.5, "two\nlines")
    assert (one["trace_id"], one["feedback_source"]["type"]) == (CHAIN, "app")
    [item] = [element for element in shown.all("li") if element.get("data-feedback") == one["id"]]
    assert all(part in item["text"] for part in ("user_score", "0.5", "two\nlines", "app"))
    shown = followed(full, form(full, here, f"/{one['id']}/delete").send(full, here))
    assert [element for element in shown.all("li") if "data-feedback" in element] == []
    assert api(full, "GET", f"/feedback?run={CHAIN}") == []


def test_feedback_of_a_word_is_a_value_and_shown_as_one(full):
    here = address(full)
    shown = followed(full, form(full, here, "/feedback").fill(key="tone", score="friendly").send(full, here))
    [item] = [element for element in shown.all("li") if "data-feedback" in element]
    assert "tone" in item["text"] and "friendly" in item["text"]


NUMBERS = [("7", 7), ("-1.5", -1.5), ("1e3", 1000), ("nan", None), ("inf", None), ("1e400", None), ("0", 0)]


@pytest.mark.parametrize("said, score", NUMBERS)
def test_a_score_is_a_number_that_can_be_counted(full, said, score):
    here = address(full)
    form(full, here, "/feedback").fill(score=said).send(full, here)
    [one] = api(full, "GET", f"/feedback?run={CHAIN}")
    assert (one["score"], one["value"]) == (score, said if score is None else None)


def test_a_run_is_added_to_the_dataset_that_is_chosen(full):
    made = {name: full.store.create_dataset({"name": name})["id"] for name in ("one", "two")}
    here = address(full)
    asked = form(full, here, "/example")
    assert sorted(asked.choices["dataset"]) == sorted(made.values())
    shown = followed(full, asked.fill(dataset=made["two"]).send(full, here))
    assert shown.all("h1")[0]["text"] == "two"
    [example] = api(full, "GET", f"/examples?dataset={made['two']}&limit=10&offset=0")
    assert (example["inputs"], example["outputs"]) == ({"topic": "Tell me about bears"}, {"output": "Bears sleep."})
    assert example["source_run_id"] == CHAIN
    assert api(full, "GET", f"/examples?dataset={made['one']}&limit=10&offset=0") == []


def test_a_run_is_added_to_a_new_dataset_and_to_one_of_that_name_again(full):
    here = address(full)
    assert "dataset" not in form(full, here, "/example").choices  # there is none to choose
    for _ in range(2):
        shown = followed(full, form(full, here, "/example").fill(new=" fresh ").send(full, here))
    assert shown.all("h1")[0]["text"] == "fresh"
    [made] = api(full, "GET", "/datasets?limit=10")
    assert (made["name"], made["example_count"]) == ("fresh", 2)


def test_a_run_is_shared_by_a_link_that_leads_to_it_until_it_is_taken_back(full):
    here = address(full)
    shown = followed(full, form(full, here, "/share").send(full, here))
    [link] = [one["href"] for one in shown.all("a") if one.get("href", "").startswith("/public/")]
    status, headers, _ = ask(full, "GET", link)
    assert (status, headers["location"]) == (303, here)
    assert api(full, "GET", f"/runs/{CHAIN}/share")["share_token"] in link
    shown = followed(full, form(full, here, "/unshare").send(full, here))
    assert [one for one in shown.all("a") if one.get("href", "").startswith("/public/")] == []
    assert ask(full, "GET", link)[0] == 404
    followed(full, form(full, here, "/share").send(full, here))


# -- datasets ----------------------------------------------------------------------------------


def test_a_dataset_is_made_with_what_the_form_says(full):
    asked = form(full, "/data", "/data").fill(name=" birds ", description=" of prey ")
    shown = followed(full, asked.send(full, "/data"))
    assert shown.all("h1")[0]["text"] == "birds"
    [made] = api(full, "GET", "/datasets?limit=10")
    assert (made["name"], made["description"]) == ("birds", "of prey")
    again = form(full, "/data", "/data").fill(name="birds").send(full, "/data")
    assert again[0] == 409 and "birds" in Reader(again[2].decode()).all("p", class_="error")[0]["text"]
    followed(full, form(full, "/data", "/data").fill(name="more").send(full, "/data"))
    [made] = api(full, "GET", "/datasets?limit=10&name=more")
    assert not made["description"]


# -- filters and comparison --------------------------------------------------------------------

FILTERS = [
    ({"type": "chain"}, {}, "RunnableSequence FailingChain RunnableSequence"),
    ({"status": "error"}, {}, "FailingChain"),
    ({"name": "FailingChain"}, {}, "FailingChain"),
    ({"tag": "zoo"}, {}, "RunnableSequence RunnableSequence"),
    ({"text": "lions"}, {}, "RunnableSequence"),
    ({"latency": "1.5"}, {}, "RunnableSequence RunnableSequence"),
    ({"filter": 'eq(name, "FailingChain")'}, {}, "FailingChain"),
    ({"tree_filter": 'eq(name, "weather")'}, {}, "RunnableSequence RunnableSequence"),
    ({"type": "llm", "trace_filter": 'eq(name, "FailingChain")'}, {"all": "1"}, "ChatOpenAI"),
    ({"type": "tool"}, {"all": "1"}, "weather weather"),
]


@pytest.mark.parametrize("filled, ticked, names", FILTERS, ids=range(len(FILTERS)))
def test_the_filters_give_the_runs_they_say_and_stay_filled_in(full, filled, ticked, names):
    here = project_address(full)
    asked = found(full, "").fill(**filled)
    for name, value in ticked.items():
        asked.tick(name, value)
    status, _, body = asked.send(full, here)
    reader = Reader(body.decode())
    rows = [row for row in reader.all("tr") if "data-run" in row]
    shown = [link["text"] for link in reader.all("a") if "/r/" in link.get("href", "")]
    assert (status, len(rows), shown) == (200, len(names.split()), names.split())
    query = "?" + urlencode([(name, value) for name, value in asked.fields if value])
    assert {name: found(full, query).value(name) for name in {**filled, **ticked}} == {**filled, **ticked}


def found(full, query):
    return form(full, project_address(full) + query, project_address(full).rpartition("/")[2])


def test_a_filter_can_be_added_to_those_that_are_there_and_all_be_cleared(full):
    here = project_address(full)
    asked = found(full, "?tag=zoo&all=1")
    assert asked.value("tag") == "zoo" and asked.value("all") == "1"
    _, _, body = asked.fill(text="lions").send(full, here)
    reader = Reader(body.decode())
    assert [row["data-run"] for row in reader.all("tr") if "data-run" in row] == [traces.run_id(41)]
    [clear] = [link["href"] for link in reader.all("a") if link["text"] == "Clear"]
    assert clear == here


def test_two_runs_of_a_list_are_ticked_and_compared(full):
    here = project_address(full)
    _, _, body = form(full, here, "/compare").tick("run", CHAIN, FAILED).send(full, here)
    reader = Reader(body.decode())
    assert [cell["text"] for cell in reader.all("td")][:2] == ["RunnableSequence", "FailingChain"]
    links = [link["href"] for link in reader.all("a") if "/r/" in link["href"]]
    assert links[:2] == [address(full), address(full, FAILED)]


def test_a_run_is_compared_with_another_by_its_id_or_by_a_link(full):
    here = f"/projects/compare?run={CHAIN}"
    status, _, body = form(full, here, "/compare").send(full, here)
    assert status == 200 and "Compare two runs" in body.decode()  # without the other's id it is asked for once more
    asked = form(full, here, "/compare")
    asked.fields[-1][1] = FAILED
    _, _, body = asked.send(full, here)
    assert [cell["text"] for cell in Reader(body.decode()).all("td")][:2] == ["RunnableSequence", "FailingChain"]
    others = [one["href"] for one in page(full, here).all("a") if one.get("href", "").startswith("/projects/compare?")]
    assert others == [f"/projects/compare?run={CHAIN}&run={traces.run_id(41)}"]  # the other of this name, not itself


def test_two_ids_are_asked_for_where_there_is_none(full):
    asked = form(full, "/projects/compare", "/compare")
    assert [name for name, _ in asked.fields] == ["run", "run"]
    asked.fields = [["run", CHAIN], ["run", f" {FAILED} "]]
    _, _, body = asked.send(full, "/projects/compare")
    assert [cell["text"] for cell in Reader(body.decode()).all("td")][:2] == ["RunnableSequence", "FailingChain"]


@pytest.mark.parametrize("query, status", [("?run=x&run=y", 422), (f"?run={CHAIN}&run={traces.run_id(99)}", 404)])
def test_what_cannot_be_compared_is_told(full, query, status):
    assert page(full, "/projects/compare" + query, status=status).all("p", class_="error")
    assert ask(full, "GET", "/projects/compare.json" + query)[0] == status
    assert ask(full, "GET", f"/projects/compare.json?run={CHAIN}")[0] == 422


# -- the playground ----------------------------------------------------------------------------


def test_a_call_is_opened_in_the_playground_and_sent_again_as_it_was(server):
    traces.put(server.store, traces.chain())
    here = f"/playground?run={MODEL}"
    status, headers, body = form(server, here, "/playground").send(server, here)
    assert status == 303, body[:500]
    for thread in threading.enumerate():
        if thread.name == "playground":
            thread.join(20)
    run_id = headers["location"].partition("run=")[2].partition("#")[0]
    run = server.store.run(run_id)
    system, user = run["inputs"]["messages"]
    assert system == {"role": "system", "content": "Be brief."}
    assert user["role"] == "user" and user["content"][1] == {"type": "image_url", "image_url": {"url": traces.PIXEL}}
    params = run["extra"]["invocation_params"]
    assert (params["model"], params["temperature"]) == ("fake-gpt", 0.2)
    assert params["tools"] == traces.chain()[2]["extra"]["invocation_params"]["tools"]
    assert run["status"] == "success" and twin(server, f"/playground/{run_id}.json")["text"]
    again = form(server, headers["location"].partition("#")[0], "/playground")
    assert json.loads(again.value("parameters")) == {"temperature": 0.2}


def test_a_conversation_with_tools_comes_back_as_openai_has_it(server):
    """The calls of an answer and the answer of a tool keep what ties them together."""
    call = {"name": "f", "args": {"a": 1}, "id": "c1", "type": "tool_call"}
    messages = [
        traces.constructor("HumanMessage", "go"),
        traces.constructor("AIMessage", "", tool_calls=[call]),
        traces.constructor("ToolMessage", "done", tool_call_id="c1"),
        traces.constructor("AIMessage", "fine"),
    ]
    traces.put(server.store, [traces.run(1, "m", "llm", 0, 1, inputs=traces.chat_inputs(*messages))])
    asked = form(server, f"/playground?run={traces.run_id(1)}", "/playground")
    assert [asked.value(f"role{place}") for place in range(6)] == ["user", "JSON", "JSON", "assistant", "user", "user"]
    assert (asked.value("text0"), asked.value("text3"), asked.value("text4")) == ("go", "fine", "")
    assert json.loads(asked.value("text1")) == {
        "role": "assistant", "content": "",
        "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}}],
    }  # fmt: skip
    assert json.loads(asked.value("text2")) == {"role": "tool", "content": "done", "tool_call_id": "c1"}


def test_an_empty_playground_has_a_place_for_a_first_question(server):
    asked = form(server, "/playground", "/playground")
    assert [asked.value(f"role{place}") for place in range(3)] == ["system", "user", "user"]
    assert (asked.value("provider"), asked.value("model")) == ("fake", "fake-echo")
    assert asked.choices["role0"] == ["system", "user", "assistant", "tool", "JSON"]
    assert asked.fill(text1="hello").send(server, "/playground")[0] == 303
    for thread in threading.enumerate():
        if thread.name == "playground":
            thread.join(20)
    [run] = server.store.runs()[0]
    assert run["inputs"] == {"messages": [{"role": "user", "content": "hello"}]}
