"""Prompts that are conversations: what may stand in one, what comes out, and how they are put together."""

import copy
import pickle

import pytest

from minichat.errors import ConfigurationError
from minichat.messages import AIMessage, ChatMessage, HumanMessage, SystemMessage, ToolMessage
from minichat.prompts import (
    AIMessagePromptTemplate,
    BaseChatPromptTemplate,
    BaseMessagePromptTemplate,
    BaseStringMessagePromptTemplate,
    ChatMessagePromptTemplate,
    ChatPromptTemplate,
    DictPromptTemplate,
    FewShotChatMessagePromptTemplate,
    FewShotPromptTemplate,
    HumanMessagePromptTemplate,
    ImagePromptTemplate,
    MessagesPlaceholder,
    PromptTemplate,
    SystemMessagePromptTemplate,
)
from minichat.prompts.chat import prompt_of_sum
from tests.prompts.libraries import outcome, ways
from tests.prompts.templates import EXAMPLES, HISTORY, Chooser

H, A, S = HumanMessage, AIMessage, SystemMessage
SAID = [H("Hi"), A("Hello")]


class Foreign:
    """A message of another library."""

    type = "ai"
    content = "{x}"


class Twice(BaseMessagePromptTemplate):
    """A user's own template."""

    @property
    def input_variables(self):
        return ["x"]

    def format_messages(self, **kwargs):
        return [H(kwargs["x"])] * 2


class Late(Twice):
    async def aformat_messages(self, **kwargs):
        return [H("late")]


class Whisper(BaseStringMessagePromptTemplate):
    def format(self, **kwargs):
        return ChatMessage(self.prompt.format(**kwargs).lower(), role="ghost")


ITEMS = [
    # items, input, messages
    (["{x}"], {"x": 1}, [H("1")]),
    (
        [("human", "{x}"), ("user", "u"), ("ai", "a"), ("assistant", "b"), ("system", "s")],
        "1",
        [H("1"), H("u"), A("a"), A("b"), S("s")],
    ),
    ([{"role": "user", "content": "{x}"}], {"x": 1}, [H("1")]),
    ([(HumanMessage, "{x}"), (SystemMessage, "{y}")], {"x": 1, "y": 2}, [H("1"), S("2")]),
    ([(AIMessagePromptTemplate, "{x}")], {"x": 1}, [A("1")]),
    ([S("{literal}"), ToolMessage("4", tool_call_id="c")], {}, [S("{literal}"), ToolMessage("4", tool_call_id="c")]),
    ([Foreign()], {}, [A("{x}")]),
    ([ChatMessagePromptTemplate.from_template("{x}", role="r")], "1", [ChatMessage("1", role="r")]),
    (
        [HumanMessagePromptTemplate.from_template("{x}", additional_kwargs={"k": 1})],
        "1",
        [H("1", additional_kwargs={"k": 1})],
    ),
    ([Whisper.from_template("PSST {x}")], "1", [ChatMessage("psst 1", role="ghost")]),
    ([Twice()], "1", [H("1"), H("1")]),
    ([("placeholder", "{h}"), "{x}"], "1", [H("1")]),
    ([("placeholder", "{h}"), "{x}"], {"x": 1, "h": HISTORY}, [*SAID, H("1")]),
    ([("placeholder", ["{h}", False])], HISTORY, SAID),
    ([MessagesPlaceholder("h")], {"h": [{"role": "ai", "content": "x"}, S("s"), "t"]}, [A("x"), S("s"), H("t")]),
    ([MessagesPlaceholder("h", n_messages=1)], {"h": HISTORY}, [A("Hello")]),
    ([MessagesPlaceholder("h", n_messages=3, optional=True)], {}, []),
    ([ChatPromptTemplate(["{a}", "{b}"]).partial(a=0), "{x}"], {"b": 1, "x": 2}, [H("0"), H("1"), H("2")]),
    (
        [
            FewShotChatMessagePromptTemplate(
                examples=EXAMPLES, example_prompt=ChatPromptTemplate(["{q}", ("ai", "{a}")])
            )
        ],
        {},
        [H("1"), A("2"), H("3"), A("4")],
    ),
    ([], {}, []),
]


