"""RunnableSequence: runnables one after the other; what `|` makes.

Streaming, each step reads the stream of the one before it, so pieces go through as they come, as far
as the steps can work on pieces. Closing the last closes all.
"""

from __future__ import annotations

from .base import Runnable
from .step import Step
from .utils import unique_specs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, List, Optional

    from ..runs import Run
    from .streams import Inputs, Pieces
    from .utils import ConfigurableFieldSpec

__all__ = ["RunnableSequence", "coerce_to_runnable", "indent_after_first"]


def coerce_to_runnable(thing: Any) -> Runnable[Any, Any]:
    """Give the runnable that `thing` stands for in a chain.

    A function becomes a RunnableLambda, a generator function a RunnableGenerator, a dict a
    RunnableParallel.

    Raises: TypeError for anything else.
    """
    if isinstance(thing, Runnable):
        return thing
    if callable(thing):
        from .lambdas import RunnableGenerator, RunnableLambda, is_generator

        return RunnableGenerator(thing) if is_generator(thing) else RunnableLambda(thing)
    if isinstance(thing, dict):
        from .parallel import RunnableParallel

        return RunnableParallel(thing)
    raise TypeError(
        f"Expected a Runnable, callable or dict.Instead got an unsupported type: {type(thing)}"
    )


class RunnableSequence(Step):
    """Steps that each take what the one before gave. Sequences inside it are laid flat.

    Raises: ValueError for fewer than two steps.
    """

    def __init__(
        self,
        *steps: Any,
        name: Optional[str] = None,
        first: Any = None,
        middle: Optional[List[Any]] = None,
        last: Any = None,
    ) -> None:
        given = list(steps)
        if not given and first is not None and last is not None:
            given = [first, *(middle or []), last]
        flat: List[Runnable[Any, Any]] = []
        names = [name]
        for step in given:
            if isinstance(step, RunnableSequence):
                flat.extend(step.steps)
                names.append(step.name)
            else:
                flat.append(coerce_to_runnable(step))
        if len(flat) < 2:
            raise ValueError(f"RunnableSequence must have at least 2 steps, got {len(flat)}")
        self.steps: List[Runnable[Any, Any]] = flat
        self.name = next((one for one in names if one), None)
        self._tags = [f"seq:step:{number}" for number in range(1, len(flat) + 1)]

    @property
    def first(self) -> Runnable[Any, Any]:
        return self.steps[0]

    @property
    def middle(self) -> List[Runnable[Any, Any]]:
        return self.steps[1:-1]

    @property
    def last(self) -> Runnable[Any, Any]:
        return self.steps[-1]

    @property
    def InputType(self) -> Any:
        return self.first.InputType

    @property
    def OutputType(self) -> Any:
        return self.last.OutputType

    @property
    def config_specs(self) -> List[ConfigurableFieldSpec]:
        return unique_specs(self.steps)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, RunnableSequence):
            return NotImplemented
        return self.steps == other.steps and self.name == other.name

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        first, *rest = map(repr, self.steps)
        return "\n".join([first, *("| " + indent_after_first(one, "  ") for one in rest)])

    # -- the work --------------------------------------------------------------------------

    async def _work(self, run: Run, input: Any, **kwargs: Any) -> Any:
        for step, tag in zip(self.steps, self._tags):
            input = await step._run_once(run.child(tag), input, **kwargs)
            kwargs = {}  # they are the first step's
        return input

    def _flow(self, run: Run, inputs: Inputs, **kwargs: Any) -> Pieces:
        for step, tag in zip(self.steps, self._tags):
            inputs = step._run_stream(run.child(tag), inputs, **kwargs)
            kwargs = {}
        return inputs  # type: ignore[return-value]


def indent_after_first(text: str, indent: str) -> str:
    """Indent every line of `text` but the first."""
    return text.replace("\n", "\n" + indent)
