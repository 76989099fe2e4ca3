"""RunnableSerializable: a runnable with fields, for users to subclass. LangChain's name; nothing is serialized here.

>>> class Times(RunnableSerializable[int, int]):
...     factor: int = 2
...     def invoke(self, input, config=None, **kwargs):
...         return input * self.factor
>>> (Times(factor=3) | Times()).invoke(5)
30
"""

from __future__ import annotations

from ..settings import Settings
from .base import Runnable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Generic

    from .base import Input, Output
else:
    from ..backends.driver import Generic
    from .base import Input, Output

__all__ = ["RunnableSerializable"]


class RunnableSerializable(Settings, Runnable[Input, Output], Generic[Input, Output]):
    """Annotate the fields in a subclass, and define `invoke`, and what else of its kind is to be different.

    The constructor takes the fields by keyword. `configurable_fields` lets a call choose them. Two of one
    class with equal fields are equal.
    """

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self.__dict__ == {**other.__dict__, "_given": self._given}

    __hash__ = None  # type: ignore[assignment]
