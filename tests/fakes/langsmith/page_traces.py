"""Traces to show on a page, put into a store as the SDK's and minichat's tracers send them."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from fakes.langsmith.store import Op

BEGUN = datetime(2026, 11, 23, 4, 25, 25, 141372, timezone.utc)
NASTY = 'first\r\nsecond <script>alert("1")</script> & 🐻 \u202eend'
PIXEL = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAoAAAAKCAIAAAACUFjqAAAAEklEQVR4nGP4z8CAB+GTG8HSALfKY52fTcuYAAAAAElFTkSuQmCC"


def run_id(number):
    return f"7a1c1e0e-0000-4000-8000-{number:012d}"


def at(seconds):
    return (BEGUN + timedelta(seconds=seconds)).isoformat(timespec="microseconds")


def constructor(kind, content, **more):
    return {
        "lc": 1, "type": "constructor", "id": ["langchain", "schema", "messages", kind],
        "kwargs": {"content": content, "type": kind[: -len("Message")].lower(), **more},
    }  # fmt: skip


def run(number, name, run_type, start, end, *, parent=None, trace=None, **more):
    """Give a run's wire fields; `parent` is another such run."""
    begun = (BEGUN + timedelta(seconds=start)).strftime("%Y%m%dT%H%M%S%fZ") + run_id(number)
    made = {
        "id": run_id(number), "name": name, "run_type": run_type, "start_time": at(start), "session_name": "demo",
        "trace_id": parent["trace_id"] if parent else run_id(number),
        "dotted_order": f"{parent['dotted_order']}.{begun}" if parent else begun, "inputs": {}, **more,
    }  # fmt: skip
    if parent:
        made["parent_run_id"] = parent["id"]
    if end is not None:
        made["end_time"] = at(end)
    return made


def chat_inputs(*messages):
    return {"messages": [list(messages)]}


def chat_outputs(message, text=""):
    return {"generations": [[{"text": text, "type": "ChatGeneration", "message": message}]], "llm_output": None}


def chain(number=1, *, start=0.0, question="Tell me about bears", **more):
    """Give a chain of a prompt, a chat model that asks for a tool, the tool, and a parser: five runs."""
    root = run(number, "RunnableSequence", "chain", start, start + 2.0, inputs={"topic": question},
               outputs={"output": "Bears sleep."}, tags=["zoo", "nightly"],
               extra={"metadata": {"user": "u-17"}, "runtime": {"sdk": "minichat"}}, **more)  # fmt: skip
    usage = {"input_tokens": 11, "output_tokens": 7, "total_tokens": 18}
    call = {"name": "weather", "args": {"town": "Bern", "days": [1, 2]}, "id": "call_1", "type": "tool_call"}
    return [
        root,
        run(number + 1, "ChatPromptTemplate", "prompt", start, start + 0.1, parent=root, tags=["seq:step:1"],
            inputs={"topic": question}, outputs={"output": {"messages": [{"content": question, "type": "human"}]}}),
        run(number + 2, "ChatOpenAI", "llm", start + 0.1, start + 1.4, parent=root, tags=["seq:step:2"],
            inputs=chat_inputs(constructor("SystemMessage", "Be brief."), constructor("HumanMessage", [
                {"type": "text", "text": NASTY}, {"type": "image_url", "image_url": {"url": PIXEL}}])),
            outputs=chat_outputs(constructor("AIMessage", "I ask the tool.", tool_calls=[call], usage_metadata=usage,
                                             additional_kwargs={"reasoning_content": "They ask about bears."})),
            events=[{"name": "start", "time": at(start + 0.1)}, {"name": "new_token", "time": at(start + 0.6)}],
            extra={"invocation_params": {"model": "fake-gpt", "temperature": 0.2, "tools": [
                       {"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}]},
                   "metadata": {"ls_model_name": "fake-gpt", "usage_metadata": usage}}),
        run(number + 3, "weather", "tool", start + 1.4, start + 1.9, parent=root, inputs={"input": "{'town': 'Bern'}"},
            outputs={"output": constructor("ToolMessage", "sunny", tool_call_id="call_1", name="weather")}),
        run(number + 4, "StrOutputParser", "parser", start + 1.9, start + 2.0, parent=root,
            inputs={"input": {"content": "Bears sleep.", "type": "ai"}}, outputs={"output": "Bears sleep."}),
    ]  # fmt: skip


def failed(number=11, *, start=10.0):
    """Give a chain whose model failed."""
    told = "RateLimitError('429: slow down <b>now</b>')\nTraceback (most recent call last):\n  File \"app.py\", line 3"
    root = run(number, "FailingChain", "chain", start, start + 0.3, inputs={"topic": "x"}, error=told)
    return [root, run(number + 1, "ChatOpenAI", "llm", start + 0.1, start + 0.3, parent=root, error=told,
                      inputs=chat_inputs(constructor("HumanMessage", "x")))]  # fmt: skip


def pending(number=21, *, start=20.0):
    """Give a run that was started and never ended."""
    return [run(number, "SlowChain", "chain", start, None, inputs={"topic": "waiting"})]


def wide(number, *, children, start=30.0):
    """Give a root with many runs below it, each fifth with four of its own."""
    root = run(number, "Big", "chain", start, start + children * 0.01)
    runs, branch = [root], root
    for place in range(1, children):
        begun = start + place * 0.01
        parent = root if place % 5 == 0 else branch
        made = run(
            number + place, f"step {place}", "llm" if place % 3 == 0 else "tool", begun, begun + 0.009, parent=parent
        )
        branch = made if place % 5 == 0 else branch
        runs.append(made)
    return runs


def put(store, *several):
    """Merge runs into a store."""
    store.merge([Op("post", made) for runs in several for made in runs])
