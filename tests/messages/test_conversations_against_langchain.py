"""What works on whole conversations, through langchain-core too, where it is installed.

Skipped without it. Both libraries build the same messages from the same rows and are asked the same;
an error counts as a result. What parts on purpose is a row of DIFFERENT with the reason.
"""

import random
import warnings

import pytest

import minichat.messages as mine

theirs = pytest.importorskip("langchain_core.messages", reason="langchain-core is not installed")
from langchain_core import __version__ as version  # noqa: E402
from langchain_core.messages.utils import count_tokens_approximately  # noqa: E402

from tests.messages.test_against_langchain import state  # noqa: E402

NEWER = tuple(map(int, version.split(".")[:2])) >= (1, 8)


class Theirs:
    """LangChain keeps the counter out of its list of names."""

    count_tokens_approximately = staticmethod(count_tokens_approximately)

    def __getattr__(self, name):
        return getattr(theirs, name)


def call(id, name="f", **args):
    return {"name": name, "args": args, "id": id}


def use(id, name="f", **input):
    return {"type": "tool_use", "id": id, "name": name, "input": input}


def text(words, **more):
    return {"type": "text", "text": words, **more}


def usage(total):
    return {"input_tokens": total - 1, "output_tokens": 1, "total_tokens": total}


PNG = "data:image/png;base64,AAAA"
ROWS = {
    # name: class, fields
    "empty": ("HumanMessage", {"content": ""}),
    "hi": ("HumanMessage", {"content": "hi"}),
    "bob": ("HumanMessage", {"content": "hello\nthere\n", "name": "bob", "id": "h1"}),
    "marks": ("HumanMessage", {"content": "1 < 2 & \"3\" > '2'", "additional_kwargs": {"k": "v"}}),
    "parts": ("HumanMessage", {"content": ["a\nb", text("c\nd"), {"type": "image_url", "image_url": {"url": "http://x/y"}}]}),
    "texts": ("HumanMessage", {"content": [text("one\ntwo\nthree"), text("four\n")]}),
    "one": ("HumanMessage", {"content": [text("one\ntwo\nthree")]}),
    "none": ("HumanMessage", {"content": []}),
    "extra": ("HumanMessage", {"content": "x", "mood": "good"}),
    "system": ("SystemMessage", {"content": "Be brief.", "id": "s1"}),
    "system2": ("SystemMessage", {"content": "Be kind."}),
    "developer": ("SystemMessage", {"content": "d", "additional_kwargs": {"__openai_role__": "developer"}}),
    "ai": ("AIMessage", {"content": "yes", "id": "a1", "response_metadata": {"model_provider": "openai", "m": 1}}),
    "ai2": ("AIMessage", {"content": "no", "id": "lc_run-2", "usage_metadata": usage(50), "response_metadata": {"m": 2}}),
    "ai3": ("AIMessage", {"content": "ok", "usage_metadata": usage(9), "response_metadata": {"model_provider": "openai"}}),
    "ai4": ("AIMessage", {"content": "oh", "usage_metadata": usage(99), "response_metadata": {"model_provider": "other"}}),
    "calls": ("AIMessage", {"content": "", "tool_calls": [call("c1", a=1, b="é<"), call("c2")], "name": "al"}),
    "uses": ("AIMessage", {"content": [text("t"), use("c1"), use("c3", x="é")], "tool_calls": [call("c1"), call("c3")]}),
    "loose": ("AIMessage", {"content": [text("t"), use("c9", x="é")]}),
    "long": ("AIMessage", {"content": "l", "tool_calls": [call("x" * 70, q="y" * 600)]}),
    "legacy": ("AIMessage", {"content": "g", "additional_kwargs": {"function_call": {"name": "f", "arguments": "{}"}}}),
    "openai": (
        "AIMessage",
        {"content": "", "additional_kwargs": {"tool_calls": [{"id": "o1", "function": {"name": "f", "arguments": "{}"}}]}},
    ),
    "refused": ("AIMessage", {"content": "", "additional_kwargs": {"refusal": "no"}}),
    "tool": ("ToolMessage", {"content": "18", "tool_call_id": "c1", "name": "f", "artifact": {"a": [1]}}),
    "tool2": ("ToolMessage", {"content": ["x", text("y")], "tool_call_id": "c2", "status": "error", "id": "t2"}),
    "function": ("FunctionMessage", {"content": "4", "name": "add"}),
    "function2": ("FunctionMessage", {"content": "5", "name": "sub"}),
    "referee": ("ChatMessage", {"content": "fault", "role": "Referee"}),
    "coach": ("ChatMessage", {"content": "go", "role": "coach"}),
    "humanchunk": ("HumanMessageChunk", {"content": "hc"}),
    "chunk": ("AIMessageChunk", {"content": "ch", "id": "a1", "usage_metadata": usage(3), "response_metadata": {"m": 3}}),
    "piece": (
        "AIMessageChunk",
        {"content": "", "tool_call_chunks": [{"name": "f", "args": '{"a"', "id": "c7", "index": 0}]},
    ),
    "piece2": (
        "AIMessageChunk",
        {"content": "", "tool_call_chunks": [{"name": None, "args": ": 1}", "id": None, "index": 0}], "chunk_position": "last"},
    ),
    "remove": ("RemoveMessage", {"id": "h1"}),
}
TALKS = [
    "",
    *ROWS,
    "system bob ai hi calls tool tool2 ai2 parts",
    "system system2 hi bob marks ai ai2 ai3",
    "hi humanchunk humanchunk hi hi",
    "ai chunk chunk ai chunk chunk",
    "piece piece2 ai calls calls",
    "piece piece2 calls chunk",
    "bob parts texts empty hi none empty",
    "empty empty hi empty bob",
    "calls uses loose openai legacy refused openai",
    "function function tool tool",
    "function function2",
    "referee referee hi",
    "referee coach",
    "extra extra bob",
    "remove remove",
    "developer hi ai3 bob ai3",
    "hi ai3 bob ai4 hi",
    "hi ai2 hi",
    "hi long long texts one",
    "system texts ai texts",
]