@pytest.mark.parametrize("items, given, messages", ITEMS)
def test_whatever_stands_for_a_message_gives_it_in_every_way(items, given, messages):
    prompt = ChatPromptTemplate(items)
    assert prompt.invoke(given).to_messages() == messages
    expected = outcome(lambda: prompt.invoke(given))
    for name, way in ways(prompt, given).items():
        if name in ("invoke", "ainvoke", "format_prompt", "aformat_prompt"):
            assert outcome(way) == expected, name
        elif name.endswith("format_messages"):
            assert way() == messages, name
        elif name.endswith("format"):
            assert way() == prompt.invoke(given).to_string(), name
        else:
            assert way() == [prompt.invoke(given)], name


def test_the_asynchronous_side_asks_the_asynchronous_method_of_a_template():
    prompt = ChatPromptTemplate([ChatPromptTemplate([Late()])])
    found = ways(prompt, {"x": "1"})
    assert found["format_messages"]() == [H("1"), H("1")]
    assert found["aformat_messages"]() == found["ainvoke"]().messages == [H("late")]


REFUSED = [
    # items, error, what it says
    ([7], NotImplementedError, "<class 'int'>"),
    ([["human", "x"]], NotImplementedError, "<class 'list'>"),
    ([PromptTemplate.from_template("x")], NotImplementedError, "PromptTemplate"),
    ([("human",)], ConfigurationError, "2-tuple"),
    ([("nobody", "x")], ConfigurationError, "Unexpected message type: nobody. Use one of 'human', 'user'"),
    ([(ToolMessage, "x")], ConfigurationError, "Unexpected message type: tool"),
    ([(7, "x")], ConfigurationError, "Unexpected message type: 7"),
    ([{"role": "user"}], ConfigurationError, r"not \['role'\]"),
    ([("human", 7)], ConfigurationError, "not int"),
    ([("human", "{x.y}")], ConfigurationError, "attributes"),
    ([("human", [7])], ConfigurationError, "not int"),
    ([("placeholder", "h")], ConfigurationError, "in braces"),
    ([("placeholder", "")], ConfigurationError, "in braces"),
    ([("placeholder", "{}")], ConfigurationError, "in braces"),
    ([("placeholder", [7, True])], ConfigurationError, "in braces"),
    ([("placeholder", ["{h}"])], ConfigurationError, "is_optional"),
    ([("placeholder", 7)], ConfigurationError, "is_optional"),
    ([("placeholder", ["{h}", 1])], ConfigurationError, "True, or not, False; got 1"),
]


@pytest.mark.parametrize("items, error, said", REFUSED)
def test_whatever_does_not_is_refused_when_the_prompt_is_made(items, error, said):
    for make in (ChatPromptTemplate, ChatPromptTemplate.from_messages, ChatPromptTemplate([]).extend):
        with pytest.raises(error, match=said):
            make(items)


@pytest.mark.parametrize("count", [0, -1, 1.5, "2"])
def test_a_placeholder_takes_a_whole_number_of_messages(count):
    with pytest.raises(ConfigurationError, match="n_messages"):
        MessagesPlaceholder("h", n_messages=count)


@pytest.mark.parametrize(
    "given, error, said",
    [
        ({}, KeyError, "missing variables {'h', 'x'}.  Expected: ['h', 'x'] Received: []"),
        ({"h": []}, KeyError, "missing variables {'x'}.  Expected: ['h', 'x'] Received: ['h']"),
        ({"h": (), "x": 1}, ConfigurationError, "variable h should be a list of messages, got <class 'tuple'>"),
        ({"h": [7], "x": 1}, NotImplementedError, "<class 'int'>"),
        ("bare", TypeError, "Expected mapping type as input to ChatPromptTemplate. Received <class 'str'>."),
    ],
)
def test_a_wrong_input_is_told_with_what_was_expected(given, error, said):
    prompt = ChatPromptTemplate([MessagesPlaceholder("h"), "{x}"])
    for name in ("invoke", "ainvoke", "stream"):
        with pytest.raises(error) as caught:
            ways(prompt, given)[name]()
        assert said in str(caught.value.args[0])
        assert "bare" not in str(caught.value)


