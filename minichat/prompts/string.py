"""Prompts that are one text, and the two languages such a text may be written in.

An f-string template is a text with `{name}`, `{name!r}`, `{name:>8}`; `{{` and `}}` are braces. It is
filled in by `str.format`, which can do more than a prompt from elsewhere should: read attributes
(`{x.__class__}`) and items, and take a format from another variable (`{x:{y}}`). Whatever goes beyond
a name is therefore refused, when the template is made and again before it is filled in. Mustache has
its own module. jinja2 would be a third-party package, and runs code: it is refused.
"""

from __future__ import annotations

from functools import lru_cache
from string import Formatter

from ..errors import ConfigurationError
from ..prompt_values import StringPromptValue
from .base import BasePromptTemplate
from .mustache import mustache_formatter, mustache_template_vars
from .template import missing_variables

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, Dict, List, Literal, Tuple

    from ..prompt_values import PromptValue

    PromptTemplateFormat = Literal["f-string", "mustache", "jinja2"]
else:
    PromptTemplateFormat = str

__all__ = [
    "PromptTemplateFormat",
    "StringPromptTemplate",
    "check_valid_template",
    "fill_in",
    "get_template_variables",
    "mustache_formatter",
    "mustache_template_vars",
    "validate_f_string_template",
]


def get_template_variables(template: str, template_format: str) -> List[str]:
    """Return the sorted names of the variables in a template; of mustache the outermost.

    >>> get_template_variables("{b} {a!r} {{c}}", "f-string")
    ['a', 'b']
    >>> get_template_variables("{{b.x}} {{#a}}{{c}}{{/a}}", "mustache")
    ['a', 'b']

    Raises: ConfigurationError (a ValueError) for a template that is none, for what an f-string
    template may not do, and for another format.
    """
    if not isinstance(template, str):
        raise ConfigurationError(f"a template is a str, not {type(template).__name__}")
    _check_format(template_format)
    if template_format == "mustache":
        return sorted(mustache_template_vars(template))
    return validate_f_string_template(template)


def validate_f_string_template(template: str) -> List[str]:
    """Return the sorted names of the variables in an f-string template. Raises: ConfigurationError."""
    return list(_f_string_variables(template))


def check_valid_template(template: str, template_format: str, input_variables: Sequence[str]) -> None:
    """Check that an f-string template can be filled in with texts for these variables.

    Raises: ConfigurationError (a ValueError) otherwise, and for other formats.
    """
    if template_format != "f-string":
        raise ConfigurationError(f"only 'f-string' templates can be checked, not {template_format!r}")
    absent = [name for name in _f_string_variables(template) if name not in input_variables]
    if absent:
        raise ConfigurationError(
            f"the template has the variables {absent} that input_variables={list(input_variables)} has not"
        )
    try:
        template.format_map(dict.fromkeys(input_variables, "text"))
    except ValueError as error:
        raise ConfigurationError(f"the template cannot be filled in with texts: {error}") from error


def fill_in(
    template: str, template_format: str, values: Dict[str, Any], *, owner: str = "the template"
) -> str:
    """Return the template with the values in their places.

    Raises: KeyError naming what is missing in an f-string template (mustache leaves it empty); IndexError
    for a `{}` in one; whatever a value makes of the format it is asked for; ConfigurationError for a
    template that is none.
    """
    if template_format == "mustache":
        return mustache_formatter(template, **values)
    names = _f_string_variables(template)
    if "" in names:
        raise IndexError("f-string template: {} has no name; a brace that is text is written twice: {{}}")
    for name in names:
        if name not in values:
            raise missing_variables(owner, names, values)
    return template.format_map(values)


class StringPromptTemplate(BasePromptTemplate[str]):
    """Base of prompts that are one text. A subclass defines `format(**variables)`.

    >>> class Loud(StringPromptTemplate):
    ...     def format(self, **kwargs):
    ...         return kwargs["what"].upper()
    >>> Loud(input_variables=["what"]).format_prompt(what="hi")
    StringPromptValue(text='HI')
    """

    def format_prompt(self, **kwargs: Any) -> PromptValue:
        return StringPromptValue(text=self.format(**kwargs))

    async def aformat_prompt(self, **kwargs: Any) -> PromptValue:
        return StringPromptValue(text=await self.aformat(**kwargs))

    def pretty_repr(self, html: bool = False) -> str:
        return self.format(**{name: Placeholder(coloured(name, html)) for name in self.input_variables})


class Placeholder(str):
    """A variable's name in the place of its value, even where a number is asked for."""

    def __format__(self, spec: str) -> str:
        try:
            return super().__format__(spec)
        except ValueError:
            return str(self)


def coloured(name: str, html: bool) -> str:
    """Return a variable in braces, yellow (terminal escapes) where wanted."""
    braces = "{" + name + "}"
    return f"\033[33;1m\033[1;3m{braces}\033[0m" if html else braces


def _check_format(template_format: Any) -> None:
    if template_format == "jinja2":
        raise ConfigurationError(
            "template_format='jinja2' needs a third-party package and runs code found in templates; "
            "write the template as 'f-string' or 'mustache'"
        )
    if template_format not in ("f-string", "mustache"):
        raise ConfigurationError(
            f"Unsupported template format: {template_format!r}; there are 'f-string' and 'mustache'"
        )


@lru_cache(maxsize=256)
def _f_string_variables(template: str) -> Tuple[str, ...]:
    names = set()
    try:
        fields = list(Formatter().parse(template))
    except ValueError as error:
        raise ConfigurationError(
            f"f-string template: {error}; a brace that is text is written twice"
        ) from error
    for _, name, spec, conversion in fields:
        if name is None:
            continue
        if "." in name or "[" in name or "]" in name:
            raise ConfigurationError(
                f"Invalid variable name {name!r} in f-string template: attributes and items cannot be read"
            )
        if name.isdecimal():  # a {} is refused when it is to be filled in, as by LangChain
            raise ConfigurationError(
                f"Invalid variable name {name!r} in f-string template: variables have names, not positions; "
                "a brace that is text is written twice"
            )
        if spec and ("{" in spec or "}" in spec):
            raise ConfigurationError(
                f"f-string template: the format of {name!r} cannot contain another variable"
            )
        if conversion not in (None, "r", "s", "a"):
            raise ConfigurationError(f"f-string template: {name!r} has the unknown conversion {conversion!r}")
        names.add(name)
    return tuple(sorted(names))