def talk(library, names):
    return [getattr(library, ROWS[name][0])(**ROWS[name][1]) for name in names.split()]


def shown(value):
    """What is compared of a result: states of messages, anything else as it is, an error by its kind."""
    if isinstance(value, Exception):
        return ("error", isinstance(value, (ValueError, KeyError)))  # a KeyError there names its key here
    if isinstance(value, list):
        return [shown(one) for one in value]
    return state(value) if hasattr(value, "pretty_repr") else value


def outcome(library, ask):
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # LangChain warns of a made-up file name
            return shown(ask(library))
    except Exception as error:
        return shown(error)


def agree(ask):
    ours, other = outcome(mine, ask), outcome(Theirs(), ask)
    assert ours == other
    return ours


def cases(options):
    return [pytest.param(names, given, id=f"{names[:30]}-{given}"[:90]) for names in TALKS for given in options]


@pytest.mark.parametrize(
    "names, options",
    cases(
        [
            {},
            {"text_format": "block"},
            {"include_id": True},
            {"pass_through_unknown_blocks": False},
            {"text_format": "xml"},
        ]
    ),
)
def test_openai_messages_agree(names, options):
    agree(lambda lib: lib.convert_to_openai_messages(talk(lib, names), **options))


BLOCKS = [
    text("t", cache_control={}),
    {"type": "text"},
    {"type": "image_url", "image_url": {"url": PNG, "detail": "low"}, "index": 0},
    {"type": "image_url", "image_url": PNG},
    {"type": "image_url"},
    {"type": "image", "url": "http://x/y"},
    {"type": "image", "base64": "AAAA", "mime_type": "image/png"},
    {"type": "image", "base64": "AAAA"},
    {"type": "image", "file_id": "f1"},
    {"type": "image"},
    {"type": "image", "source_type": "base64", "data": "AAAA", "mime_type": "image/png"},
    {"type": "image", "source_type": "url", "url": "http://x/y"},
    {"type": "image", "source_type": "id", "id": "1"},
    {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}},
    {"type": "image", "source": {"type": "url", "url": "http://x/y"}},
    {"image": {"format": "png", "source": {"bytes": b"\0\1"}}},
    {"image": {"format": "png"}},
    {"type": "audio", "base64": "AAAA", "mime_type": "audio/wav"},
    {"type": "audio", "source_type": "base64", "data": "AAAA", "mime_type": "audio/mpeg"},
    {"type": "audio", "url": "http://x/y"},
    {"type": "audio", "id": "x"},
    {"type": "video", "url": "http://x/y"},
    {"type": "text-plain", "text": "doc " * 200},
    {"type": "file", "base64": "AAAA", "mime_type": "application/pdf"},
    {"type": "file", "base64": "AAAA", "mime_type": "application/pdf", "filename": "x.pdf"},
    {"type": "file", "base64": "AAAA", "mime_type": "application/pdf", "extras": {"filename": "x.pdf"}},
    {"type": "file", "base64": "AAAA", "mime_type": "application/pdf", "metadata": {"filename": "x.pdf"}},
    {"type": "file", "source_type": "base64", "data": "AAAA", "mime_type": "application/pdf"},
    {"type": "file", "file_id": "f1"},
    {"type": "file", "source_type": "id", "id": "f1"},
    {"type": "file", "url": "http://x/y"},
    {"type": "file", "file": {"file_data": "data:x", "filename": "n"}},
    {"type": "file", "file": {"file_data": "data:x"}},
    {"type": "file", "file": {"file_id": "f1"}},
    {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}},
    {"type": "input_audio", "input_audio": {"data": "AAAA"}},
    {"type": "tool_use", "id": "1"},
    use("u1", x="é"),
    {"type": "function_call", "call_id": "u2", "name": "f", "arguments": "{}"},
    {"type": "function_call", "call_id": "u2"},
    {"type": "tool_result", "tool_use_id": "u1", "content": "r"},
    {"type": "tool_result", "tool_use_id": "u1", "content": [text("r"), {"type": "image", "url": "http://x"}], "is_error": True},
    {"type": "tool_result", "tool_use_id": "u1"},
    {"type": "json", "json": {"a": "é"}},
    {"type": "json"},
    {"json": [1]},
    {"type": "guard_content", "guard_content": {"text": "g"}},
    {"type": "guard_content", "guard_content": {"text": {"text": "g"}}},
    {"type": "guard_content", "guard_content": {}},
    {"type": "media", "mime_type": "image/png", "data": b"\0\1"},
    {"type": "media", "mime_type": "audio/wav", "data": b"\0\1"},
    {"type": "media"},
    {"type": "refusal", "refusal": "no"},
    {"type": "refusal", "refusal": None},
    {"type": "thinking", "thinking": "hm"},
    {"type": "reasoning", "reasoning": "a < b"},
    {"type": "reasoning"},
    {"type": "image", "url": 'http://x/?a="b"&c=\'d\'\n'},
    {"type": "image", "url": 'http://x/?a="b"'},
    {"type": "audio", "file_id": "f\t1"},
    {"type": "video", "file_id": "f1"},
    {"type": "image", "url": PNG},
    {"type": "server_tool_call", "id": "s1", "name": "search", "args": {"q": "é" * 600}},
    {"type": "server_tool_call"},
    {"type": "server_tool_result", "tool_call_id": "s1", "status": "success", "output": {"a": "<b>"}},
    {"type": "server_tool_result"},
    {"type": "unheard-of", "x": 1},
]


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: str(block)[:60])
@pytest.mark.parametrize("kind", ["HumanMessage", "AIMessage"])
def test_blocks_agree_in_every_form(kind, block):
    if block.get("type") == "refusal" and not NEWER:
        pytest.skip("refusals without text came in 1.8")
    called = kind == "HumanMessage" and block.get("type") in ("tool_use", "function_call")
    for content in ([block], ["a", block, text("b")]):
        for options in ({}, {"text_format": "block"}, {"pass_through_unknown_blocks": False}):
            if not called:  # a person calls no tool: AttributeError there
                agree(lambda lib: lib.convert_to_openai_messages([getattr(lib, kind)(content)], **options))
        agree(lambda lib: lib.get_buffer_string([getattr(lib, kind)(content)], format="xml"))
        agree(lambda lib: lib.get_buffer_string([getattr(lib, kind)(content)]))
        agree(lambda lib: lib.count_tokens_approximately([getattr(lib, kind)(content)]))