def test_a_missing_variable_of_one_message_is_told_too():
    for template in (["{x}"], "{x}"):
        with pytest.raises(KeyError, match="missing variables {'x'}.  Expected: \\['x'\\] Received: \\['y'\\]"):
            HumanMessagePromptTemplate.from_template(template).format(y=1)
    with pytest.raises(KeyError, match="missing variables {'h'}"):
        MessagesPlaceholder("h").format_messages()


def test_variables_are_those_of_the_parts():
    prompt = ChatPromptTemplate(["{b}{a}", ("placeholder", "{h}"), MessagesPlaceholder("i"), S("{no}")])
    assert (prompt.input_variables, prompt.optional_variables) == (["a", "b", "i"], ["h"])
    assert (prompt.partial_variables, sorted(prompt.input_types)) == ({"h": []}, ["h", "i"])
    done = prompt.partial(a=1, i=[])
    assert (done.input_variables, done.optional_variables) == (["b"], ["h"])
    assert (prompt.input_variables, sorted(done.partial_variables)) == (["a", "b", "i"], ["a", "h", "i"])
    assert done.invoke("x").messages == [H("x1"), S("{no}")]


def test_given_input_variables_are_compared_on_demand_only():
    assert ChatPromptTemplate(["{a}"], input_variables=["z"]).input_variables == ["a"]
    assert ChatPromptTemplate(["{a}"], input_variables=["a"], validate_template=True).invoke("x").messages == [H("x")]
    with pytest.raises(ConfigurationError, match=r"\['a'\].*\['z'\]"):
        ChatPromptTemplate(["{a}"], input_variables=["z"], validate_template=True)


A_PROMPT = ChatPromptTemplate(["{a}", ("placeholder", "{h}")]).partial(a="1")
SUMS = [
    # right side, messages for b=2
    ("{b}", [H("1"), H("2")]),
    (ChatPromptTemplate([("ai", "{b}{c}")]).partial(c="3"), [H("1"), A("23")]),
    ([("ai", "{b}"), "x"], [H("1"), A("2"), H("x")]),
    ((("ai", "{b}"),), [H("1"), A("2")]),
    (S("{s}"), [H("1"), S("{s}")]),
    (SystemMessagePromptTemplate.from_template("{b}"), [H("1"), S("2")]),
    (MessagesPlaceholder("i", optional=True), [H("1")]),
    (
        FewShotChatMessagePromptTemplate(examples=EXAMPLES[:1], example_prompt=Whisper.from_template("{q}")),
        [H("1"), ChatMessage("1", role="ghost")],
    ),
]


@pytest.mark.parametrize("right, messages", SUMS)
def test_prompts_are_added_up(right, messages):
    assert (A_PROMPT + right).format_messages(b="2") == messages
    assert len(A_PROMPT) == 2


@pytest.mark.parametrize("left", [A_PROMPT, MessagesPlaceholder("h")])
@pytest.mark.parametrize("right", [7, None, PromptTemplate.from_template("x")])
def test_other_things_cannot_be_added(left, right):
    with pytest.raises(NotImplementedError, match="Unsupported operand type for \\+: <class"):
        left + right


def test_messages_and_their_templates_begin_a_prompt():
    prompt = SystemMessagePromptTemplate.from_template("{a}") + "{b}"
    assert isinstance(prompt, ChatPromptTemplate)
    assert prompt.invoke({"a": 1, "b": 2}).messages == [S("1"), H("2")]
    assert prompt_of_sum(S("s"), H("{b}")).invoke({}).messages == [S("s"), H("{b}")]


def test_a_prompt_is_a_list_that_grows():
    prompt = ChatPromptTemplate.from_messages(["{a}"])
    prompt.append(("ai", "{b}"))
    prompt.extend([S("s"), ("placeholder", "{h}")])
    assert (len(prompt), prompt.input_variables, prompt.optional_variables) == (4, ["a", "b"], ["h"])
    assert prompt.invoke({"a": 1, "b": 2}).messages == [H("1"), A("2"), S("s")]
    assert prompt[2] == prompt[-2] == S("s")
    assert [len(prompt[1:]), len(prompt[::-1]), len(prompt[9:])] == [3, 4, 0]
    assert prompt[::-1].invoke({"a": 1, "b": 2}).messages == [S("s"), A("2"), H("1")]
    assert [type(one).__name__ for one in prompt][-1] == "MessagesPlaceholder"
    with pytest.raises(IndexError):
        prompt[4]


