"""`generate` and `agenerate`: several conversations, one run and one request each, and one result.

All starts are told first, then the requests are made: one after the other, or side by side on an event
loop; then every run is told its end. Where one fails the others are not lost sight of: those that were
answered are told their end, those that were not are told the error, so that each start has one end.
"""

from __future__ import annotations

from ..backends.driver import closing
from ..messages import convert_to_messages
from ..outputs import LLMResult, RunInfo
from ..runs import Context
from .telling import ModelRun, announce, listeners, structure_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable
    from typing import Any, Dict, List, Optional

    from ..backends.base import Backend
    from ..messages import BaseMessage
    from ..outputs import ChatResult
    from .chat_models import BaseChatModel

__all__ = ["context_of", "generate"]


def context_of(
    backend: Backend, callbacks: Any, tags: Any, metadata: Any, run_name: Any, run_id: Any
) -> Context:
    """Give the context of a call whose config comes as separate arguments."""
    config = {
        "callbacks": callbacks,
        "tags": tags,
        "metadata": metadata,
        "run_name": run_name,
        "run_id": run_id,
    }
    return Context.of(config, backend)


async def generate(
    model: BaseChatModel, ctx: Context, messages: Any, stop: Optional[List[str]], kwargs: Dict[str, Any]
) -> LLMResult:
    """Answer each conversation of `messages`."""
    conversations = [_checked(one) for one in messages]
    form = structure_of(kwargs)
    ctx = listeners(model, ctx, stop, kwargs)
    # The id that was given is the first one's: no two runs can have one.
    runs = [
        ModelRun(ctx if index == 0 else ctx.replaced(run_id=None), model) for index in range(len(conversations))
    ]
    for run, conversation in zip(runs, conversations):
        await announce(model, run, conversation, stop, kwargs, batch_size=len(runs), form=form)
        run.detailed = True  # by whoever called

    def job(run: ModelRun, conversation: List[BaseMessage]) -> Callable[[], Awaitable[ChatResult]]:
        return lambda: model._obtain(run, conversation, stop, kwargs)

    results: Dict[int, ChatResult] = {}
    failures: Dict[int, BaseException] = {}
    first: Optional[BaseException] = None
    try:
        await _work(ctx.backend, [job(*pair) for pair in zip(runs, conversations)], results, failures)
    except BaseException as error:  # of the first that failed, or whoever waits for all of them is cancelled
        first = error
    if failures and first is None:
        first = failures[min(failures)]
    if first is not None:
        for index, run in enumerate(runs):
            if index not in results:
                await run.failed(model, failures.get(index, first))
    for index, result in sorted(results.items()):
        await runs[index].ended(result)
    if first is not None:
        raise first
    answers = [results[index] for index in range(len(runs))]
    return LLMResult(
        generations=[answer.generations for answer in answers],
        llm_output=model._combine_llm_outputs([answer.llm_output for answer in answers]),
        run=[RunInfo(run_id=run.uuid) for run in runs] or None,
    )


async def _work(
    backend: Backend,
    jobs: List[Callable[[], Awaitable[ChatResult]]],
    results: Dict[int, ChatResult],
    failures: Dict[int, BaseException],
) -> None:
    """Do the jobs; on an event loop all at once, where one that fails does not stop the others."""
    if not backend.suspends:
        for index, one in enumerate(jobs):
            results[index] = await one()
        return
    async with closing(backend.completed(jobs, None)) as completed:
        async for index, result, error in completed:
            if error is None:
                results[index] = result
            else:
                failures[index] = error


def _checked(conversation: Iterable[Any]) -> List[BaseMessage]:
    for message in conversation:
        if not (hasattr(message, "type") and hasattr(message, "content")):
            raise AttributeError(
                f"generate takes lists of messages, one list for each answer; {message!r} is no message "
                "(invoke takes texts, pairs and dictionaries too)"
            )
    return convert_to_messages(conversation)