@pytest.mark.parametrize("given", ["hi", {"role": "user", "content": "hi"}, [("human", "hi"), "x"], ("human", "hi"), []])
def test_openai_messages_of_what_stands_for_messages_agree(given):
    agree(lambda lib: lib.convert_to_openai_messages(given))


def test_one_message_gives_one_dict_in_both():
    for name in ROWS:
        agree(lambda lib: lib.convert_to_openai_messages(talk(lib, name)[0]))


@pytest.mark.parametrize(
    "names, options",
    cases(
        [
            {},
            {"format": "xml"},
            {"format": "html"},
            {"human_prefix": "Me", "ai_prefix": "You", "system_prefix": "S<", "tool_prefix": "T", "function_prefix": "F"},
            {"human_prefix": "Me", "ai_prefix": "You", "system_prefix": "S<", "tool_prefix": "T", "format": "xml"},
            {"message_separator": "\n--\n"},
        ]
    ),
)
def test_buffer_strings_agree(names, options):
    agree(lambda lib: lib.get_buffer_string(talk(lib, names), **options))


@pytest.mark.parametrize("names", TALKS)
def test_dicts_agree_and_each_library_reads_the_others(names):
    written = agree(lambda lib: lib.messages_to_dict(talk(lib, names)))
    if names:
        agree(lambda lib: lib.message_to_dict(talk(lib, names)[0]))
    agree(lambda lib: lib.messages_from_dict(written))
    assert mine.messages_from_dict(theirs.messages_to_dict(talk(theirs, names))) == talk(mine, names)


