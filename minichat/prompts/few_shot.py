"""Prompts with examples: as one text, or as messages of a conversation that never was.

The examples are fixed, or chosen for each input by a selector: any object with
`select_examples(variables)` that returns a list of dicts, and perhaps `aselect_examples`. Without the
latter a selector is called in a thread where an event loop runs.
"""

from __future__ import annotations

from ..backends.driver import run
from ..errors import ConfigurationError
from .chat import BaseChatPromptTemplate
from .message import BaseMessagePromptTemplate
from .prompt import PromptTemplate
from .string import StringPromptTemplate, check_valid_template, fill_in, get_template_variables
from .template import Template, either, missing_variables

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List, Optional, Union

    from ..messages import BaseMessage

__all__ = ["FewShotChatMessagePromptTemplate", "FewShotPromptTemplate"]


class _WithExamples(Template):
    """The fields and the way to the examples."""

    examples: Optional[List[Dict[str, Any]]] = None
    example_selector: Any = None

    def _check_examples(self, prompt: Any, *kinds: type) -> None:
        if not isinstance(prompt, kinds):
            wanted = " or ".join([kind.__name__ for kind in kinds])
            raise ConfigurationError(
                f"{type(self).__name__}: example_prompt= takes a {wanted}, not {type(prompt).__name__}"
            )
        if self.examples and self.example_selector:
            raise ConfigurationError(f"{type(self).__name__} takes examples= or example_selector=, not both")
        if self.examples is None and self.example_selector is None:
            raise ConfigurationError(f"{type(self).__name__} needs examples= or example_selector=")
        if self.example_selector is not None and not hasattr(self.example_selector, "select_examples"):
            raise ConfigurationError(
                f"{type(self).__name__}: example_selector= needs a method select_examples(variables)"
            )

    async def _examples_for(
        self, asynchronous: bool, values: Dict[str, Any], names: List[str]
    ) -> List[Dict[str, Any]]:
        """Return the examples for an input, each reduced to the variables that its template has."""
        selector = self.example_selector
        if self.examples is not None:
            examples = self.examples
        elif not asynchronous:
            examples = selector.select_examples(values)
        elif hasattr(selector, "aselect_examples"):
            examples = await selector.aselect_examples(values)
        else:
            from ..backends.aio import backend

            examples = await backend.call(selector.select_examples, values)
        for example in examples:
            if not example.keys() >= set(names):
                raise missing_variables("example_prompt", names, example)
        return [{name: example[name] for name in names} for example in examples]


class FewShotPromptTemplate(_WithExamples, StringPromptTemplate):
    """Examples between a prefix and a suffix, as one text.

    >>> prompt = FewShotPromptTemplate(
    ...     examples=[{"word": "hot", "other": "cold"}, {"word": "big", "other": "small"}],
    ...     example_prompt=PromptTemplate.from_template("{word} - {other}"),
    ...     suffix="{word} -",
    ...     example_separator="\\n",
    ... )
    >>> print(prompt.format(word="new"))
    hot - cold
    big - small
    new -

    Prefix, filled-in examples and suffix together are a template once more, as in LangChain: a brace in
    an example is written twice.
    Raises: ConfigurationError (a ValueError).
    """

    input_variables: List[str] = []
    validate_template: bool = False
    example_prompt: PromptTemplate
    suffix: str
    example_separator: str = "\n\n"
    prefix: str = ""
    template_format: str = "f-string"

    def model_post_init(self, context: Any) -> None:
        self._check_examples(self.example_prompt, PromptTemplate)
        if self.template_format != "f-string":
            raise ConfigurationError(
                f"FewShotPromptTemplate: template_format must be 'f-string', not {self.template_format!r}"
            )
        around = self.prefix + self.suffix
        if self.validate_template:
            check_valid_template(
                around, self.template_format, [*self.input_variables, *self.partial_variables]
            )
        else:
            found = get_template_variables(around, self.template_format)
            self.input_variables = [name for name in found if name not in self.partial_variables]
        super().model_post_init(context)

    def format(self, **kwargs: Any) -> str:
        return run(self._formatted(False, kwargs))

    async def aformat(self, **kwargs: Any) -> str:
        return await self._formatted(True, kwargs)

    async def _formatted(self, asynchronous: bool, given: Dict[str, Any]) -> str:
        values = self._merge_partial_and_user_variables(**given)
        pieces = [self.prefix]
        for example in await self._examples_for(asynchronous, values, self.example_prompt.input_variables):
            pieces.append(await either(asynchronous, self.example_prompt, "format", example))
        pieces.append(self.suffix)
        template = self.example_separator.join([piece for piece in pieces if piece])
        return fill_in(template, self.template_format, values, owner=type(self).__name__)


class FewShotChatMessagePromptTemplate(BaseChatPromptTemplate, _WithExamples):
    """Examples as messages, to be put into a ChatPromptTemplate.

    >>> from .chat import ChatPromptTemplate
    >>> examples = FewShotChatMessagePromptTemplate(
    ...     examples=[{"question": "2+2", "answer": "4"}],
    ...     example_prompt=ChatPromptTemplate([("human", "{question}"), ("ai", "{answer}")]),
    ... )
    >>> ChatPromptTemplate([examples, ("human", "{question}")]).invoke({"question": "2+3"}).to_messages()
    [HumanMessage(content='2+2'), AIMessage(content='4'), HumanMessage(content='2+3')]

    `input_variables` are those a selector wants to see.
    Raises: ConfigurationError (a ValueError).
    """

    input_variables: List[str] = []
    example_prompt: Union[BaseMessagePromptTemplate, BaseChatPromptTemplate]

    def model_post_init(self, context: Any) -> None:
        self._check_examples(self.example_prompt, BaseMessagePromptTemplate, BaseChatPromptTemplate)
        super().model_post_init(context)

    def format_messages(self, **kwargs: Any) -> List[BaseMessage]:
        return run(self._formatted(False, kwargs))

    async def aformat_messages(self, **kwargs: Any) -> List[BaseMessage]:
        return await self._formatted(True, kwargs)

    async def _formatted(self, asynchronous: bool, given: Dict[str, Any]) -> List[BaseMessage]:
        values = self._merge_partial_and_user_variables(**given)
        messages: List[BaseMessage] = []
        for example in await self._examples_for(asynchronous, values, self.example_prompt.input_variables):
            messages += await either(asynchronous, self.example_prompt, "format_messages", example)
        return messages

    def pretty_repr(self, html: bool = False) -> str:
        """Return the examples as titled text, or their template where a selector has them."""
        if self.examples is None:
            return self.example_prompt.pretty_repr(html=html)
        return "\n\n".join([message.pretty_repr(html=html) for message in self.format_messages()])
