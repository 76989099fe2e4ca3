"""Templates of single messages: one for each speaker, and the placeholder for messages that exist already.

The content is a text template, or a list of them with pictures and blocks of any other kind between.
The role decides the class of the message and nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..backends.driver import run
from ..errors import ConfigurationError
from ..messages import AIMessage, BaseMessage, ChatMessage, HumanMessage, SystemMessage, convert_to_messages
from ..messages.base import get_msg_title_repr
from .dict import DictPromptTemplate
from .image import ImagePromptTemplate
from .prompt import PromptTemplate
from .string import StringPromptTemplate, coloured, get_template_variables
from .template import Template, either, missing_variables

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List, Optional, Type, TypeVar, Union

    from .chat import ChatPromptTemplate

    Part = Union[StringPromptTemplate, ImagePromptTemplate, DictPromptTemplate]
    Kind = TypeVar("Kind", bound="BaseStringMessagePromptTemplate")

__all__ = [
    "AIMessagePromptTemplate",
    "BaseMessagePromptTemplate",
    "BaseStringMessagePromptTemplate",
    "ChatMessagePromptTemplate",
    "HumanMessagePromptTemplate",
    "MessagesPlaceholder",
    "SystemMessagePromptTemplate",
]


class BaseMessagePromptTemplate(Template):
    """Base of what gives messages inside a ChatPromptTemplate; a subclass defines the first two."""

    @property
    def input_variables(self) -> List[str]:
        """The names of the variables that must be given."""
        raise NotImplementedError(f"{type(self).__name__} does not define input_variables")

    def format_messages(self, **kwargs: Any) -> List[BaseMessage]:
        """Return the filled-in messages."""
        raise NotImplementedError(f"{type(self).__name__} does not define format_messages()")

    async def aformat_messages(self, **kwargs: Any) -> List[BaseMessage]:
        """As `format_messages`; for templates that have to wait for something."""
        return self.format_messages(**kwargs)

    def pretty_repr(self, html: bool = False) -> str:
        """Return the template as titled text for people; `html` colours it (terminal escapes)."""
        raise NotImplementedError(f"{type(self).__name__} does not define pretty_repr()")

    def pretty_print(self) -> None:
        """Print `pretty_repr()`."""
        print(self.pretty_repr())

    def __add__(self, other: Any) -> ChatPromptTemplate:
        from .chat import prompt_of_sum  # which knows this module

        return prompt_of_sum(self, other)


class MessagesPlaceholder(BaseMessagePromptTemplate):
    """The place where a list of messages goes, such as what was said so far.

    >>> MessagesPlaceholder("history", n_messages=1).format_messages(history=[("human", "Hi"), ("ai", "Hello")])
    [AIMessage(content='Hello')]

    `optional`: nothing need be given. `n_messages`: only the last so many are taken.
    """

    variable_name: str
    optional: bool = False
    n_messages: Optional[int] = None

    def __init__(self, variable_name: str, *, optional: bool = False, **kwargs: Any) -> None:
        super().__init__(variable_name=variable_name, optional=optional, **kwargs)
        count = self.n_messages
        if count is not None and (not isinstance(count, int) or count < 1):
            raise ConfigurationError(
                f"MessagesPlaceholder: n_messages takes a whole number from 1, not {count!r}"
            )

    @property
    def input_variables(self) -> List[str]:
        return [] if self.optional else [self.variable_name]

    def format_messages(self, **kwargs: Any) -> List[BaseMessage]:
        name = self.variable_name
        if name not in kwargs and not self.optional:
            raise missing_variables(type(self).__name__, [name], kwargs)
        given = kwargs.get(name, [])
        if not isinstance(given, list):
            raise ConfigurationError(f"variable {name} should be a list of messages, got {type(given)}")
        messages = convert_to_messages(given)
        return messages[-self.n_messages :] if self.n_messages else messages

    def pretty_repr(self, html: bool = False) -> str:
        title = get_msg_title_repr("Messages Placeholder", bold=html)
        return f"{title}\n\n{coloured(self.variable_name, html)}"


class BaseStringMessagePromptTemplate(BaseMessagePromptTemplate):
    """Base of templates of one message; a subclass defines `format`.

    `prompt` is a text template, or a list of templates of texts, pictures and dicts: its content blocks.
    """

    prompt: Union[StringPromptTemplate, List[Part]]
    additional_kwargs: Dict[str, Any] = {}

    def model_post_init(self, context: Any) -> None:
        kinds = (StringPromptTemplate, ImagePromptTemplate, DictPromptTemplate)
        parts = self.prompt if isinstance(self.prompt, list) else [self.prompt]
        for part in parts:
            if not isinstance(part, kinds if isinstance(self.prompt, list) else StringPromptTemplate):
                raise ConfigurationError(
                    f"{type(self).__name__}: prompt= takes a PromptTemplate, or a list of templates of texts, "
                    f"images and dicts; not {type(part).__name__}. Is it from_template(...) that you meant?"
                )

    @classmethod
    def from_template(
        cls: Type[Kind],
        template: Union[str, Sequence[Any]],
        template_format: str = "f-string",
        partial_variables: Optional[Dict[str, Any]] = None,
        **kwargs: Any,
    ) -> Kind:
        """Return the template of a text, or of a list of content blocks; `kwargs` are further fields.

        Shape: an item of the list is a str or `{"type": "text", "text": "{x}"}`, an image
        `{"type": "image_url", "image_url": "{x}"}` (or `{"url": "{x}", "detail": "low"}`), or any other
        dict with templates among its values.
        Raises: ConfigurationError (a ValueError) for anything else, and for partial variables of a list.
        """
        if isinstance(template, str):
            prompt = PromptTemplate.from_template(
                template, template_format=template_format, partial_variables=partial_variables
            )
            return cls(prompt=prompt, **kwargs)
        if not isinstance(template, Sequence):
            raise ConfigurationError(
                f"Invalid template: a str or a list of content blocks, not {type(template).__name__}"
            )
        if partial_variables:
            raise ConfigurationError("partial_variables go with a template that is one text, not with a list")
        return cls(prompt=[_part(one, template_format) for one in template], **kwargs)

    @property
    def input_variables(self) -> List[str]:
        parts = self.prompt if isinstance(self.prompt, list) else [self.prompt]
        return [name for part in parts for name in part.input_variables]

    def format(self, **kwargs: Any) -> BaseMessage:
        """Return the filled-in message."""
        raise NotImplementedError(f"{type(self).__name__} does not define format()")

    async def aformat(self, **kwargs: Any) -> BaseMessage:
        """As `format`; for templates that have to wait for something."""
        return self.format(**kwargs)

    def format_messages(self, **kwargs: Any) -> List[BaseMessage]:
        return [self.format(**kwargs)]

    async def aformat_messages(self, **kwargs: Any) -> List[BaseMessage]:
        return [await self.aformat(**kwargs)]

    def pretty_repr(self, html: bool = False) -> str:
        title = get_msg_title_repr(
            type(self).__name__.replace("MessagePromptTemplate", " Message"), bold=html
        )
        parts = self.prompt if isinstance(self.prompt, list) else [self.prompt]
        inside = "\n\n".join([part.pretty_repr(html=html) for part in parts])
        return f"{title}\n\n{inside}"


class _SpokenPromptTemplate(BaseStringMessagePromptTemplate):
    """What the built-in ones share; each says in `_message` what kind of message it is."""

    def _message(self, content: Any) -> BaseMessage:
        raise NotImplementedError(f"{type(self).__name__} does not define _message()")

    def format(self, **kwargs: Any) -> BaseMessage:
        return run(self._formatted(False, kwargs))

    async def aformat(self, **kwargs: Any) -> BaseMessage:
        return await self._formatted(True, kwargs)

    async def _formatted(self, asynchronous: bool, values: Dict[str, Any]) -> BaseMessage:
        if not isinstance(self.prompt, list):
            return self._message(await either(asynchronous, self.prompt, "format", values))
        content: List[Any] = []
        for part in self.prompt:
            for name in part.input_variables:
                if name not in values:
                    raise missing_variables(type(self).__name__, self.input_variables, values)
            inputs = {name: values[name] for name in part.input_variables}
            block = await either(asynchronous, part, "format", inputs)
            if isinstance(part, ImagePromptTemplate):
                block = {"type": "image_url", "image_url": block}
            elif isinstance(part, StringPromptTemplate):
                if block == "":
                    continue  # providers refuse empty texts
                block = {"type": "text", "text": block}
            content.append(block)
        return self._message(content)


class ChatMessagePromptTemplate(_SpokenPromptTemplate):
    """A message of somebody whose role has no class of its own.

    >>> ChatMessagePromptTemplate.from_template("{what}", role="Coach").format(what="Run!")
    ChatMessage(content='Run!', role='Coach')
    """

    role: str

    def _message(self, content: Any) -> BaseMessage:
        return ChatMessage(content=content, role=self.role, additional_kwargs=self.additional_kwargs)


class HumanMessagePromptTemplate(_SpokenPromptTemplate):
    """A message of the user.

    >>> HumanMessagePromptTemplate.from_template(["{what}", {"image_url": "{where}"}]).format(what="Hm?", where="x.png")
    HumanMessage(content=[{'type': 'text', 'text': 'Hm?'}, {'type': 'image_url', 'image_url': {'url': 'x.png'}}])
    """

    def _message(self, content: Any) -> BaseMessage:
        return HumanMessage(content=content, additional_kwargs=self.additional_kwargs)


class AIMessagePromptTemplate(_SpokenPromptTemplate):
    """A message of the model.

    >>> AIMessagePromptTemplate.from_template("It is {what}.").format(what="4")
    AIMessage(content='It is 4.')
    """

    def _message(self, content: Any) -> BaseMessage:
        return AIMessage(content=content, additional_kwargs=self.additional_kwargs)


class SystemMessagePromptTemplate(_SpokenPromptTemplate):
    """What the model is told about its task.

    >>> SystemMessagePromptTemplate.from_template("Answer in {language}.").format(language="French")
    SystemMessage(content='Answer in French.')
    """

    def _message(self, content: Any) -> BaseMessage:
        return SystemMessage(content=content, additional_kwargs=self.additional_kwargs)


def _part(item: Any, template_format: str) -> Part:
    """Return the template of one content block."""
    if isinstance(item, str):
        return PromptTemplate.from_template(item, template_format=template_format)
    if not isinstance(item, dict):
        raise ConfigurationError(
            f"Invalid template: a content block is a str or a dict, not {type(item).__name__}"
        )
    keys = set(item)
    if "text" in keys and keys <= {"type", "text"}:
        return PromptTemplate.from_template(item["text"], template_format=template_format)
    if "image_url" in keys and keys <= {"type", "image_url"}:
        return _image(item["image_url"], template_format)
    return DictPromptTemplate(template=item, template_format=template_format)


def _image(image: Any, template_format: str) -> ImagePromptTemplate:
    if isinstance(image, str):
        names = get_template_variables(image, template_format)
        if len(names) > 1:
            raise ConfigurationError(
                f"an image_url that is a text has one variable at most, not {names}; "
                "write {'image_url': {'url': ...}} for more"
            )
        image = {"url": image}
    elif isinstance(image, dict):
        texts = [image[key] for key in ("url", "path", "detail") if key in image]
        names = [name for text in texts for name in get_template_variables(text, template_format)]
    else:
        raise ConfigurationError(
            f"Invalid template: image_url is a str or a dict, not {type(image).__name__}"
        )
    return ImagePromptTemplate(
        input_variables=list(dict.fromkeys(names)), template=dict(image), template_format=template_format
    )