@pytest.mark.parametrize(
    "stored", [{"type": "zz", "data": {"content": "x"}}, {"type": "human", "data": {"content": "x", "type": "ai"}}]
)
def test_dicts_that_are_no_messages_are_value_errors_in_both(stored):
    assert agree(lambda lib: lib.messages_from_dict([stored])) == ("error", True)


TOOL = {"type": "function", "function": {"name": "f", "description": "é", "parameters": {}}}


@pytest.mark.parametrize(
    "names, options",
    cases(
        [
            {},
            {"chars_per_token": 3.3, "extra_tokens_per_message": 0.5},
            {"count_name": False, "tokens_per_image": 1000},
            {"use_usage_metadata_scaling": True},
            {"tools": [TOOL, TOOL], "use_usage_metadata_scaling": True},
        ]
    ),
)
def test_token_counts_agree(names, options):
    agree(lambda lib: lib.count_tokens_approximately(talk(lib, names), **options))


def test_token_counts_of_langchains_tools_agree():
    from langchain_core.tools import tool

    @tool
    def weather(city: str, days: int = 1) -> str:
        """Tell the weather."""

    agree(lambda lib: lib.count_tokens_approximately(["hi"], tools=[weather, TOOL]))


@pytest.mark.parametrize(
    "names, options",
    cases(
        [
            {},
            {"include_names": ["bob", "f"]},
            {"exclude_names": ["bob", "add"]},
            {"include_types": "human"},
            {"include_types": ["human", "tool"], "exclude_ids": ["h1"]},
            {"exclude_types": ("system", "AIMessageChunk")},
            {"include_ids": ["h1", "s1"], "include_types": ["ai"]},
            {"exclude_tool_calls": True},
            {"exclude_tool_calls": False},
            {"exclude_tool_calls": []},
            {"exclude_tool_calls": ["c1"]},
            {"exclude_tool_calls": ("c1", "c2", "c7")},
            {"exclude_tool_calls": {"c1", "c3"}, "include_types": ["ai", "tool"]},
        ]
    ),
)
def test_filters_agree(names, options):
    agree(lambda lib: lib.filter_messages(talk(lib, names), **options))