def test_a_prompt_of_one_text_is_a_humans():
    assert ChatPromptTemplate.from_template("Say {x}").invoke("y").messages == [H("Say y")]
    prompt = ChatPromptTemplate.from_template("{{x}}{{y}}", template_format="mustache", partial_variables={"x": "1"})
    assert prompt.invoke("<").messages == [H("1&lt;")]
    both = ChatPromptTemplate.from_messages([("ai", "{{x}}"), "{y}"], template_format="mustache")
    assert both.invoke("1").messages == [A("1"), H("{y}")]


PNG = "data:image/png;base64,AAAA"
BLOCKS = [
    # template, values, content
    ("{x}", {"x": 1}, "1"),
    (["{x}", "", {"text": "t{x}"}], {"x": 1}, [{"type": "text", "text": "1"}, {"type": "text", "text": "t1"}]),
    ([{"type": "image_url", "image_url": "{x}"}], {"x": PNG}, [{"type": "image_url", "image_url": {"url": PNG}}]),
    (
        [{"image_url": {"url": "http://{host}/{id}", "detail": "{how}"}}],
        {"host": "h", "id": 1, "how": "low"},
        [{"type": "image_url", "image_url": {"url": "http://h/1", "detail": "low"}}],
    ),
    (
        [{"type": "image", "source_type": "base64", "data": "{x}", "mime_type": "image/png"}],
        {"x": "AA=="},
        [{"type": "image", "source_type": "base64", "data": "AA==", "mime_type": "image/png"}],
    ),
    (
        [{"type": "d", "list": ["{x}", {"k": "{x}"}, 7, ["{x}"]], "pair": ("{x}", None), "{x}": 1}],
        {"x": "v"},
        [{"type": "d", "list": ["v", {"k": "v"}, 7, ["{x}"]], "pair": ("v", None), "{x}": 1}],
    ),
    (
        [{"type": "text", "text": "{x}", "cache_control": {"type": "e"}}],
        {"x": 1},
        [{"type": "text", "text": "1", "cache_control": {"type": "e"}}],
    ),
]


@pytest.mark.parametrize("template, values, content", BLOCKS)
@pytest.mark.parametrize("kind", [HumanMessagePromptTemplate, AIMessagePromptTemplate, SystemMessagePromptTemplate])
def test_content_blocks_are_filled_in(kind, template, values, content):
    made = kind.from_template(template)
    assert sorted(set(made.input_variables)) == sorted(values)
    for name, way in ways(ChatPromptTemplate([made]), values).items():
        if name.endswith("format_messages"):
            assert way() == [made.format(**values)] and way()[0].content == content, name


@pytest.mark.parametrize(
    "make, said",
    [
        (lambda: HumanMessagePromptTemplate.from_template([{"image_url": "{a}{b}"}]), "one variable at most"),
        (
            lambda: HumanMessagePromptTemplate.from_template([{"image_url": "{url}"}]),
            "cannot be named detail, path, url",
        ),
        (lambda: HumanMessagePromptTemplate.from_template([{"image_url": 7}]), "not int"),
        (
            lambda: HumanMessagePromptTemplate.from_template([{"image_url": {"path": "/etc/passwd"}}]).format(),
            "not by path",
        ),
        (lambda: HumanMessagePromptTemplate.from_template([{"image_url": "{x}"}]).format(x=""), "needs a url"),
        (lambda: HumanMessagePromptTemplate.from_template([{"a": "{x.y}"}]), "attributes"),
        (lambda: HumanMessagePromptTemplate.from_template(["{x}"], partial_variables={"x": 1}), "not with a list"),
        (lambda: HumanMessagePromptTemplate.from_template(7), "not int"),
        (lambda: HumanMessagePromptTemplate(prompt="{x}"), "from_template"),
        (lambda: HumanMessagePromptTemplate(prompt=["{x}"]), "from_template"),
        (lambda: HumanMessagePromptTemplate.from_template("{x}", role="r"), "no setting 'role'"),
        (lambda: ChatMessagePromptTemplate.from_template("{x}"), "needs role="),
        (lambda: DictPromptTemplate(template={"a": "{b:{c}}"}, template_format="f-string"), "another variable"),
        (lambda: DictPromptTemplate(template={}), "needs template_format="),
        (lambda: ImagePromptTemplate(template={"url": "x"}).format(path="y"), "not by path"),
        (lambda: ImagePromptTemplate(template={"url": 7}).format(), "needs a url"),
    ],
)
def test_wrong_parts_of_messages_are_refused(make, said):
    with pytest.raises(ConfigurationError, match=said):
        make()


