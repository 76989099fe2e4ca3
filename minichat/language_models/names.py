"""Names for annotations, as `langchain_core.language_models` has them: what goes into a model and comes out."""

from __future__ import annotations

from typing import Any, Dict, List, Sequence, Tuple, TypedDict, TypeVar, Union

from ..messages import AIMessage, BaseMessage
from ..prompt_values import PromptValue
from ..runnables.base import Runnable

__all__ = [
    "LangSmithParams",
    "LanguageModelInput",
    "LanguageModelLike",
    "LanguageModelOutput",
    "LanguageModelOutputVar",
]

# A message, a text, a (role, content) pair, or a dictionary with role and content.
MessageLike = Union[BaseMessage, List[str], Tuple[str, Any], str, Dict[str, Any]]

LanguageModelInput = Union[PromptValue, str, Sequence[MessageLike]]
LanguageModelOutput = Union[BaseMessage, str]
LanguageModelLike = Runnable["LanguageModelInput", "LanguageModelOutput"]
LanguageModelOutputVar = TypeVar("LanguageModelOutputVar", AIMessage, str)


class LangSmithParams(TypedDict, total=False):
    """What LangSmith shows of a model: provider, name, and the settings of one call."""

    ls_provider: str
    ls_model_name: str
    ls_model_type: str
    ls_temperature: Any
    ls_max_tokens: Any
    ls_stop: Any
    ls_integration: str