@pytest.mark.parametrize("names", TALKS)
def test_filters_by_class_agree(names):
    for kinds in (["AIMessage"], ["HumanMessage", "ToolMessage"], ["AIMessageChunk"]):
        agree(lambda lib: lib.filter_messages(talk(lib, names), include_types=[getattr(lib, kind) for kind in kinds]))
        agree(lambda lib: lib.filter_messages(talk(lib, names), exclude_types=tuple(getattr(lib, kind) for kind in kinds)))


@pytest.mark.parametrize("names, options", cases([{}, {"chunk_separator": ""}, {"chunk_separator": " | "}]))
def test_merged_runs_agree(names, options):
    agree(lambda lib: lib.merge_message_runs(talk(lib, names), **options))


def characters(messages):
    return sum(len(str(message.content)) for message in messages)


def words(given):
    return [word + " " for word in given.split(" ")]


LIMITS = [0, 1, 2, 3, 5, 8, 13, 20, 33, 54, 90, 150, 400]
TRIMS = [
    {},
    {"include_system": True},
    {"start_on": "human", "include_system": True},
    {"start_on": ["human", "ai"], "end_on": ("tool", "human")},
    {"end_on": "ai"},
    {"allow_partial": True},
    {"allow_partial": True, "text_splitter": list},
    {"allow_partial": True, "text_splitter": words, "include_system": True, "start_on": "human"},
    {"strategy": "first"},
    {"strategy": "first", "end_on": ["human", "system"]},
    {"strategy": "first", "allow_partial": True},
    {"strategy": "first", "allow_partial": True, "text_splitter": list, "end_on": "human"},
    {"strategy": "first", "start_on": "human"},
    {"strategy": "first", "include_system": True},
    {"strategy": "middle"},
]


@pytest.mark.parametrize("counter", [len, characters, "approximate"], ids=["len", "characters", "approximate"])
@pytest.mark.parametrize("names, options", cases(TRIMS))
def test_trims_agree(names, options, counter):
    for limit in LIMITS:
        agree(lambda lib: lib.trim_messages(talk(lib, names), max_tokens=limit, token_counter=counter, **options))


@pytest.mark.parametrize("seed", range(60))
def test_random_conversations_agree(seed):
    rng = random.Random(seed)
    names = " ".join(rng.choices([name for name in ROWS if name != "remove"], k=rng.randrange(1, 14)))
    options = rng.choice(TRIMS)
    limit = rng.randrange(300)
    agree(lambda lib: lib.trim_messages(talk(lib, names), max_tokens=limit, token_counter=characters, **options))
    agree(lambda lib: lib.merge_message_runs(talk(lib, names)))
    agree(lambda lib: lib.convert_to_openai_messages(talk(lib, names)))
    agree(lambda lib: lib.get_buffer_string(talk(lib, names), format="xml"))
    agree(lambda lib: lib.count_tokens_approximately(talk(lib, names), use_usage_metadata_scaling=True))


@pytest.mark.parametrize("counter", ["exact", 5, None])
def test_counters_that_are_none_agree(counter):
    assert agree(lambda lib: lib.trim_messages(talk(lib, "hi"), max_tokens=1, token_counter=counter)) == ("error", True)


