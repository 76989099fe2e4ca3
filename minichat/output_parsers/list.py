"""Parsers for lists of texts: comma-separated, numbered, with Markdown bullets; a stream gives item by item."""

from __future__ import annotations

import csv
import re
from abc import abstractmethod

from ..messages import BaseMessage
from .transform import BaseTransformOutputParser

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator
    from typing import Any, List, Tuple

    from ..runnables.streams import Inputs
    from ..runs import Run

__all__ = [
    "CommaSeparatedListOutputParser",
    "ListOutputParser",
    "MarkdownListOutputParser",
    "NumberedListOutputParser",
]

LINES = re.compile(r"[^\n]*\n|[^\n]+")


class ListOutputParser(BaseTransformOutputParser["List[str]"]):
    """Base of parsers for lists; define `parse`, and `parse_iter` where a match says where an item ends.

    A stream gives lists of one item each, as soon as the next one has begun.
    """

    @property
    def _type(self) -> str:
        return "list"

    @abstractmethod
    def parse(self, text: str) -> List[str]:
        """Give the items in a text."""

    def parse_iter(self, text: str) -> Iterator[re.Match[str]]:
        """Give a match for each item in a text, the item as its first group."""
        raise NotImplementedError

    async def _outputs(self, run: Run, inputs: Inputs) -> AsyncGenerator[Any, None]:
        rest = ""
        async for items in inputs:
            for item in items:
                content = item.content if isinstance(item, BaseMessage) else item
                if not isinstance(content, str):
                    continue
                done, rest = await self._call(run, self._split, rest + content)
                for one in done:
                    yield [one]
        for one in await self._call(run, self.parse, rest):
            yield [one]

    def _split(self, text: str) -> Tuple[List[str], str]:
        """Give the items that are complete, as another has begun, and the text behind them."""
        try:
            complete = list(self.parse_iter(text))[:-1]
        except NotImplementedError:
            parts = self.parse(text)
            return (parts[:-1], parts[-1]) if len(parts) > 1 else ([], text)
        return [match.group(1) for match in complete], text[complete[-1].end() :] if complete else text


class CommaSeparatedListOutputParser(ListOutputParser):
    """Items between commas or on lines of their own; an item in double quotes may hold a comma.

    >>> CommaSeparatedListOutputParser().invoke('red, "dark, blue", green')
    ['red', 'dark, blue', 'green']
    """

    @property
    def _type(self) -> str:
        return "comma-separated-list"

    def get_format_instructions(self) -> str:
        return "Your response should be a list of comma separated values, eg: `foo, bar, baz` or `foo,bar,baz`"

    def parse(self, text: str) -> List[str]:
        try:
            return [item for row in csv.reader(LINES.findall(text), skipinitialspace=True) for item in row]
        except csv.Error:  # a lone carriage return, a field of more than 128 KiB
            return [part.strip() for part in text.split(",")]


class _PatternListOutputParser(ListOutputParser):
    """Items that a regular expression finds, `pattern`."""

    pattern: str
    _flags: Any = 0

    def parse(self, text: str) -> List[str]:
        return re.findall(self.pattern, text, self._flags)

    def parse_iter(self, text: str) -> Iterator[re.Match[str]]:
        return re.finditer(self.pattern, text, self._flags)


class NumberedListOutputParser(_PatternListOutputParser):
    r"""Items behind "1. " and so on; `pattern` finds them, its first group is the item.

    >>> NumberedListOutputParser().invoke("Here they are:\n1. one\n2. two")
    ['one', 'two']
    """

    pattern: str = r"\d+\.\s([^\n]+)"

    @property
    def _type(self) -> str:
        return "numbered-list"

    def get_format_instructions(self) -> str:
        return (
            "Your response should be a numbered list with each item on a new line. "
            "For example: \n\n1. foo\n\n2. bar\n\n3. baz"
        )


class MarkdownListOutputParser(_PatternListOutputParser):
    r"""Items behind "- " or "* "; `pattern` finds them, its first group is the item.

    >>> MarkdownListOutputParser().invoke("Here they are:\n- one\n- two")
    ['one', 'two']
    """

    pattern: str = r"^\s*[-*]\s([^\n]+)$"
    _flags = re.MULTILINE

    @property
    def _type(self) -> str:
        return "markdown-list"

    def get_format_instructions(self) -> str:
        return "Your response should be a markdown list, eg: `- foo\n- bar\n- baz`"