def test_a_dict_and_an_image_are_steps_too():
    block = DictPromptTemplate(template={"a": "{x}", "b": ["{y}"]}, template_format="f-string")
    assert block.input_variables == ["x", "y"]
    assert block.invoke({"x": 1, "y": 2}) == {"a": "1", "b": ["2"]}
    assert (ways(block, {"x": 1, "y": 2})["ainvoke"]()) == {"a": "1", "b": ["2"]}
    with pytest.raises(KeyError, match="missing variables {'y'}"):
        block.invoke({"x": 1})
    with pytest.raises(TypeError, match="Expected mapping type as input to DictPromptTemplate"):
        block.invoke("x")
    picture = ImagePromptTemplate(input_variables=["x"], template={"url": "http://{x}", "detail": "low"})
    assert picture.invoke("a").image_url == {"url": "http://a", "detail": "low"}
    assert ways(picture, {"x": "a", "detail": "high"})["aformat_prompt"]().image_url["detail"] == "high"


def test_prompts_are_printed_for_people(capsys):
    ChatPromptTemplate(
        [("system", "{x}"), ("placeholder", "{h}"), ("human", [{"image_url": PNG}]), A("a")]
    ).pretty_print()
    assert capsys.readouterr().out.splitlines() == [
        "=" * 32 + " System Message " + "=" * 32,
        "",
        "{x}",
        "",
        "=" * 29 + " Messages Placeholder " + "=" * 29,
        "",
        "{h}",
        "",
        "=" * 32 + " Human Message " + "=" * 33,
        "",
        f"{{'url': '{PNG}'}}",
        "",
        "=" * 34 + " Ai Message " + "=" * 34,
        "",
        "a",
    ]


def test_prompts_are_values():
    prompt = ChatPromptTemplate([("system", "{a}"), MessagesPlaceholder("h"), S("s")], tags=["t"])
    for twin in (pickle.loads(pickle.dumps(prompt)), copy.deepcopy(prompt), ChatPromptTemplate(**prompt._values())):
        assert twin == prompt
    twin.append("x")
    assert twin != prompt
    assert MessagesPlaceholder("h") == MessagesPlaceholder(variable_name="h") != MessagesPlaceholder("i")
    assert repr(MessagesPlaceholder("h", optional=True)) == "MessagesPlaceholder(variable_name='h', optional=True)"
    assert "messages=[SystemMessagePromptTemplate(prompt=PromptTemplate(input_variables=['a']" in repr(prompt)


def test_a_users_chat_prompt_defines_its_messages_only():
    class Own(BaseChatPromptTemplate):
        def format_messages(self, **kwargs):
            return [H(kwargs["x"]), A("!")]

    own = Own(input_variables=["x"])
    assert own.invoke("hi").to_string() == own.format(x="hi") == "Human: hi\nAI: !"
    assert ways(own, {"x": "hi"})["ainvoke"]().messages == [H("hi"), A("!")]
    assert (ChatPromptTemplate(["{y}"]) + own).input_variables == ["x", "y"]


EXAMPLE = PromptTemplate.from_template("{q}={a}")
FEW = [
    # fields, input, text
    ({"examples": EXAMPLES}, {"q": 5}, "1=2\n\n3=4\n\n5?"),
    ({"examples": []}, {"q": 5}, "5?"),
    ({"examples": EXAMPLES, "prefix": "{p}:", "example_separator": " "}, {"q": 5, "p": "P"}, "P: 1=2 3=4 5?"),
    ({"examples": EXAMPLES[:1], "partial_variables": {"q": 6}}, {}, "1=2\n\n6?"),
    ({"examples": [], "input_variables": ["q"], "validate_template": True}, "5", "5?"),
    ({"examples": [{"q": "{{x}}", "a": "{q}"}]}, {"q": 5}, "{x}=5\n\n5?"),
]