def test_a_model_and_a_counter_of_one_message_count_alike():
    class Model:
        def get_num_tokens_from_messages(self, messages):
            return 10 * len(messages)

    def counting(library):
        def of_one(message):
            return 10

        of_one.__annotations__["message"] = library.BaseMessage
        return of_one

    for limit in (0, 9, 10, 29, 30, 100):
        agree(lambda lib: lib.trim_messages(talk(lib, "hi ai hi ai"), max_tokens=limit, token_counter=Model()))
        agree(lambda lib: lib.trim_messages(talk(lib, "hi ai hi ai"), max_tokens=limit, token_counter=counting(lib)))


@pytest.mark.parametrize(
    "build",
    [
        lambda lib: lib.RemoveMessage("m1"),
        lambda lib: lib.RemoveMessage(id="m1", additional_kwargs={"why": "old"}),
        lambda lib: lib.RemoveMessage(),
        lambda lib: lib.RemoveMessage("m1", content=""),
        lambda lib: lib.RemoveMessage("m1", content="x"),
        lambda lib: lib.convert_to_messages([{"role": "remove", "content": "", "id": "m1"}]),
        lambda lib: lib.convert_to_messages([("remove", "m1")]),
        lambda lib: lib.RemoveMessage("m1").pretty_repr(),
    ],
)
def test_remove_messages_agree(build):
    agree(build)


def test_langchains_remove_messages_are_understood():
    assert mine.convert_to_messages([theirs.RemoveMessage("m1")]) == [mine.RemoveMessage("m1")]


INVALID = {"content": "", "invalid_tool_calls": [{"name": "f", "args": '{"a', "id": "i1", "error": "cut"}]}
DIFFERENT = [
    # ask, ours, theirs, why
    (
        lambda lib: len(lib.merge_message_runs([lib.AIMessage(**INVALID), lib.AIMessage("x")])[0].invalid_tool_calls),
        1,
        0,
        "joining makes a valid call of a broken one there",
    ),
    (
        lambda lib: lib.merge_message_runs(
            [lib.AIMessage("", tool_calls=[call("1", at={1})]), lib.AIMessage("x")]
        )[0].tool_calls[0]["args"],
        {"at": {1}},
        "error",
        "arguments that are no JSON are joined here, for nothing is written as JSON to do it",
    ),
    (
        lambda lib: [one["args"] for one in lib.merge_message_runs(talk(lib, "chunk piece piece2"))[0].tool_calls],
        [{"a": 1}],
        [{}],
        "pieces of one call are one call, however many chunks there are; there the first ends after two",
    ),
    (
        lambda lib: lib.filter_messages(talk(lib, "calls tool"), exclude_tool_calls="c1")[0].tool_calls[0]["id"],
        "c2",
        "c1",
        "one id is one id; there a str is ignored",
    ),
    (
        lambda lib: len(lib.filter_messages(talk(lib, "bob"), include_names="bobby")),
        0,
        1,
        "one name is one name; there a part of it fits too",
    ),
    (
        lambda lib: lib.convert_to_openai_messages(
            lib.HumanMessage([{"type": "tool_result", "tool_use_id": i, "content": "r"} for i in ("1", "2")])
        )["tool_call_id"],
        "error",
        "1",
        "what one dict cannot hold is refused here; there all but the first is lost",
    ),
    (
        lambda lib: lib.convert_to_openai_messages([lib.HumanMessage([{"cachePoint": {}}])])[0]["content"],
        [{"cachePoint": {}}],
        "error",
        "a block without a type is let through as the option says; there it is a KeyError",
    ),
    (
        lambda lib: lib.convert_to_openai_messages([lib.HumanMessage([use("1")])])[0]["tool_calls"][0]["id"],
        "1",
        "error",
        "a tool_use block in a human message is an AttributeError there",
    ),
]


@pytest.mark.parametrize("ask, ours, other, why", DIFFERENT, ids=[row[3][:50] for row in DIFFERENT])
def test_the_known_differences_are_the_known_ones(ask, ours, other, why):
    found = [outcome(library, ask) for library in (mine, Theirs())]
    assert ["error" if type(one) is tuple else one for one in found] == [ours, other]
