"""BaseLanguageModel: what every model can be made with, whatever it talks to, and how it counts tokens.

The settings here belong to the program around a model, not to its answers: who listens to its runs, and
where its answers are kept. They are handed on by reference. So the objects among them are not printed,
a copy of a model shares them, and a pickle leaves them out: they are of this process.
"""

from __future__ import annotations

from ..errors import ConfigurationError
from ..globals import get_verbose
from ..lazy import names_from
from ..runnables.base import Runnable
from ..settings import Settings, check_dictionary, check_tags

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, Dict, List, Optional, Union

    from ..caches import BaseCache
    from ..messages import BaseMessage
    from .names import (
        LangSmithParams,
        LanguageModelInput,
        LanguageModelLike,
        LanguageModelOutput,
        LanguageModelOutputVar,
    )

__all__ = [
    "BaseLanguageModel",
    "LangSmithParams",
    "LanguageModelInput",
    "LanguageModelLike",
    "LanguageModelOutput",
    "LanguageModelOutputVar",
]

__getattr__ = names_from(
    __package__ or "",
    {
        "names": (
            "LangSmithParams LanguageModelInput LanguageModelLike LanguageModelOutput LanguageModelOutputVar"
        )
    },
    globals(),
)

# Objects of this process. Not printed, because what they print may be long or secret.
OF_THE_PROCESS = ("cache", "callbacks", "custom_get_token_ids", "rate_limiter")

CHARS_PER_TOKEN = 4  # as messages.count_tokens_approximately counts


class _FromGlobals:
    """A default that is asked for when a model is made: what `set_verbose` said then."""

    default_factory = staticmethod(get_verbose)

    def __bool__(self) -> bool:
        return False


class BaseLanguageModel(Settings, Runnable["Any", "Any"]):
    """Base of models. Its settings are LangChain's:

    `cache`: a cache, True for that of `globals.set_llm_cache` (an error when there is none), False for
    none, None for that of `set_llm_cache` when there is one. `callbacks`: handlers, or a manager, told of
    this model's own runs. `tags`, `metadata`: told with them. `verbose`: print runs as
    `StdOutCallbackHandler` does; default: what `globals.set_verbose` said. `custom_get_token_ids`: a
    function from a text to its tokens' ids.

    Raises: `ConfigurationError` for a `cache`, `callbacks` or `tags` that are none.
    """

    cache: Union[BaseCache, bool, None] = None
    verbose: Optional[bool] = _FromGlobals()  # type: ignore[assignment]
    callbacks: Any = None
    tags: Optional[List[str]] = None
    metadata: Optional[Dict[str, Any]] = None
    custom_get_token_ids: Optional[Callable[[str], List[int]]] = None

    _counts_itself = False  # does a subclass say what a text's tokens are?

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "get_token_ids" in cls.__dict__ or "get_num_tokens" in cls.__dict__:
            cls._counts_itself = True

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        cache = self.cache
        if cache is not None and not isinstance(cache, bool) and not hasattr(cache, "lookup"):
            raise ConfigurationError(
                f"{type(self).__name__}: cache= takes True, False, None or a cache such as InMemoryCache(), "
                f"not {type(cache).__name__}"
            )
        callbacks = self.callbacks
        if not (callbacks is None or isinstance(callbacks, (list, tuple)) or hasattr(callbacks, "handlers")):
            raise ConfigurationError(
                f"{type(self).__name__}: callbacks= takes a list of handlers or a CallbackManager, "
                f"not {type(callbacks).__name__}"
            )
        check_tags(self.tags or ())
        check_dictionary("metadata", self.metadata)
        if self.verbose is None:
            self.__dict__["verbose"] = get_verbose()

    # -- tokens ----------------------------------------------------------------------------

    def get_token_ids(self, text: str) -> List[int]:
        """Give the ids of the tokens of a text, in order: by `custom_get_token_ids`, else approximate.

        No tokenizer is part of the standard library. Approximately a token is four characters, and its id
        is made of them, so equal pieces have equal ids; they are not the ids that any model uses.
        """
        if self.custom_get_token_ids is not None:
            return self.custom_get_token_ids(text)
        starts = range(0, len(text), CHARS_PER_TOKEN)
        pieces = (text[start : start + CHARS_PER_TOKEN] for start in starts)
        return [int.from_bytes(piece.encode("utf-8", "surrogatepass"), "big") for piece in pieces]

    def get_num_tokens(self, text: str) -> int:
        """Give how many tokens a text has; approximate without `custom_get_token_ids`.

        >>> from .fake_chat_models import FakeChatModel
        >>> FakeChatModel().get_num_tokens("How are you?")
        3
        """
        return len(self.get_token_ids(text))

    def get_num_tokens_from_messages(
        self, messages: List[BaseMessage], tools: Optional[Sequence[Any]] = None
    ) -> int:
        """Give how many tokens a conversation costs, and the tools offered with it; approximate.

        With `custom_get_token_ids` the texts are counted by it, roles included, and tools are not.
        """
        from ..messages import count_tokens_approximately, get_buffer_string

        if self.custom_get_token_ids is None and not self._counts_itself:
            return count_tokens_approximately(messages, tools=tools)
        if tools is not None:
            import warnings

            warnings.warn("tools are not counted by custom_get_token_ids: it knows texts only", stacklevel=2)
        return sum(self.get_num_tokens(get_buffer_string([message])) for message in messages)

    # -- a value ---------------------------------------------------------------------------

    def __repr__(self) -> str:
        return self._repr_of(self.__dict__)

    def _repr_of(self, values: Any) -> str:
        hidden = {name: getattr(type(self), name, None) for name in (*OF_THE_PROCESS, "verbose")}
        return super()._repr_of({**values, **hidden})

    def __getstate__(self) -> Dict[str, Any]:
        state = dict(self.__dict__)
        for name in OF_THE_PROCESS:
            if not isinstance(state.get(name), bool):  # cache=False is a wish, not an object
                state.pop(name, None)  # the class has None
        return state

    def __copy__(self) -> Any:
        copied = type(self).__new__(type(self))
        copied.__dict__.update(self.__dict__)
        return copied

    def __deepcopy__(self, memo: Any) -> Any:
        from copy import deepcopy

        copied = type(self).__new__(type(self))
        memo[id(self)] = copied
        for name, value in self.__dict__.items():
            copied.__dict__[name] = value if name in OF_THE_PROCESS else deepcopy(value, memo)
        return copied
