"""`astream_log`: a run's output together with what the runs below it do, as patches to one log.

The run goes on in a task (streaming.py). The patches come from two sides: `astream_log` itself tells each
piece of the output and the sum so far, and a handler tells the begin, the pieces and the end of every run
below the root. There are two forms. Where the root is a chat model, that of LangChain's quick start: no
name, no type, and when the model has ended one patch with its whole answer, as `generate` would give it.
Everywhere else the later form, of langchain-core 1.8. Which of the two it is, is known when the root begins.
"""

from __future__ import annotations

from ..backends.driver import closing
from ..backends.locks import Lock
from ..context import Context
from ..runnables.base import asyncio_backend
from ..runnables.streams import once
from ..runs import new_run_id
from .base import BaseTracer
from .log_patch import LogEntry, RunLog, RunLogPatch, RunState, difference, operation, pointer
from .streaming import Filter, Mailbox, events_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence
    from datetime import datetime
    from typing import Any, Dict, List, Optional, Union
    from uuid import UUID

    from ..outputs import LLMResult
    from ..runnables.base import Runnable
    from .schemas import Run

    Names = Optional[Sequence[str]]

__all__ = ["LogEntry", "LogStreamCallbackHandler", "RunLog", "RunLogPatch", "RunState", "astream_log"]


class LogStreamCallbackHandler(BaseTracer):
    """A tracer that writes what happens below its first run as patches, for whoever iterates it.

    Make it inside the event loop in which it is iterated. The iteration ends with the first run, unless
    `auto_close` is False. The names, types and tags choose among the runs below: one of the included,
    where any are given, and none of the excluded.
    """

    def __init__(
        self,
        *,
        auto_close: bool = True,
        include_names: Names = None,
        include_types: Names = None,
        include_tags: Names = None,
        exclude_names: Names = None,
        exclude_types: Names = None,
        exclude_tags: Names = None,
    ) -> None:
        super().__init__()
        self.auto_close = auto_close
        self._chosen = Filter(
            (include_names, include_types, include_tags), (exclude_names, exclude_types, exclude_tags)
        )
        self.root_id: Optional[UUID] = None
        self.root_is_model = False
        self.root_answer: Optional[LLMResult] = None  # of a root that is a model, once it has ended
        self.mailbox = Mailbox()
        self._lock = Lock()  # functions may run side by side in threads, and what they call begins there
        self._counts: Dict[str, int] = {}  # name -> how many runs of it have begun
        self._paths: Dict[UUID, str] = {}  # run -> where it stands in the log
        self._answers: Dict[UUID, LLMResult] = {}

    async def __aiter__(self) -> AsyncGenerator[RunLogPatch, None]:
        while True:
            patch = await self.mailbox.queue.get()
            if patch is None:
                return
            yield patch

    def send(self, *ops: Dict[str, Any]) -> bool:
        """Leave a patch for whoever iterates; False when nobody does any more."""
        self.mailbox.put(RunLogPatch(*ops))
        return not self.mailbox.closed

    def include_run(self, run: Run) -> bool:
        """Tell whether a run is one of those below the root that the log is to show."""
        return run.id != self.root_id and self._chosen(run.name, run.run_type, run.tags)

    # -- what happens ----------------------------------------------------------------------

    def begin(self, run_id: Any, name: str, run_type: str) -> None:
        """Tell the root: the state that all other patches change."""
        state: Dict[str, Any] = {"id": str(run_id), "streamed_output": [], "final_output": None, "logs": {}}
        self.root_is_model = run_type == "llm"
        if not self.root_is_model:
            state.update(name=name, type=run_type)
        self.send(operation("replace", "", state))

    def _on_run_create(self, run: Run) -> None:
        if self.root_id is None:
            self.root_id = run.id
            self.begin(run.id, run.name, run.run_type)
        if not self.include_run(run):
            return
        with self._lock:
            count = self._counts[run.name] = self._counts.get(run.name, 0) + 1
        path = pointer("logs", run.name if count == 1 else f"{run.name}:{count}")
        entry = {
            "id": str(run.id),
            "name": run.name,
            "type": run.run_type,
            "tags": run.tags,
            "metadata": run.metadata,
            "start_time": _written(run.start_time),
            "streamed_output": [],
            "streamed_output_str": [],
            "final_output": None,
            "end_time": None,
        }
        self.send(operation("add", path, entry))
        self._paths[run.id] = path

    def on_llm_new_token(self, token: Any, *, chunk: Any = None, **kwargs: Any) -> Any:
        path = self._paths.get(kwargs["run_id"])  # and no more: the tree need not remember each token
        if path is not None:
            piece = token if chunk is None else getattr(chunk, "message", token)
            text = operation("add", path + "/streamed_output_str/-", token)
            self.send(text, operation("add", path + "/streamed_output/-", piece))

    def on_run_chunk(self, chunk: Any, *, run_id: UUID, **kwargs: Any) -> None:
        """Hear of a piece that a run streams which is no model's; runs tells every one as it passes."""
        path = self._paths.get(run_id)
        if path is not None:
            self.send(operation("add", path + "/streamed_output/-", chunk))

    def on_llm_end(self, response: LLMResult, *, run_id: UUID, **kwargs: Any) -> Any:
        self._answers[run_id] = response
        return super().on_llm_end(response, run_id=run_id, **kwargs)

    def on_llm_error(
        self, error: BaseException, *, run_id: UUID, response: Optional[LLMResult] = None, **kwargs: Any
    ) -> Any:
        if response is not None:
            self._answers[run_id] = response  # what had come
        return super().on_llm_error(error, run_id=run_id, response=response, **kwargs)

    def _on_run_update(self, run: Run) -> None:
        answer = self._answers.pop(run.id, None)
        path = self._paths.pop(run.id, None)
        if path is not None:
            output = _output(run) if answer is None else _answer(answer)
            end = operation("add", path + "/end_time", _written(run.end_time))
            self.send(operation("add", path + "/final_output", output), end)
        elif run.id == self.root_id:
            if run.error is None:
                self.root_answer = answer
            if self.auto_close:
                self.mailbox.put(None)

    def _persist_run(self, run: Run) -> None:
        """Keep nothing: what there is to tell has been told."""


