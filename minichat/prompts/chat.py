"""ChatPromptTemplate: a conversation with variables in it.

It is a list of messages, templates of messages, and prompts that give several. What people write for
one of them, a pair, a text, a dict, a class with its template, is understood in `_template_of`. The
variables of the whole are those of its parts; an optional placeholder counts as filled in with [].
"""

from __future__ import annotations

from ..backends.driver import run
from ..errors import ConfigurationError
from ..messages import BaseMessage, coerce_message
from ..prompt_values import ChatPromptValue
from .base import BasePromptTemplate
from .message import (
    AIMessagePromptTemplate,
    BaseMessagePromptTemplate,
    BaseStringMessagePromptTemplate,
    ChatMessagePromptTemplate,
    HumanMessagePromptTemplate,
    MessagesPlaceholder,
    SystemMessagePromptTemplate,
)
from .prompt import PromptTemplate
from .template import either

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, Dict, List, Union, overload

    MessageLike = Union[BaseMessage, BaseMessagePromptTemplate, "BaseChatPromptTemplate"]
    MessageLikeRepresentation = Any  # a MessageLike, str, 2-tuple or dict; see ChatPromptTemplate
else:
    MessageLike = MessageLikeRepresentation = object

    def overload(function):
        return function


__all__ = [
    "AIMessagePromptTemplate",
    "BaseChatPromptTemplate",
    "BaseMessagePromptTemplate",
    "BaseStringMessagePromptTemplate",
    "ChatMessagePromptTemplate",
    "ChatPromptTemplate",
    "HumanMessagePromptTemplate",
    "MessageLike",
    "MessageLikeRepresentation",
    "MessagesPlaceholder",
    "SystemMessagePromptTemplate",
    "prompt_of_sum",
]

SPEAKERS: Dict[str, Any] = {
    "human": HumanMessagePromptTemplate,
    "user": HumanMessagePromptTemplate,
    "ai": AIMessagePromptTemplate,
    "assistant": AIMessagePromptTemplate,
    "system": SystemMessagePromptTemplate,
}


class BaseChatPromptTemplate(BasePromptTemplate[str]):
    """Base of prompts that give messages. A subclass defines `format_messages(**variables)`."""

    def format_messages(self, **kwargs: Any) -> List[BaseMessage]:
        """Return the filled-in messages."""
        raise NotImplementedError(f"{type(self).__name__} does not define format_messages()")

    async def aformat_messages(self, **kwargs: Any) -> List[BaseMessage]:
        """As `format_messages`; for prompts that have to wait for something."""
        return self.format_messages(**kwargs)

    def format_prompt(self, **kwargs: Any) -> ChatPromptValue:
        return ChatPromptValue(messages=self.format_messages(**kwargs))

    async def aformat_prompt(self, **kwargs: Any) -> ChatPromptValue:
        return ChatPromptValue(messages=await self.aformat_messages(**kwargs))

    def format(self, **kwargs: Any) -> str:
        """Return the filled-in messages as one text, a line or more each."""
        return self.format_prompt(**kwargs).to_string()

    async def aformat(self, **kwargs: Any) -> str:
        return (await self.aformat_prompt(**kwargs)).to_string()


