"""Prompts as steps: what handlers are told, tags and metadata of their own, in chains, in both worlds."""

import asyncio

import pytest

from minichat.messages import AIMessage, HumanMessage
from minichat.prompt_values import StringPromptValue
from minichat.prompts import ChatPromptTemplate, DictPromptTemplate, PromptTemplate
from minichat.prompts.string import StringPromptTemplate
from minichat.runnables import RunnableLambda


class Heard:
    """A handler that writes down what it was told."""

    def __init__(self):
        self.events = []

    def on_chain_start(self, serialized, inputs, **kwargs):
        self.events.append(
            ("start", inputs, kwargs["name"], kwargs.get("run_type"), kwargs["tags"], kwargs["metadata"])
        )

    def on_chain_end(self, outputs, **kwargs):
        self.events.append(("end", outputs))

    def on_chain_error(self, error, **kwargs):
        self.events.append(("error", type(error).__name__))


def invoke(runnable, given, config):
    return runnable.invoke(given, config)


def ainvoke(runnable, given, config):
    return asyncio.run(runnable.ainvoke(given, config))


def stream(runnable, given, config):
    (only,) = runnable.stream(given, config)
    return only


@pytest.fixture(params=[invoke, ainvoke, stream], ids=lambda way: way.__name__)
def call(request):
    return request.param


PROMPT = PromptTemplate.from_template("Say {x}", tags=["own"], metadata={"a": "own", "b": 1})


def test_a_prompt_is_one_run_with_its_own_tags_and_metadata(call):
    heard = Heard()
    config = {"callbacks": [heard], "tags": ["call"], "metadata": {"a": "call", "c": 2}}
    value = call(PROMPT, {"x": "hi"}, config)
    assert value == StringPromptValue(text="Say hi")
    assert heard.events == [
        ("start", {"x": "hi"}, "PromptTemplate", "prompt", ["call", "own"], {"a": "own", "b": 1, "c": 2}),
        ("end", value),
    ]


def test_a_dict_template_is_a_prompt_run(call):
    heard = Heard()
    block = DictPromptTemplate(template={"k": "{x}"}, template_format="f-string")
    assert call(block, {"x": 1}, {"callbacks": [heard]}) == {"k": "1"}
    assert [event[:2] for event in heard.events] == [("start", {"x": 1}), ("end", {"k": "1"})]
    assert heard.events[0][3] == "prompt"


@pytest.mark.parametrize("given, error", [({}, "KeyError"), ({"y": 1}, "KeyError")])
def test_a_wrong_input_ends_the_run_with_an_error(call, given, error):
    heard = Heard()
    with pytest.raises(KeyError):
        call(PROMPT, given, {"callbacks": [heard]})
    assert [event[0] for event in heard.events] == ["start", "error"]
    assert heard.events[1] == ("error", error)


def test_a_prompt_begins_a_chain_and_takes_the_pieces_of_its_input_together(call):
    pieces = RunnableLambda(lambda x: {"question": x})
    last = RunnableLambda(lambda value: value.to_messages()[-1])
    chain = pieces | ChatPromptTemplate([("placeholder", "{h}"), ("human", "{question}?")]) | last
    assert call(chain, "Why", {}).content == "Why?"
    heard = Heard()
    call(chain, "Why", {"callbacks": [heard]})
    started = [
        (name, run_type, tags) for kind, _, name, run_type, tags, _ in (e for e in heard.events if e[0] == "start")
    ]
    assert ("ChatPromptTemplate", "prompt", ["seq:step:2"]) in started


def test_many_inputs_are_filled_in_side_by_side():
    assert [value.text for value in PROMPT.batch([{"x": number} for number in range(5)])] == [
        f"Say {n}" for n in range(5)
    ]
    assert [value.text for value in asyncio.run(PROMPT.abatch(["a", "b"]))] == ["Say a", "Say b"]


def test_options_of_a_model_are_not_swallowed(call):
    with pytest.raises(TypeError, match="PromptTemplate takes no options: stop"):
        PROMPT.invoke("x", stop=["."])
    with pytest.raises(TypeError, match="DictPromptTemplate takes no options: stop"):
        DictPromptTemplate(template={}, template_format="f-string").invoke({}, stop=["."])


def test_what_a_users_prompt_calls_is_below_its_run(call):
    class Asking(StringPromptTemplate):
        def format(self, **kwargs):
            return inner.invoke(kwargs["x"])

    inner = RunnableLambda(lambda x: x * 2, name="inner")
    heard = Heard()
    assert call(Asking(input_variables=["x"]), {"x": "a"}, {"callbacks": [heard], "tags": ["t"]}).text == "aa"
    assert [event[2] for event in heard.events if event[0] == "start"] == ["Asking", "inner"]
    assert heard.events[1][4] == ["t"]


def test_the_asynchronous_side_asks_the_asynchronous_method():
    class Waiting(StringPromptTemplate):
        def format(self, **kwargs):
            return "sync"

        async def aformat(self, **kwargs):
            await asyncio.sleep(0)
            return "async"

    prompt = Waiting(input_variables=["x"])
    assert [prompt.invoke("x").text, ainvoke(prompt, "x", {}).text] == ["sync", "async"]


@pytest.mark.parametrize(
    "name", ["context", "function", "method", "template", "run", "input", "config", "values", "owner"]
)
def test_a_variable_may_have_any_name(call, name):
    assert call(PromptTemplate.from_template("{" + name + "}"), {name: "v"}, {}).text == "v"
    messages = call(ChatPromptTemplate([("human", ["{" + name + "}"])]), {name: "v"}, {}).messages
    assert messages == [HumanMessage([{"type": "text", "text": "v"}])]


def test_messages_in_a_prompt_are_given_as_they_are():
    said = AIMessage("x", id="7")
    assert ChatPromptTemplate([said]).invoke({}).messages[0] is said