def _written(time: Optional[datetime]) -> Optional[str]:
    return None if time is None else time.isoformat(timespec="milliseconds")


def _output(run: Run) -> Any:
    """Give what a run gave: a prompt its prompt value, others `{"output": ...}` or a dictionary of their own."""
    outputs = run.outputs or {}
    return outputs["output"] if run.run_type == "prompt" and "output" in outputs else outputs


def _answer(result: LLMResult, *, plain: bool = False) -> Dict[str, Any]:
    """Give a model's answer as a dictionary with the message in it; `plain` as the quick start prints it."""

    def described(value: Any, fields: Dict[str, Any]) -> Dict[str, Any]:
        return fields if plain else {**fields, "type": type(value).__name__}

    def generation(one: Any) -> Dict[str, Any]:
        fields = {"text": one.text, "generation_info": one.generation_info}
        if hasattr(one, "message"):
            fields["message"] = one.message
        return described(one, fields)

    answers = [[generation(one) for one in several] for several in result.generations]
    return described(result, {"generations": answers, "llm_output": result.llm_output, "run": result.run})


# -- Runnable.astream_log ------------------------------------------------------------------


async def astream_log(
    runnable: Runnable[Any, Any],
    input: Any,
    config: Any = None,
    *,
    diff: bool = True,
    with_streamed_output_list: bool = True,
    include_names: Names = None,
    include_types: Names = None,
    include_tags: Names = None,
    exclude_names: Names = None,
    exclude_types: Names = None,
    exclude_tags: Names = None,
    **kwargs: Any,
) -> AsyncGenerator[Union[RunLogPatch, RunLog], None]:
    """Run `runnable` and yield a patch for each thing that happens; with `diff=False` the log after each.

    Raises: what the run raises, after the patches that had come. Leaving early ends the run at once.
    """
    log = LogStreamCallbackHandler(
        auto_close=False,
        include_names=include_names,
        include_types=include_types,
        include_tags=include_tags,
        exclude_names=exclude_names,
        exclude_types=exclude_types,
        exclude_tags=exclude_tags,
    )
    ctx = Context.of(config, asyncio_backend())
    ctx = ctx.replaced(handlers=(*ctx.handlers, log), inheritable=(*ctx.inheritable, log))

    async def work() -> None:
        output = _Output(with_list=with_streamed_output_list)
        async with closing(runnable._run_stream(ctx, once(input), **kwargs)) as pieces:
            async for items in pieces:
                if log.root_id is None and output.empty:  # a runnable of a user's, whose calls are no runs
                    log.begin(ctx.run_id or new_run_id(), runnable.get_name(), "chain")
                for item in items:
                    ops = output.add(item, summed=not log.root_is_model)
                    if ops:
                        log.send(*ops)
                await log.mailbox.taken()
        if log.root_answer is not None:  # last: a model that cannot stream ends before its piece is out
            log.send(operation("replace", "/final_output", _answer(log.root_answer, plain=True)))

    whole = RunLog(state=None)
    async with closing(events_of(work, log.mailbox)) as patches:
        async for patch in patches:
            if diff:
                yield patch
            else:
                whole = whole + patch
                yield whole


class _Output:
    """The root's output so far, and the operations that tell what a piece adds to it."""

    __slots__ = ("empty", "sum", "with_list")

    def __init__(self, *, with_list: bool) -> None:
        self.with_list = with_list
        self.empty = True
        self.sum: Any = None

    def add(self, piece: Any, *, summed: bool) -> List[Dict[str, Any]]:
        self.empty = False
        ops = [operation("add", "/streamed_output/-", piece)] if self.with_list else []
        if not summed:
            return ops
        before, self.sum = self.sum, piece
        if before is not None:
            try:
                self.sum = before + piece
            except TypeError:  # pieces that do not add up, such as plain dictionaries: the last one counts
                before = None
        return ops + difference("/final_output", before, self.sum)