class ChatPromptTemplate(BaseChatPromptTemplate):
    """A list of messages with variables, the usual first step of a chain.

    >>> prompt = ChatPromptTemplate([
    ...     ("system", "You are {name}."),
    ...     ("placeholder", "{history}"),
    ...     ("human", "{question}"),
    ... ])
    >>> prompt.input_variables, prompt.optional_variables
    (['name', 'question'], ['history'])
    >>> prompt.partial(name="Bob").invoke({"question": "Who?", "history": [("ai", "Hello!")]}).to_messages()
    [SystemMessage(content='You are Bob.'), AIMessage(content='Hello!'), HumanMessage(content='Who?')]

    Shape: an item of `messages` is a message; a template of messages; a pair (role or message class,
    template), as tuple or as dict of "role" and "content"; or a str, a human's template. Roles are
    human, user, ai, assistant, system, and placeholder, whose template is "{name}" or
    ["{name}", is_optional]. Fields: those of BasePromptTemplate, and `validate_template`, which compares
    the `input_variables` given with those found.
    Raises: ConfigurationError (a ValueError); NotImplementedError for an item of another type.
    """

    input_variables: List[str] = []
    messages: List[MessageLike]
    validate_template: bool = False

    def __init__(
        self,
        messages: Sequence[MessageLikeRepresentation],
        *,
        template_format: str = "f-string",
        **kwargs: Any,
    ) -> None:
        super().__init__(messages=[_template_of(one, template_format) for one in messages], **kwargs)

    def model_post_init(self, context: Any) -> None:
        found = self._read_variables()
        if (
            self.validate_template
            and "input_variables" in self._given
            and set(self.input_variables) != set(found)
        ):
            raise ConfigurationError(
                f"{type(self).__name__}: the messages have the variables {found}, input_variables= has "
                f"{self.input_variables}"
            )
        self.input_variables = found
        super().model_post_init(context)

    def _read_variables(self) -> List[str]:
        """Return the input variables of the messages; take note of the placeholders on the way."""
        found = set()
        types: Dict[str, Any] = {}
        optional = set(self.optional_variables)
        partials = dict(self.partial_variables)
        for one in self.messages:
            if isinstance(one, MessagesPlaceholder):
                types[one.variable_name] = list[BaseMessage]
                if one.optional:
                    partials.setdefault(one.variable_name, [])
                    optional.add(one.variable_name)
            if isinstance(one, (BaseMessagePromptTemplate, BaseChatPromptTemplate)):
                found.update(one.input_variables)
        self.input_types = {**types, **self.input_types}
        self.optional_variables = sorted(optional)
        self.partial_variables = partials
        return sorted(found.difference(partials))

    @classmethod
    def from_messages(
        cls, messages: Sequence[MessageLikeRepresentation], template_format: str = "f-string"
    ) -> ChatPromptTemplate:
        """Return the prompt of these messages; as the constructor."""
        return cls(messages, template_format=template_format)

    @classmethod
    def from_template(cls, template: str, **kwargs: Any) -> ChatPromptTemplate:
        """Return the prompt of one human message; `kwargs` as those of PromptTemplate.from_template."""
        return cls([HumanMessagePromptTemplate(prompt=PromptTemplate.from_template(template, **kwargs))])

    # -- formatting ----------------------------------------------------------------------------------

    def format_messages(self, **kwargs: Any) -> List[BaseMessage]:
        return run(self._formatted(False, kwargs))

    async def aformat_messages(self, **kwargs: Any) -> List[BaseMessage]:
        return await self._formatted(True, kwargs)

    async def _formatted(self, asynchronous: bool, given: Dict[str, Any]) -> List[BaseMessage]:
        values = self._merge_partial_and_user_variables(**given)
        messages: List[BaseMessage] = []
        for one in self.messages:
            if isinstance(one, BaseMessage):
                messages.append(one)
            else:
                messages += await either(asynchronous, one, "format_messages", values)
        return messages

    def pretty_repr(self, html: bool = False) -> str:
        return "\n\n".join([one.pretty_repr(html=html) for one in self.messages])

    # -- being a list --------------------------------------------------------------------------------

    def append(self, message: MessageLikeRepresentation) -> None:
        """Add a message at the end, and its variables to those of the prompt."""
        self.extend([message])

    def extend(self, messages: Sequence[MessageLikeRepresentation]) -> None:
        """Add messages at the end, and their variables to those of the prompt."""
        self.messages.extend([_template_of(one, "f-string") for one in messages])
        self.input_variables = self._read_variables()

    @overload
    def __getitem__(self, index: int) -> MessageLike: ...

    @overload
    def __getitem__(self, index: slice) -> ChatPromptTemplate: ...

    def __getitem__(self, index: Any) -> Any:
        """Return one of the messages, or a prompt of some of them, without partial variables."""
        return ChatPromptTemplate(self.messages[index]) if isinstance(index, slice) else self.messages[index]

    def __len__(self) -> int:
        return len(self.messages)

    def __add__(self, other: Any) -> ChatPromptTemplate:
        """Return a prompt of both; `other` is a prompt, a message, a template, a list of them, or a str.

        Raises: NotImplementedError for anything else.
        """
        added: List[Any]
        if isinstance(other, ChatPromptTemplate):
            added = list(other.messages)
        elif isinstance(other, (BaseMessage, BaseMessagePromptTemplate, BaseChatPromptTemplate, str)):
            added = [other]
        elif isinstance(other, (list, tuple)):
            added = list(other)
        else:
            raise NotImplementedError(f"Unsupported operand type for +: {type(other)}")
        partials = {**self.partial_variables, **(getattr(other, "partial_variables", None) or {})}
        total: ChatPromptTemplate = ChatPromptTemplate([*self.messages, *added]).partial(**partials)
        return total


