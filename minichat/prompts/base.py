"""BasePromptTemplate: a step from a dict of variables to a prompt value.

A kind of prompt says how it formats: `format_prompt(**variables)`, and `aformat_prompt` where that can
wait. Before either is called the input is checked: a bare value stands for the only variable, and a
missing one is a KeyError that says what was expected and what came.
"""

from __future__ import annotations

from functools import partial

from ..errors import ConfigurationError
from ..runnables.step import Step
from ..runs import call_user
from .template import Template, missing_variables

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, Dict, Generic, List, Optional, TypeVar

    from ..prompt_values import PromptValue
    from ..runs import Context, Run

    FormatOutput = TypeVar("FormatOutput", covariant=True)
else:
    from ..backends.driver import Generic

    FormatOutput = object

__all__ = ["BasePromptTemplate", "aformat_document", "format_document"]


class BasePromptTemplate(Template, Step, Generic[FormatOutput]):
    """Base of prompt templates; what a subclass has to define is `format` and `format_prompt`.

    `input_variables` must come with the input, `optional_variables` may. `partial_variables` are
    filled in already; a function among them is called each time. `tags` and `metadata` are added to
    the prompt's run. `input_types` and `output_parser` are kept for those who read them.

    Raises: ConfigurationError (a ValueError) for a variable named "stop", which is the name of an
    option of chat models, and for one that is both input and partial.
    """

    run_type = "prompt"

    input_variables: List[str]
    optional_variables: List[str] = []
    input_types: Dict[str, Any] = {}
    output_parser: Any = None
    partial_variables: Mapping[str, Any] = {}
    metadata: Optional[Dict[str, Any]] = None
    tags: Optional[List[str]] = None

    def model_post_init(self, context: Any) -> None:
        kind = type(self).__name__
        for names in (self.input_variables, self.partial_variables):
            if "stop" in names:
                raise ConfigurationError(f"{kind}: a variable cannot be named 'stop'; please rename it")
        both = sorted(set(self.input_variables).intersection(self.partial_variables))
        if both:
            raise ConfigurationError(
                f"{kind}: {', '.join(both)}: both in input_variables and in partial_variables"
            )

    # -- what a kind of prompt defines ---------------------------------------------------------------

    def format(self, **kwargs: Any) -> FormatOutput:
        """Return the filled-in template in the form that suits it best."""
        raise NotImplementedError(f"{type(self).__name__} does not define format()")

    async def aformat(self, **kwargs: Any) -> FormatOutput:
        """As `format`; for prompts that have to wait for something."""
        return self.format(**kwargs)

    def format_prompt(self, **kwargs: Any) -> PromptValue:
        """Return the filled-in template as a prompt value."""
        raise NotImplementedError(f"{type(self).__name__} does not define format_prompt()")

    async def aformat_prompt(self, **kwargs: Any) -> PromptValue:
        """As `format_prompt`; for prompts that have to wait for something."""
        return self.format_prompt(**kwargs)

    # -- what they all can ---------------------------------------------------------------------------

    def partial(self, **kwargs: Any) -> Any:
        """Return a prompt with some variables filled in, each with a value or a function that gives it."""
        values = self._values()
        values["input_variables"] = [name for name in self.input_variables if name not in kwargs]
        values["partial_variables"] = {**self.partial_variables, **kwargs}
        return type(self)(**values)

    def pretty_repr(self, html: bool = False) -> str:
        """Return the template as text for people; `html` colours it (terminal escapes)."""
        raise NotImplementedError(f"{type(self).__name__} does not define pretty_repr()")

    def pretty_print(self) -> None:
        """Print `pretty_repr()`."""
        print(self.pretty_repr())

    def _merge_partial_and_user_variables(self, **kwargs: Any) -> Dict[str, Any]:
        partials = {
            name: value() if callable(value) else value for name, value in self.partial_variables.items()
        }
        return {**partials, **kwargs}

    def _validate_input(self, input: Any) -> Dict[str, Any]:
        """Return the variables in the input of a run.

        Raises: TypeError for a bare value where it is not clear which variable it is; KeyError.
        """
        name, expected = type(self).__name__, self.input_variables
        if not isinstance(input, dict):
            if len(expected) != 1:
                raise TypeError(f"Expected mapping type as input to {name}. Received {type(input)}.")
            input = {expected[0]: input}
        variables: Dict[str, Any] = input
        if not variables.keys() >= set(expected):
            raise missing_variables(name, expected, variables)
        return variables

    # -- being a step --------------------------------------------------------------------------------

    async def _work(self, run: Run, input: Any, **kwargs: Any) -> Any:
        if kwargs:
            raise TypeError(
                f"{type(self).__name__} takes no options: {', '.join(kwargs)} can be bound to the model"
            )
        values = self._validate_input(input)
        method = self.aformat_prompt if run.context.backend.suspends else self.format_prompt
        return await call_user(run.child(), partial(method, **values))

    def _described(self, run: Run) -> Any:
        if not any(getattr(handler, "wants_manifests", False) for handler in run.context.handlers):
            return None
        from ..tracers.langsmith.manifests import manifest_of

        return manifest_of(self)

    async def _run_once(self, ctx: Context, input: Any, **kwargs: Any) -> Any:
        own = ctx.with_own(tags=self.tags, metadata=self.metadata)
        return await super()._run_once(own, input, **kwargs)


def format_document(doc: Any, prompt: BasePromptTemplate[str]) -> str:
    """Return the prompt filled in with what a document has: `page_content`, and its `metadata` by name.

    Raises: ConfigurationError (a ValueError) for variables that the document does not have.
    """
    return prompt.format(**_read_document(doc, prompt))


async def aformat_document(doc: Any, prompt: BasePromptTemplate[str]) -> str:
    """As `format_document`; for prompts that have to wait for something."""
    return await prompt.aformat(**_read_document(doc, prompt))


def _read_document(doc: Any, prompt: BasePromptTemplate[str]) -> Dict[str, Any]:
    found = {"page_content": doc.page_content, **doc.metadata}
    absent = [name for name in prompt.input_variables if name not in found]
    if absent:
        raise ConfigurationError(
            f"format_document: the prompt needs {absent}, which the document's metadata has not"
        )
    return {name: found[name] for name in prompt.input_variables}
