"""A handler that prints the pieces of an answer as they come."""

from __future__ import annotations

import sys

from .handlers import BaseCallbackHandler

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List, Union

    from ..messages import BaseMessage

__all__ = ["StreamingStdOutCallbackHandler"]


class StreamingStdOutCallbackHandler(BaseCallbackHandler):
    """Writes each token to standard output at once; hears nothing when the model does not stream.

    >>> StreamingStdOutCallbackHandler().on_llm_new_token("Hello")
    Hello
    """

    def on_chat_model_start(
        self, serialized: Dict[str, Any], messages: List[List[BaseMessage]], **kwargs: Any
    ) -> None:
        """Say nothing, so that nobody turns the messages into text for `on_llm_start`."""

    def on_llm_new_token(self, token: Union[str, List[Any]], **kwargs: Any) -> None:
        sys.stdout.write(str(token))
        sys.stdout.flush()