def prompt_of_sum(left: MessageLike, right: Any) -> ChatPromptTemplate:
    """Return what `left + right` is, where `left` is a message or the template of one.

    >>> len(prompt_of_sum(coerce_message(("system", "Be brief.")), "{question}"))
    2
    """
    return ChatPromptTemplate([left]).__add__(right)


def _template_of(item: MessageLikeRepresentation, template_format: str) -> MessageLike:
    """Return the message or template that one item of a prompt stands for."""
    if isinstance(item, (BaseMessage, BaseMessagePromptTemplate, BaseChatPromptTemplate)):
        return item
    if isinstance(item, str):
        return _spoken("human", item, template_format)
    if isinstance(item, dict):
        if set(item) != {"role", "content"}:
            raise ConfigurationError(
                f"a message as dict has the keys 'role' and 'content', not {sorted(item)}"
            )
        return _spoken(item["role"], item["content"], template_format)
    if isinstance(item, tuple):
        if len(item) != 2:
            raise ConfigurationError(f"Expected 2-tuple of (role, template), got {item}")
        return _spoken(item[0], item[1], template_format)
    if hasattr(item, "type") and hasattr(item, "content"):  # a message of another library
        return coerce_message(item)
    raise NotImplementedError(f"Unsupported message type: {type(item)}")


def _spoken(speaker: Any, template: Any, template_format: str) -> BaseMessagePromptTemplate:
    """Return the template of a message by role, by message class or by template class."""
    if isinstance(speaker, type) and issubclass(speaker, BaseMessagePromptTemplate):
        prompt = PromptTemplate.from_template(template, template_format=template_format)
        return speaker(prompt=prompt)
    role = getattr(speaker, "type", None) if isinstance(speaker, type) else speaker
    if role == "placeholder":
        return _placeholder(template)
    if not isinstance(role, str) or role not in SPEAKERS:
        raise ConfigurationError(
            f"Unexpected message type: {role or speaker}. Use one of 'human', 'user', 'ai', 'assistant', or 'system'."
        )
    made: BaseMessagePromptTemplate = SPEAKERS[role].from_template(template, template_format=template_format)
    return made


def _placeholder(template: Any) -> MessagesPlaceholder:
    name, optional = (template, True) if isinstance(template, str) else _pair(template)
    if not isinstance(name, str) or len(name) < 3 or (name[0], name[-1]) != ("{", "}"):
        raise ConfigurationError(
            f"Invalid placeholder template: {name!r}; it is a variable in braces, as '{{history}}'"
        )
    if not isinstance(optional, bool):
        raise ConfigurationError(f"a placeholder is optional, True, or not, False; got {optional!r}")
    return MessagesPlaceholder(variable_name=name[1:-1], optional=optional)


def _pair(template: Any) -> Any:
    if not isinstance(template, (list, tuple)) or len(template) != 2:
        raise ConfigurationError(
            f"a placeholder is '{{name}}' or ['{{name}}', is_optional], not {template!r}"
        )
    return template
