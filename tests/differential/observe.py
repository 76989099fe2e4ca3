"""What a program gives back: values of either library turned into plain ones that can be compared.

Random things (run ids, times) become words; a message is its class name and the fields that are not at their
default; an exception is the name of the nearest class that both libraries share. `recorder` is a callback
handler that writes down what it is told, runs numbered in the order in which they start.
"""

from __future__ import annotations

import asyncio
import builtins
import re
import uuid

SHARED_ERRORS = {
    "FakeListChatModelError",
    "LangChainException",
    "OutputParserException",
    "ToolException",
}
UUID_TEXT = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
OWN_METADATA = ("ls_", "lc_")  # what a library adds to the caller's
MESSAGE_FIELDS = (
    "additional_kwargs",
    "response_metadata",
    "name",
    "id",
    "tool_calls",
    "invalid_tool_calls",
    "usage_metadata",
    "tool_call_chunks",
    "chunk_position",
    "tool_call_id",
    "artifact",
    "role",
)


def kind(error):
    """Name an error by its nearest class that is builtin, known to both libraries, or the program's own."""
    for cls in type(error).__mro__:
        known = getattr(builtins, cls.__name__, None) is cls or cls.__name__ in SHARED_ERRORS
        if known or cls.__module__.startswith("tests.") or cls.__module__ == "json.decoder":
            return cls.__name__
    return "BaseException"


def _message(value):
    fields = {name: shown(getattr(value, name, None)) for name in MESSAGE_FIELDS}
    if getattr(value, "status", "success") != "success":
        fields["status"] = value.status
    return (type(value).__name__, shown(value.content), {name: got for name, got in fields.items() if got})


def _metadata(value):
    return {key: shown(got) for key, got in (value or {}).items() if not key.startswith(OWN_METADATA)}


def shown(value):
    """Give the plain form of anything a program may have in its hand."""
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, str):
        return UUID_TEXT.sub("<id>", str(value))
    if isinstance(value, BaseException):
        return ("raised", kind(value))
    if isinstance(value, uuid.UUID):
        return "<id>"
    if isinstance(value, dict):
        plain = {shown(key): shown(got) for key, got in value.items()}
        return ("AddableDict", plain) if type(value).__name__ == "AddableDict" else plain
    if isinstance(value, (list, tuple)):
        return type(value)(shown(got) for got in value)
    if isinstance(value, (set, frozenset)):
        return ("set", sorted(shown(got) for got in value))
    return _object(value)


def _object(value):
    name = type(value).__name__
    if hasattr(value, "content") and hasattr(value, "additional_kwargs"):
        return _message(value)
    if hasattr(value, "generations"):
        return (name, shown(value.generations), shown(value.llm_output))
    if hasattr(value, "generation_info"):
        return (name, str(value.text), shown(value.generation_info), shown(getattr(value, "message", None)))
    if hasattr(value, "to_messages"):
        return (name, shown(value.to_messages()))
    if callable(value) and hasattr(value, "__name__"):
        return f"<{value.__name__}>"
    text = repr(value)
    return f"<{name}>" if " at 0x" in text else shown(text)


def attempt(function, *args, **kwargs):
    """Call, and give the plain result or ("raised", kind)."""
    try:
        return shown(function(*args, **kwargs))
    except Exception as error:
        return ("raised", kind(error))


def attempt_text(function, *args, **kwargs):
    """As `attempt`, with the first line of the error's text: for texts that the specification prints."""
    try:
        return shown(function(*args, **kwargs))
    except Exception as error:
        return ("raised", kind(error), shown(str(error).partition("\n")[0].strip()))


async def aattempt(awaitable):
    """As `attempt`, for a coroutine."""
    try:
        return shown(await awaitable)
    except Exception as error:
        return ("raised", kind(error))


def pieces(stream):
    """List a stream, or what the function gives; an error is its last item."""
    found = []
    try:
        for piece in stream() if callable(stream) else stream:
            found.append(shown(piece))
    except Exception as error:
        found.append(("raised", kind(error)))
    return found


async def apieces(stream):
    """As `pieces`, for an asynchronous one."""
    found = []
    try:
        async for piece in stream() if callable(stream) else stream:
            found.append(shown(piece))
    except Exception as error:
        found.append(("raised", kind(error)))
    return found


def every_way(build, value, config=None, **kwargs):
    """Give what each public method makes of `value`; `build()` is asked for a fresh runnable each time."""

    async def source():
        yield value

    return {
        "invoke": attempt(lambda: build().invoke(value, config, **kwargs)),
        "stream": pieces(lambda: build().stream(value, config, **kwargs)),
        "transform": pieces(lambda: build().transform(iter([value]), config, **kwargs)),
        "batch": attempt(lambda: build().batch([value], config, **kwargs)),
        "ainvoke": asyncio.run(aattempt(build().ainvoke(value, config, **kwargs))),
        "astream": asyncio.run(apieces(lambda: build().astream(value, config, **kwargs))),
        "atransform": asyncio.run(apieces(lambda: build().atransform(source(), config, **kwargs))),
        "abatch": asyncio.run(aattempt(build().abatch([value], config, **kwargs))),
    }