@pytest.mark.parametrize("fields, given, text", FEW)
def test_examples_stand_between_prefix_and_suffix(fields, given, text):
    prompt = FewShotPromptTemplate(example_prompt=EXAMPLE, suffix="{q}?", **fields)
    for name, way in ways(prompt, given).items():
        found = way()
        found = found[0] if isinstance(found, list) else found
        assert (found if isinstance(found, str) else found.text) == text, name


@pytest.mark.parametrize(
    "fields, said",
    [
        ({}, "needs examples= or example_selector="),
        ({"examples": EXAMPLES, "example_selector": Chooser()}, "not both"),
        ({"example_selector": 7}, "select_examples"),
        ({"examples": [], "example_prompt": "{q}"}, "takes a"),
    ],
)
@pytest.mark.parametrize(
    "kind, given",
    [
        (FewShotPromptTemplate, {"example_prompt": EXAMPLE, "suffix": ""}),
        (FewShotChatMessagePromptTemplate, {"example_prompt": ChatPromptTemplate(["{q}"])}),
    ],
)
def test_examples_come_from_one_place(kind, given, fields, said):
    with pytest.raises(ConfigurationError, match=said):
        kind(**{**given, **fields})


def test_examples_are_no_way_around_the_rules():
    prompt = FewShotPromptTemplate(examples=[{"q": "{q.__class__}", "a": ""}], example_prompt=EXAMPLE, suffix="{q}")
    with pytest.raises(ConfigurationError, match="attributes"):
        prompt.format(q="x")
    with pytest.raises(ConfigurationError, match="must be 'f-string'"):
        FewShotPromptTemplate(examples=[], example_prompt=EXAMPLE, suffix="", template_format="mustache")
    with pytest.raises(ConfigurationError, match=r"\['q'\].*\['z'\]"):
        FewShotPromptTemplate(
            examples=[], example_prompt=EXAMPLE, suffix="{q}", input_variables=["z"], validate_template=True
        )
    with pytest.raises(KeyError, match="missing variables {'a'}"):
        FewShotPromptTemplate(examples=[{"q": "1"}], example_prompt=EXAMPLE, suffix="").format()


class Plain:
    """A selector that knows no event loop, and remembers who asked."""

    def __init__(self):
        self.asked = []

    def select_examples(self, variables):
        self.asked.append(variables)
        return EXAMPLES[: variables["n"]]


def test_a_selector_is_asked_with_the_variables():
    for selector in (Plain(), Chooser()):
        prompt = FewShotChatMessagePromptTemplate(
            example_selector=selector,
            example_prompt=HumanMessagePromptTemplate.from_template("{q}"),
            input_variables=["n", "count"],
        ).partial(n=1, count=1)
        found = ways(ChatPromptTemplate([prompt]), {"x": "y"})
        sync, later = found["invoke"]().messages, found["ainvoke"]().messages
        assert len(sync) == 1
        assert len(later) == (2 if isinstance(selector, Chooser) else 1)


def test_a_plain_selector_sees_what_was_given_in_both_worlds():
    selector = Plain()
    prompt = FewShotPromptTemplate(example_selector=selector, example_prompt=EXAMPLE, suffix="{n}")
    assert [ways(prompt, {"n": 1})[name]().text for name in ("invoke", "ainvoke")] == ["1=2\n\n1"] * 2
    assert selector.asked == [{"n": 1}] * 2


def test_examples_are_printed_or_their_template_is():
    example = ChatPromptTemplate([("human", "{q}")])
    fixed = FewShotChatMessagePromptTemplate(examples=EXAMPLES[:1], example_prompt=example)
    chosen = FewShotChatMessagePromptTemplate(example_selector=Plain(), example_prompt=example)
    assert fixed.pretty_repr().endswith("\n\n1")
    assert chosen.pretty_repr().endswith("\n\n{q}")
