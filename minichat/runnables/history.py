"""RunnableWithMessageHistory: a chain with a conversation, loaded before and added to after each call."""

from __future__ import annotations

from ..backends.driver import closing
from ..errors import ConfigurationError
from ..messages import AIMessage, BaseMessage, HumanMessage
from ..runs import call_user
from .base import Runnable
from .lambdas import RunnableLambda
from .passthrough import RunnableAssign
from .sequence import coerce_to_runnable
from .step import Step
from .streams import Sum, gather, once
from .utils import ConfigurableFieldSpec, unique_specs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, Dict, List, Optional

    from ..runs import Context, Run
    from .streams import Inputs, Pieces

__all__ = ["RunnableWithMessageHistory"]

SESSION = ConfigurableFieldSpec(
    id="session_id",
    annotation=str,
    name="Session ID",
    description="Unique identifier for a session.",
    default="",
    is_shared=True,
)


class RunnableWithMessageHistory(Step):
    """Gives `runnable` the messages of a history, and adds its input and answer to them.

    `get_session_history(session_id)` gives the history (`BaseChatMessageHistory`) of
    `config["configurable"]["session_id"]`; with `history_factory_config` it takes those fields by name.
    `input_messages_key`, `history_messages_key`: where the new messages and the history stand in a dict
    input; without them the runnable takes a list of messages. `output_messages_key`: where the answer
    stands in a dict output.

    What was answered in full is added, by the end of the call; an answer that failed or was left early
    is not. A history that cannot be written to loses no answer: that is logged.

    Raises: ValueError for a key of `configurable` that is missing.
    """

    _gathers = True

    def __init__(
        self,
        runnable: Any,
        get_session_history: Callable[..., Any],
        *,
        input_messages_key: Optional[str] = None,
        output_messages_key: Optional[str] = None,
        history_messages_key: Optional[str] = None,
        history_factory_config: Optional[Sequence[ConfigurableFieldSpec]] = None,
    ) -> None:
        self.runnable: Runnable[Any, Any] = coerce_to_runnable(runnable)
        self.get_session_history = get_session_history
        self.input_messages_key = input_messages_key
        self.output_messages_key = output_messages_key
        self.history_messages_key = history_messages_key
        self.history_factory_config = list(history_factory_config or [SESSION])
        key = history_messages_key or input_messages_key
        load = RunnableLambda(self._load, self._aload).with_config(run_name="load_history")
        self._loading = RunnableAssign({key: load}).with_config(run_name="insert_history") if key else load

    @property
    def config_specs(self) -> List[ConfigurableFieldSpec]:
        return [*unique_specs([self.runnable]), *self.history_factory_config]

    def __repr__(self) -> str:
        return f"RunnableWithMessageHistory(runnable={self.runnable!r})"

    # -- the history of a call -------------------------------------------------------------

    def _history(self, ctx: Context) -> Any:
        from inspect import signature

        given = ctx.configurable
        keys = [field.id for field in self.history_factory_config]
        parameters = list(signature(self.get_session_history).parameters)
        missing = sorted(set(keys) - set(given))
        if missing and parameters:
            example = {"configurable": dict.fromkeys(missing, "[your-value-here]")}
            raise ConfigurationError(
                f"Missing keys {missing} in config['configurable'] Expected keys are {sorted(keys)}."
                "When using via .invoke() or .stream(), pass in a config; "
                f"e.g., chain.invoke({{{self.input_messages_key!r}: 'foo'}}, {example})"
            )
        if not parameters:
            return self.get_session_history()
        if len(keys) == 1:
            return self.get_session_history(given[keys[0]])
        if set(keys) != set(parameters):
            raise ConfigurationError(
                f"Expected keys {sorted(keys)} do not match parameter names {sorted(parameters)} "
                "of get_session_history."
            )
        return self.get_session_history(**{key: given[key] for key in keys})

    def _load(self, value: Any, config: Any) -> List[BaseMessage]:
        history = config["configurable"]["message_history"]
        return self._with_new(list(history.messages), value)

    async def _aload(self, value: Any, config: Any) -> List[BaseMessage]:
        history = config["configurable"]["message_history"]
        return self._with_new(list(await history.aget_messages()), value)

    def _with_new(self, messages: List[BaseMessage], value: Any) -> List[BaseMessage]:
        if self.history_messages_key:
            return messages
        return messages + self._new_messages(value)

    def _new_messages(self, value: Any) -> List[BaseMessage]:
        if isinstance(value, dict):
            value = _at(value, self.input_messages_key, "input")
        if isinstance(value, str):
            return [HumanMessage(content=value)]
        return _listed(value)

    def _answer(self, value: Any) -> List[BaseMessage]:
        if isinstance(value, dict):
            value = _at(value, self.output_messages_key, "output")
        if isinstance(value, str):
            return [AIMessage(content=value)]
        return _listed(value)

    async def _save(self, run: Run, history: Any, input: Any, output: Any) -> None:
        try:
            messages = self._new_messages(input) + self._answer(output)
            add = history.aadd_messages if run.context.backend.suspends else history.add_messages
            await call_user(run.child(), add, messages)
        except Exception as error:
            import logging

            logging.getLogger(__name__).warning("the message history was not written to: %r", error)

    # -- the work --------------------------------------------------------------------------

    def _opened(self, run: Run) -> Any:
        """Give the history of this call and the context of what is called in it."""
        history = self._history(run.context)
        child = run.child()
        return history, child.replaced(configurable={**child.configurable, "message_history": history})

    async def _work(self, run: Run, input: Any, **kwargs: Any) -> Any:
        history, child = self._opened(run)
        loaded = await self._loading._run_once(child, input)
        output = await self.runnable._run_once(child, loaded, **kwargs)
        await self._save(run, history, input, output)
        return output

    async def _flow(self, run: Run, inputs: Inputs, **kwargs: Any) -> Pieces:
        input = await gather(inputs)
        history, child = self._opened(run)
        loaded = await self._loading._run_once(child, input)
        total = Sum()
        stream = self.runnable._run_stream(child, once(loaded), **kwargs)
        async with closing(stream) as pieces:
            async for items in pieces:
                for item in items:
                    total.add(item)
                yield items
        await self._save(run, history, input, total.value)


def _at(value: Dict[str, Any], key: Optional[str], default: str) -> Any:
    if key:
        return value[key]
    return next(iter(value.values())) if len(value) == 1 else value[default]


def _listed(value: Any) -> List[BaseMessage]:
    if isinstance(value, BaseMessage):
        from ..messages import message_chunk_to_message

        return [message_chunk_to_message(value)]
    if isinstance(value, (list, tuple)):
        if value and isinstance(value[0], list):  # what a model is told in a batch of one
            if len(value) != 1:
                raise ConfigurationError(f"Expected a single list of messages. Got {value}.")
            return list(value[0])
        return list(value)
    raise ConfigurationError(
        f"Expected str, BaseMessage, list[BaseMessage], or tuple[BaseMessage]. Got {value}."
    )
