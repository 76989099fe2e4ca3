"""PromptTemplate: a prompt written as one text with variables."""

from __future__ import annotations

from ..errors import ConfigurationError
from .string import StringPromptTemplate, check_valid_template, fill_in, get_template_variables

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List, Optional

__all__ = ["PromptTemplate"]


class PromptTemplate(StringPromptTemplate):
    """A text with variables, as f-string or mustache.

    >>> prompt = PromptTemplate.from_template("Say {word} to {name}.")
    >>> prompt.invoke({"word": "hello", "name": "Ada"})
    StringPromptValue(text='Say hello to Ada.')
    >>> (prompt.partial(word="goodbye") + " And leave.").invoke("Alan").text
    'Say goodbye to Alan. And leave.'

    `input_variables` are read from the template. With `validate_template` those given are compared
    with it first (f-string only).
    Raises: ConfigurationError (a ValueError) for a template that is none.
    """

    input_variables: List[str] = []
    template: str
    template_format: str = "f-string"
    validate_template: bool = False

    def model_post_init(self, context: Any) -> None:
        if self.validate_template:
            if self.template_format == "mustache":
                raise ConfigurationError(
                    "PromptTemplate: validate_template is for f-string templates, not for mustache"
                )
            if "input_variables" not in self._given:
                raise ConfigurationError(
                    "PromptTemplate: validate_template needs input_variables=[...] to compare with"
                )
            check_valid_template(
                self.template, self.template_format, [*self.input_variables, *self.partial_variables]
            )
        found = get_template_variables(self.template, self.template_format)
        self.input_variables = [name for name in found if name not in self.partial_variables]
        super().model_post_init(context)

    @classmethod
    def from_template(
        cls,
        template: str,
        *,
        template_format: str = "f-string",
        partial_variables: Optional[Dict[str, Any]] = None,
        **kwargs: Any,
    ) -> PromptTemplate:
        """Return the prompt of a text; `kwargs` are further fields."""
        partials = partial_variables or {}
        found = get_template_variables(template, template_format)
        return cls(
            input_variables=[name for name in found if name not in partials],
            template=template,
            template_format=template_format,
            partial_variables=partials,
            **kwargs,
        )

    @classmethod
    def from_examples(
        cls,
        examples: List[str],
        suffix: str,
        input_variables: List[str],
        example_separator: str = "\n\n",
        prefix: str = "",
        **kwargs: Any,
    ) -> PromptTemplate:
        """Return a prompt of prefix, examples and suffix, all of them templates."""
        template = example_separator.join([prefix, *examples, suffix])
        return cls(input_variables=input_variables, template=template, **kwargs)

    def format(self, **kwargs: Any) -> str:
        values = self._merge_partial_and_user_variables(**kwargs)
        return fill_in(self.template, self.template_format, values, owner=type(self).__name__)

    def __add__(self, other: Any) -> PromptTemplate:
        """Return both texts as one prompt; a str is a template of the same format.

        Raises: ConfigurationError for two formats, or a variable that both have filled in.
        """
        if isinstance(other, str):
            other = PromptTemplate.from_template(other, template_format=self.template_format)
        if not isinstance(other, PromptTemplate):
            raise NotImplementedError(f"Unsupported operand type for +: {type(other)}")
        if other.template_format != self.template_format:
            raise ConfigurationError(
                f"a {self.template_format} template and a {other.template_format} template cannot be added"
            )
        both = sorted(set(self.partial_variables).intersection(other.partial_variables))
        if both:
            raise ConfigurationError(f"both templates have filled in {', '.join(both)}")
        return PromptTemplate(
            template=self.template + other.template,
            input_variables=sorted({*self.input_variables, *other.input_variables}),
            partial_variables={**self.partial_variables, **other.partial_variables},
            template_format=self.template_format,
            validate_template=self.validate_template and other.validate_template,
        )
