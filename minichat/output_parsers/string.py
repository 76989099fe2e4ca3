"""StrOutputParser: the text of a message."""

from __future__ import annotations

from ..backends.driver import closing
from .base import generation_of
from .transform import BaseTransformOutputParser

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..runnables.streams import Inputs, Pieces
    from ..runs import Run

__all__ = ["StrOutputParser"]


class StrOutputParser(BaseTransformOutputParser[str]):
    """Gives the text of a message, and of a stream the text of each piece.

    >>> StrOutputParser().invoke("as it is")
    'as it is'
    """

    @property
    def _type(self) -> str:
        return "default"

    def parse(self, text: str) -> str:
        return text

    def _flow(self, run: Run, inputs: Inputs, **kwargs: Any) -> Pieces:
        if type(self) is not StrOutputParser:  # somebody's, who may parse otherwise
            return super()._flow(run, inputs, **kwargs)
        return self._texts(inputs)

    async def _texts(self, inputs: Inputs) -> Pieces:
        """Give all texts of a read at once: this parser is in every chain, and tokens are many."""
        async with closing(inputs):  # type: ignore[arg-type]
            async for items in inputs:
                yield [
                    item if type(item) is str else generation_of(self, item).text
                    for item in items
                ]
