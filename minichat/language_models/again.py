"""An answer once more, of the bytes it came in: what a tracer reads later, when the program may have changed its own.

Decoding again costs whoever listens a pointer at the end of a call, where a copy would cost more than all else.
"""

from __future__ import annotations

from ..outputs import ChatGeneration, ChatResult, LLMResult

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..protocols.base import Codec
    from .provider_model import ProviderModel

__all__ = ["Again", "name_messages"]


def name_messages(result: ChatResult, run_id: str) -> None:
    """Give each message that came without an id that of its run."""
    for index, generation in enumerate(result.generations):
        if generation.message.id is None:
            generation.message.id = f"lc_run--{run_id}-{index}"


class Again:
    """`outputs.Again` of a provider's whole answer, whose codec decodes alike; a model never changes."""

    __slots__ = ("_body", "_codec", "_model")

    def __init__(self, model: ProviderModel, codec: Codec, body: bytes) -> None:
        self._model = model
        self._codec = codec
        self._body = body

    @property
    def weight(self) -> int:
        return len(self._body)

    def __call__(self, run_id: str) -> LLMResult:
        result = ChatResult(generations=[ChatGeneration(message=one) for one in self._codec.decode(self._body)])
        self._model._describe(result)
        name_messages(result, run_id)
        return LLMResult(generations=[result.generations], llm_output=result.llm_output)
