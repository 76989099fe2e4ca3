"""Programs over the handlers that print, write and count, and what each gives; test_programs.py runs them too."""

from __future__ import annotations

import io
import os
import tempfile
import warnings
from contextlib import redirect_stdout
from types import SimpleNamespace

from tests.callbacks.library import ONE, logged
from tests.callbacks.programs import program, programs

LOGGED = SimpleNamespace(log="thought")

# (event, arguments, keywords): everything these handlers hear, with and without what is optional.
SCRIPT = [
    ("on_chain_start", ({"name": "Serialized"}, {}), {"name": "Given"}),
    ("on_chain_start", ({"name": "Serialized"}, {}), {}),
    ("on_chain_start", ({"id": ["a", "Last"]}, {}), {}),
    ("on_agent_action", (LOGGED,), {}),
    ("on_agent_action", (LOGGED,), {"color": "red"}),
    ("on_tool_start", ({"name": "t"}, "in"), {}),
    ("on_tool_end", ("out",), {}),
    ("on_tool_end", ("out",), {"observation_prefix": "Saw: ", "llm_prefix": "So: "}),
    ("on_tool_end", (5,), {}),
    ("on_text", ("text",), {}),
    ("on_text", ("text",), {"color": "pink", "end": "|"}),
    ("on_agent_finish", (LOGGED,), {}),
    ("on_llm_new_token", ("A",), {}),
    ("on_llm_new_token", ("",), {"chunk": None}),
    ("on_llm_new_token", ([{"text": "B"}],), {}),
    ("on_llm_end", ("result",), {}),
    ("on_llm_error", (ValueError("x"),), {}),
    ("on_chain_error", (ValueError("x"),), {}),
    ("on_chain_end", ({},), {}),
]


def play(handler, script=SCRIPT):
    for event, args, kwargs in script:
        getattr(handler, event)(*args, run_id=ONE, **kwargs)
    return handler


def printed(handler):
    out = io.StringIO()
    with redirect_stdout(out):
        play(handler)
    return out.getvalue()


BOLD, PLAIN = "\x1b[1m", "\x1b[0m"


def colored(number, text):
    return f"\x1b[{number}m\x1b[1;3m{text}{PLAIN}"


def on_screen(paint):
    """What StdOutCallbackHandler prints of the script, where `paint` gives a text in the handler's own colour."""
    starts = "".join(f"\n\n{BOLD}> Entering new {name} chain...{PLAIN}\n" for name in ("Given", "Serialized", "Last"))
    agent = paint("thought") + colored("31;1", "thought")
    tools = paint("out") + "\nSaw: " + paint("out") + "\nSo: " + paint("5")
    texts = paint("text") + colored("38;5;200", "text") + "|"
    return f"{starts}{agent}{tools}{texts}{paint('thought')}\n\n{BOLD}> Finished chain.{PLAIN}\n"


@programs((None, on_screen(str)), ("green", on_screen(lambda text: colored("32;1", text))))
async def what_the_stdout_handler_prints(lib, color):
    return printed(lib.StdOutCallbackHandler(color))


@program("\n\n\x1b[1m> Entering new <unknown> chain...\x1b[0m\n")
async def a_chain_without_a_name_is_unknown(lib):
    out = io.StringIO()
    with redirect_stdout(out):
        lib.StdOutCallbackHandler().on_chain_start(None, {})
    return out.getvalue()


@program("A[{'text': 'B'}]")
async def what_the_streaming_handler_prints(lib):
    return printed(lib.StreamingStdOutCallbackHandler())


def in_file(paint):
    starts = "".join(f"\n\n> Entering new {name} chain...\n" for name in ("Given", "Serialized", "Last"))
    agent = paint("thought") + colored("31;1", "thought")
    texts = paint("text") + colored("38;5;200", "text") + "|"
    return f"{starts}{agent}out\nSaw: out\nSo: 5{texts}{paint('thought')}\n\n> Finished chain.\n"


@programs((None, in_file(str)), ("blue", in_file(lambda text: colored("36;1", text))))
async def what_the_file_handler_writes(lib, color):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "log.txt")
        with lib.FileCallbackHandler(path, "w", color) as handler:
            play(handler)
        return read(path)


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


HELLO = [("on_text", ("\u00fc",), {})]


