"""A handler that writes to a file what `StdOutCallbackHandler` prints, without the bold escapes."""

from __future__ import annotations

from .coloring import print_text
from .handlers import BaseCallbackHandler
from .stdout import name_of_chain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from os import PathLike
    from typing import Any, Dict, Optional, TextIO, Union

__all__ = ["FileCallbackHandler"]


class FileCallbackHandler(BaseCallbackHandler):
    """Writes to a file, in UTF-8, flushed after each event; best as `with FileCallbackHandler(...) as handler:`.

    Without `with`, call `close()`; LangChain announces the end of that way, so the first event warns of it.
    Shape: `mode` is that of `open`: "a" adds to the file, "w" begins it anew.
    Raises: OSError when the file cannot be opened; an event after `close` is a RuntimeError, which is logged.
    """

    def __init__(
        self, filename: Union[str, PathLike[str]], mode: str = "a", color: Optional[str] = None
    ) -> None:
        self.filename = filename
        self.mode = mode
        self.color = color
        self._warn = True
        self.file: TextIO = open(filename, mode, encoding="utf-8")  # type: ignore[assignment]  # mode is text

    def __enter__(self) -> FileCallbackHandler:
        self._warn = False
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()

    def close(self) -> None:
        """Close the file, if it is open."""
        if hasattr(self, "file"):  # else it could not be opened, and the object is collected
            self.file.close()

    def on_chain_start(self, serialized: Dict[str, Any], inputs: Any, **kwargs: Any) -> None:
        self._write(f"\n\n> Entering new {name_of_chain(serialized, kwargs)} chain...", end="\n")

    def on_chain_end(self, outputs: Any, **kwargs: Any) -> None:
        self._write("\n> Finished chain.", end="\n")

    def on_agent_action(self, action: Any, color: Optional[str] = None, **kwargs: Any) -> None:
        self._write(action.log, color or self.color)

    def on_agent_finish(self, finish: Any, color: Optional[str] = None, **kwargs: Any) -> None:
        self._write(finish.log, color or self.color, end="\n")

    def on_tool_end(
        self,
        output: Any,
        color: Optional[str] = None,
        observation_prefix: Optional[str] = None,
        llm_prefix: Optional[str] = None,
        **kwargs: Any,
    ) -> None:
        if observation_prefix is not None:
            self._write(f"\n{observation_prefix}")
        self._write(output, color)  # not in self.color, unlike on the screen: as LangChain
        if llm_prefix is not None:
            self._write(f"\n{llm_prefix}")

    def on_text(self, text: str, color: Optional[str] = None, end: str = "", **kwargs: Any) -> None:
        self._write(text, color or self.color, end)

    def _write(self, text: Any, color: Optional[str] = None, end: str = "") -> None:
        if self._warn:
            self._warn = False
            import warnings

            warnings.warn(
                "FileCallbackHandler without `with` is to be given up in LangChain; write "
                "`with FileCallbackHandler(...) as handler:`",
                PendingDeprecationWarning,
                stacklevel=3,
            )
        if self.file.closed:
            raise RuntimeError(f"FileCallbackHandler: {self.filename} is closed; use the handler inside its `with`")
        print_text(text, color, end, self.file)