def every_log(lc, build, value, *, ways=("invoke", "stream", "ainvoke", "astream", "batch"), **config):
    """Give what a handler in the config is told by each of the ways to call."""
    logs = {}
    for way in ways:
        handler = recorder(lc)
        given = {**config, "callbacks": [handler]}
        try:
            if way == "invoke":
                build().invoke(value, given)
            elif way == "stream":
                list(build().stream(value, given))
            elif way == "batch":
                build().batch([value], given)
            elif way == "ainvoke":
                asyncio.run(build().ainvoke(value, given))
            else:
                asyncio.run(apieces(build().astream(value, given)))
        except Exception as error:
            handler.log.append(("raised", kind(error)))
        logs[way] = handler.log
    return logs


def _name(serialized, kwargs):
    return kwargs.get("name") or (serialized or {}).get("name") or (serialized or {}).get("id", [None])[-1]


def recorder(lc, **attributes):
    """A handler with `.log`: ("chain_start", run, parent, name, tags, input) and (event, run, payload)."""
    return _recorder(lc.BaseCallbackHandler, **attributes)


def async_recorder(lc, **attributes):
    """The same, told by coroutines."""
    told = _recorder(lc.BaseCallbackHandler)

    class AsyncRecorder(lc.AsyncCallbackHandler):
        log = told.log

    def forward(event):
        async def method(self, *args, **kwargs):
            getattr(told, event)(*args, **kwargs)

        return method

    for event in EVENTS:
        setattr(AsyncRecorder, event, forward(event))
    handler = AsyncRecorder()
    for name, value in attributes.items():
        setattr(handler, name, value)
    return handler


EVENTS = (
    "on_chain_start on_chain_end on_chain_error on_chat_model_start on_llm_new_token on_llm_end on_llm_error "
    "on_tool_start on_tool_end on_tool_error on_retry on_custom_event on_text"
).split()


def _recorder(base, **attributes):
    class Recorder(base):
        def __init__(self):
            self.log = []
            self.runs = {}

        def _start(self, event, serialized, value, run_id, parent_run_id=None, tags=None, metadata=None, **kwargs):
            self.runs[run_id] = len(self.runs)
            where = (self.runs[run_id], self.runs.get(parent_run_id))
            name = _name(serialized, kwargs)
            entry = (event, *where, name, sorted(tags or []), shown(value))
            extra = {"metadata": _metadata(metadata)}
            if kwargs.get("run_type"):
                extra["run_type"] = kwargs["run_type"]
            if kwargs.get("inputs") is not None:
                extra["inputs"] = shown(kwargs["inputs"])
            self.log.append((*entry, {key: got for key, got in extra.items() if got}))

        def _told(self, event, run_id, payload):
            self.log.append((event, self.runs.get(run_id), payload))

        def on_chain_start(self, serialized, inputs, *, run_id, **kwargs):
            self._start("chain_start", serialized, inputs, run_id, **kwargs)

        def on_chain_end(self, outputs, *, run_id, **kwargs):
            self._told("chain_end", run_id, shown(outputs))

        def on_chain_error(self, error, *, run_id, **kwargs):
            self._told("chain_error", run_id, kind(error))

        def on_chat_model_start(self, serialized, messages, *, run_id, **kwargs):
            self._start("chat_model_start", serialized, messages, run_id, **kwargs)

        def on_llm_new_token(self, token, *, run_id, chunk=None, **kwargs):
            self._told("token", run_id, (token, type(chunk).__name__))

        def on_llm_end(self, response, *, run_id, **kwargs):
            self._told("llm_end", run_id, [[str(one.text) for one in row] for row in response.generations])

        def on_llm_error(self, error, *, run_id, **kwargs):
            partial = getattr(kwargs.get("response"), "generations", [])
            texts = [[str(one.text) for one in row] for row in partial if row]  # see partial_answer_of_a_failed_run
            self._told("llm_error", run_id, (kind(error), texts))

        def on_tool_start(self, serialized, input_str, *, run_id, **kwargs):
            self._start("tool_start", serialized, input_str, run_id, **kwargs)

        def on_tool_end(self, output, *, run_id, **kwargs):
            self._told("tool_end", run_id, shown(output))

        def on_tool_error(self, error, *, run_id, **kwargs):
            self._told("tool_error", run_id, kind(error))

        def on_retry(self, retry_state, *, run_id, **kwargs):
            self._told("retry", run_id, retry_state.attempt_number)

        def on_text(self, text, *, run_id, **kwargs):
            self._told("text", run_id, text)

        def on_custom_event(self, name, data, *, run_id, tags=None, metadata=None, **kwargs):
            self._told("custom", run_id, (name, shown(data), sorted(tags or []), _metadata(metadata)))

    handler = Recorder()
    for name, value in attributes.items():
        setattr(handler, name, value)
    return handler


def tree(log):
    """Give a log as a tree, for branches that run side by side: (name, tags, [events], [children, sorted])."""
    starts = {entry[1]: entry for entry in log if entry[0].endswith("_start")}
    told = {run: [] for run in starts}
    for entry in log:
        if not entry[0].endswith("_start") and entry[0] != "raised":
            told[entry[1]].append((entry[0], entry[2]))

    def node(run):
        _, _, _, name, tags, value, _ = starts[run]
        children = sorted((node(other) for other, entry in starts.items() if entry[2] == run), key=repr)
        return (name, tags, value, told[run], children)

    return sorted((node(run) for run, entry in starts.items() if entry[2] is None), key=repr)
