"""Every run with its input and output as text: on the console, or into a function of yours.

What is printed is LangChain's, byte for byte: a coloured `[chain/start]`, the path of the run in bold, and the
value as indented JSON, or the word `[inputs]` or `[outputs]` where it is not JSON. One thing is mended: where
a tool is called with a dict, LangChain's handler looks for a key "input" and fails; here the dict is printed.
"""

from __future__ import annotations

import json

from ..callbacks.coloring import get_bolded_text, get_colored_text
from .base import BaseTracer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, List

    from .schemas import Run

__all__ = ["ConsoleCallbackHandler", "FunctionCallbackHandler", "elapsed", "try_json_stringify"]


def try_json_stringify(obj: Any, fallback: str) -> str:
    """Give a value as indented JSON, or `fallback` where it is none."""
    try:
        return json.dumps(obj, indent=2, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError):
        return fallback


def elapsed(run: Any) -> str:
    """Give the time between a run's start and end: whole milliseconds, or seconds from one on."""
    seconds: float = (run.end_time - run.start_time).total_seconds()
    return f"{seconds * 1000:.0f}ms" if seconds < 1 else f"{seconds:.2f}s"


class FunctionCallbackHandler(BaseTracer):
    """Calls `function(text)` when a run begins, ends or fails.

    >>> lines = []
    >>> tracer = FunctionCallbackHandler(lines.append)
    >>> from uuid import UUID
    >>> _ = tracer.on_chain_start({}, "in", run_id=UUID(int=1), name="upper")
    >>> lines[0].splitlines()[1:]
    ['\\x1b[0m{', '  "input": "in"', '}']
    """

    name: str = "function_callback_handler"

    def __init__(self, function: Callable[[str], None], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.function_callback = function

    def _persist_run(self, run: Run) -> None:
        """Nothing: what there is to say has been said."""

    def get_parents(self, run: Run) -> List[Run]:
        """Give the runs above, the nearest first, as far as they are still going on."""
        parents: List[Run] = []
        above = run.parent_run_id
        while above is not None:
            parent = self.run_of(above)
            if parent is None:
                break
            parents.append(parent)
            above = parent.parent_run_id
        return parents

    def get_breadcrumbs(self, run: Run) -> str:
        """Give the way from the root to the run, as `chain:RunnableSequence > llm:FakeChatModel`."""
        way = [*reversed(self.get_parents(run)), run]
        return " > ".join(f"{one.run_type}:{one.name}" for one in way)

    def _say(self, event: str, color: str, run: Run, words: str, value: str) -> None:
        crumbs = f"[{self.get_breadcrumbs(run)}] "
        took = f"[{elapsed(run)}] " if run.end_time is not None else ""
        head = get_colored_text(f"[{event}]", color)
        self.function_callback(f"{head} " + get_bolded_text(f"{crumbs}{took}{words}:\n") + value)

    def _on_chain_start(self, run: Run) -> None:
        kind = run.run_type.capitalize()
        value = try_json_stringify(run.inputs, "[inputs]")
        self._say("chain/start", "green", run, f"Entering {kind} run with input", value)

    def _on_chain_end(self, run: Run) -> None:
        kind = run.run_type.capitalize()
        value = try_json_stringify(run.outputs, "[outputs]")
        self._say("chain/end", "blue", run, f"Exiting {kind} run with output", value)

    def _on_chain_error(self, run: Run) -> None:
        kind = run.run_type.capitalize()
        value = try_json_stringify(run.error, "[error]")
        self._say("chain/error", "red", run, f"{kind} run errored with error", value)

    def _on_llm_start(self, run: Run) -> None:
        inputs = run.inputs
        if "prompts" in inputs:
            inputs = {"prompts": [prompt.strip() for prompt in inputs["prompts"]]}
        value = try_json_stringify(inputs, "[inputs]")
        self._say("llm/start", "green", run, "Entering LLM run with input", value)

    def _on_llm_end(self, run: Run) -> None:
        value = try_json_stringify(run.outputs, "[response]")
        self._say("llm/end", "blue", run, "Exiting LLM run with output", value)

    def _on_llm_error(self, run: Run) -> None:
        value = try_json_stringify(run.error, "[error]")
        self._say("llm/error", "red", run, "LLM run errored with error", value)

    def _on_tool_start(self, run: Run) -> None:
        given = run.inputs["input"] if list(run.inputs) == ["input"] else run.inputs
        self._say("tool/start", "green", run, "Entering Tool run with input", f'"{str(given).strip()}"')

    def _on_tool_end(self, run: Run) -> None:
        output = str(run.outputs["output"]).strip()
        self._say("tool/end", "blue", run, "Exiting Tool run with output", f'"{output}"')

    def _on_tool_error(self, run: Run) -> None:
        # The one line that is not bold to its end, as LangChain's.
        head = get_colored_text("[tool/error]", "red")
        crumbs = get_bolded_text(f"[{self.get_breadcrumbs(run)}] [{elapsed(run)}] ")
        self.function_callback(f"{head} {crumbs}Tool run errored with error:\n{run.error}")


class ConsoleCallbackHandler(FunctionCallbackHandler):
    """Prints every run; `set_debug(True)` adds one to every call."""

    name: str = "console_callback_handler"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(function=print, **kwargs)
