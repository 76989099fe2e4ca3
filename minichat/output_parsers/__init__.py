"""Output parsers: from a model's message, or a stream of its pieces, to what a program works with.

Each is imported when it is asked for. Names and modules are those of `langchain_core.output_parsers`.
"""

from __future__ import annotations

from ..lazy import names_from

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .base import BaseGenerationOutputParser, BaseLLMOutputParser, BaseOutputParser
    from .json import JsonOutputParser, SimpleJsonOutputParser
    from .list import (
        CommaSeparatedListOutputParser,
        ListOutputParser,
        MarkdownListOutputParser,
        NumberedListOutputParser,
    )
    from .openai_functions import JsonKeyOutputFunctionsParser, JsonOutputFunctionsParser, OutputFunctionsParser
    from .openai_tools import JsonOutputKeyToolsParser, JsonOutputToolsParser
    from .string import StrOutputParser
    from .transform import BaseCumulativeTransformOutputParser, BaseTransformOutputParser

__all__ = [
    "BaseCumulativeTransformOutputParser",
    "BaseGenerationOutputParser",
    "BaseLLMOutputParser",
    "BaseOutputParser",
    "BaseTransformOutputParser",
    "CommaSeparatedListOutputParser",
    "JsonKeyOutputFunctionsParser",
    "JsonOutputFunctionsParser",
    "JsonOutputKeyToolsParser",
    "JsonOutputParser",
    "JsonOutputToolsParser",
    "ListOutputParser",
    "MarkdownListOutputParser",
    "NumberedListOutputParser",
    "OutputFunctionsParser",
    "SimpleJsonOutputParser",
    "StrOutputParser",
]

__getattr__ = names_from(
    __name__,
    {
        "base": "BaseGenerationOutputParser BaseLLMOutputParser BaseOutputParser",
        "json": "JsonOutputParser SimpleJsonOutputParser",
        "list": "CommaSeparatedListOutputParser ListOutputParser MarkdownListOutputParser NumberedListOutputParser",
        "openai_functions": "JsonKeyOutputFunctionsParser JsonOutputFunctionsParser OutputFunctionsParser",
        "openai_tools": "JsonOutputKeyToolsParser JsonOutputToolsParser",
        "string": "StrOutputParser",
        "transform": "BaseCumulativeTransformOutputParser BaseTransformOutputParser",
    },
    globals(),
)