@programs(("a", "\u00fc\u00fc"), ("w", "\u00fc"))
async def a_second_file_handler_adds_or_begins_anew(lib, mode):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "log.txt")
        for _ in range(2):
            with lib.FileCallbackHandler(path, mode) as handler:
                play(handler, HELLO)
                assert read(path)[-1] == "\u00fc"  # at once, not when the file is closed
        return read(path)


@program(["\u00fc", "RuntimeError"])
async def a_closed_file_handler_writes_nothing(lib):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "log.txt")
        handler = lib.FileCallbackHandler(path)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            play(handler, HELLO)
            handler.close()
            handler.close()
            try:
                play(handler, HELLO)
            except RuntimeError as error:
                return [read(path), type(error).__name__]


@program("FileExistsError")
async def a_file_that_cannot_be_opened_is_said_at_once(lib):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "log.txt")
        with open(path, "w"):
            pass
        try:
            lib.FileCallbackHandler(path, "x")
        except OSError as error:
            return type(error).__name__


# -- token counts ----------------------------------------------------------------------------------

USAGE = {"input_tokens": 1, "output_tokens": 2, "total_tokens": 3}
CACHED = {**USAGE, "input_token_details": {"cache_read": 4}}


def result(lib, *answers):
    """One LLMResult of one prompt; an answer is (model name, usage), or text for a text generation."""
    made = []
    for answer in answers:
        if isinstance(answer, str):
            made.append(lib.Generation(text=answer))
            continue
        model, usage = answer
        message = lib.AIMessage("x", response_metadata={"model_name": model} if model else {}, usage_metadata=usage)
        made.append(lib.ChatGeneration(message=message))
    return lib.LLMResult(generations=[made])


COUNTED = [
    ([], {}),
    ([[("m", USAGE)]], {"m": USAGE}),
    ([[("m", USAGE)], [("n", USAGE)]], {"m": USAGE, "n": USAGE}),
    (
        [[("m", CACHED)], [("m", CACHED)], [("m", USAGE)]],
        {"m": {"input_tokens": 3, "output_tokens": 6, "total_tokens": 9, "input_token_details": {"cache_read": 8}}},
    ),
    ([[("m", USAGE), ("m", USAGE)]], {"m": USAGE}),
    ([[("m", None)], [("", USAGE)], ["text"], []], {}),
]


@programs(*COUNTED)
async def the_usage_handler_adds_up_by_model(lib, results):
    handler = lib.UsageMetadataCallbackHandler()
    for answers in results:
        handler.on_llm_end(result(lib, *answers))
    assert repr(handler) == str(handler.usage_metadata)
    return handler.usage_metadata


@program({})
async def the_usage_handler_does_not_mind_an_empty_result(lib):
    handler = lib.UsageMetadataCallbackHandler()
    handler.on_llm_end(lib.LLMResult(generations=[]))
    return handler.usage_metadata


@program([{"m": USAGE}, {"m": {"input_tokens": 2, "output_tokens": 4, "total_tokens": 6}}, []])
async def blocks_count_the_calls_inside_them(lib):
    async def call():
        for run in await lib(lib.Manager.configure().on_llm_start({}, ["p"])):
            await lib(run.on_llm_end(result(lib, ("m", USAGE))))

    with lib.get_usage_metadata_callback() as outer:
        await call()
        with lib.get_usage_metadata_callback() as inner:
            await call()
    await call()
    return [inner.usage_metadata, outer.usage_metadata, lib.Manager.configure().handlers]


@program([{}, []])
async def a_block_ends_with_an_error_too(lib):
    try:
        with lib.get_usage_metadata_callback("mine") as block:
            raise KeyError
    except KeyError:
        return [block.usage_metadata, lib.Manager.configure().handlers]


@program([{"m": USAGE}, "Error in UsageMetadataCallbackHandler.on_llm_end callback: AttributeError"])
async def a_result_that_is_none_is_logged_and_not_counted(lib):
    records = []
    handler = lib.UsageMetadataCallbackHandler()
    [run] = await lib(lib.Manager([handler]).on_llm_start({}, ["p"]))
    with logged(records):
        await lib(run.on_llm_end("no result"))
    await lib(run.on_llm_end(result(lib, ("m", USAGE))))
    return [handler.usage_metadata, *(record.split("(")[0] for record in records)]
