"""DictPromptTemplate: a dict whose texts have variables, for content blocks of any kind."""

from __future__ import annotations

from ..runnables.step import Step
from .string import fill_in, get_template_variables
from .template import Template, missing_variables

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, Dict, List

    from ..runs import Run

__all__ = ["DictPromptTemplate"]


class DictPromptTemplate(Template, Step):
    """A dict with templates among its values, in dicts and lists inside it too; keys are no templates.

    >>> block = DictPromptTemplate(template={"type": "audio", "data": "{sound}"}, template_format="f-string")
    >>> block.invoke({"sound": "UklGRg=="})
    {'type': 'audio', 'data': 'UklGRg=='}

    Raises: ConfigurationError (a ValueError) for a text that is no template.
    """

    run_type = "prompt"

    template: Dict[str, Any]
    template_format: str

    def model_post_init(self, context: Any) -> None:
        self.input_variables  # noqa: B018  (it checks each text)

    @property
    def input_variables(self) -> List[str]:
        found = {
            name
            for text in _texts(self.template)
            for name in get_template_variables(text, self.template_format)
        }
        return sorted(found)

    def format(self, **kwargs: Any) -> Dict[str, Any]:
        """Return the filled-in dict."""
        filled: Dict[str, Any] = self._filled(self.template, kwargs)
        return filled

    async def aformat(self, **kwargs: Any) -> Dict[str, Any]:
        """As `format`."""
        return self.format(**kwargs)

    def pretty_repr(self, html: bool = False) -> str:
        """Return the template as it was written."""
        return str(self.template)

    def _filled(self, value: Any, values: Dict[str, Any]) -> Any:
        if isinstance(value, str):
            return fill_in(value, self.template_format, values, owner=type(self).__name__)
        if isinstance(value, dict):
            return {key: self._filled(one, values) for key, one in value.items()}
        if isinstance(value, (list, tuple)):  # of lists in lists the texts stay as they are, as in LangChain
            return type(value)(
                [self._filled(one, values) if isinstance(one, (str, dict)) else one for one in value]
            )
        return value

    async def _work(self, run: Run, input: Any, **kwargs: Any) -> Any:
        if kwargs:
            raise TypeError(
                f"{type(self).__name__} takes no options: {', '.join(kwargs)} can be bound to the model"
            )
        if not isinstance(input, dict):
            raise TypeError(
                f"Expected mapping type as input to {type(self).__name__}. Received {type(input)}."
            )
        expected = self.input_variables
        if not input.keys() >= set(expected):
            raise missing_variables(type(self).__name__, expected, input)
        return self.format(**input)


def _texts(value: Any) -> Iterator[str]:
    """Give the texts that are templates."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, (list, tuple)):
        for one in value:
            if isinstance(one, (str, dict)):
                yield from _texts(one)
