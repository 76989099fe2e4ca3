"""Caches of answers: names and behaviour of `langchain_core.caches`, and a cache in a file.

A cache maps two texts, the prompt and the model's settings, to the list of generations they gave.
`InMemoryCache` keeps the objects themselves. `SQLiteCache` keeps JSON, never pickle, because whoever can
write the file must not be able to run code here. It opens a connection for each call and closes it
again: so nothing is shared by threads or carried over a fork, and SQLite's own file locks, with a busy
timeout, order the processes. A call is one statement, hence one transaction: a process that is killed
leaves either the whole row or none, and SQLite rolls back the rest when the file is next opened.
"""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Sequence

from .backends.locks import Lock
from .errors import ConfigurationError
from .messages.convert import BY_TYPE
from .messages.dicts import message_from_dict, message_to_dict
from .outputs import ChatGeneration, ChatGenerationChunk, Generation

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, List, Optional, Tuple, Union

__all__ = ["RETURN_VAL_TYPE", "BaseCache", "InMemoryCache", "SQLiteCache"]

RETURN_VAL_TYPE = Sequence[Generation]  # LangChain's name, for annotations of a cache of one's own

# Not the table of langchain_community's class of this name: the two may share a file.
TABLE = (
    "CREATE TABLE IF NOT EXISTS chat_generations (prompt BLOB NOT NULL, llm BLOB NOT NULL, "
    "answer TEXT NOT NULL, PRIMARY KEY (prompt, llm)) WITHOUT ROWID"
)
KINDS = {kind.__name__: kind for kind in (ChatGeneration, ChatGenerationChunk)}


class BaseCache(ABC):
    """What a cache can do. The a-variants run the others in a thread; a subclass may do better.

    >>> sorted(BaseCache.__abstractmethods__)  # what a cache of one's own defines
    ['clear', 'lookup', 'update']
    """

    @abstractmethod
    def lookup(self, prompt: str, llm_string: str) -> Optional[Sequence[ChatGeneration]]:
        """Give the generations kept for this prompt and these settings; None when there are none."""

    @abstractmethod
    def update(self, prompt: str, llm_string: str, return_val: Sequence[ChatGeneration]) -> None:
        """Keep `return_val` for this prompt and these settings, in place of what was kept."""

    @abstractmethod
    def clear(self, **kwargs: Any) -> None:
        """Forget everything; keyword arguments are for subclasses that have some."""

    async def alookup(self, prompt: str, llm_string: str) -> Optional[Sequence[ChatGeneration]]:
        """As `lookup`, on the running event loop."""
        found: Optional[Sequence[ChatGeneration]] = await _in_thread(self.lookup, prompt, llm_string)
        return found

    async def aupdate(self, prompt: str, llm_string: str, return_val: Sequence[ChatGeneration]) -> None:
        """As `update`, on the running event loop."""
        await _in_thread(self.update, prompt, llm_string, return_val)

    async def aclear(self, **kwargs: Any) -> None:
        """As `clear`, on the running event loop."""
        await _in_thread(self.clear, **kwargs)


class InMemoryCache(BaseCache):
    """A cache in this process; with `maxsize` the entry that was added first makes room.

    >>> from .messages import AIMessage
    >>> cache = InMemoryCache(maxsize=100)
    >>> cache.update("a prompt", "a model", [ChatGeneration(message=AIMessage("Paris"))])
    >>> cache.lookup("a prompt", "a model")[0].text
    'Paris'

    It gives back the very objects it was given: copy a message before you change it.
    Raises: `ConfigurationError` (a ValueError) naming `maxsize`.
    """

    def __init__(self, *, maxsize: Optional[int] = None) -> None:
        if maxsize is not None and (not isinstance(maxsize, int) or isinstance(maxsize, bool) or maxsize <= 0):
            raise ConfigurationError(
                f"InMemoryCache: maxsize must be greater than 0, or None for no bound; got {maxsize!r}"
            )
        self._maxsize = maxsize
        self._lock = Lock()
        self._kept: OrderedDict[Tuple[str, str], Sequence[ChatGeneration]] = OrderedDict()

    def lookup(self, prompt: str, llm_string: str) -> Optional[Sequence[ChatGeneration]]:
        """Give the generations kept for this prompt and these settings; None when there are none."""
        return self._kept.get((prompt, llm_string))

    def update(self, prompt: str, llm_string: str, return_val: Sequence[ChatGeneration]) -> None:
        """Keep `return_val`; an entry that is replaced keeps its age, and nobody is put out for it."""
        with self._lock:
            self._kept[prompt, llm_string] = return_val
            while self._maxsize is not None and len(self._kept) > self._maxsize:
                self._kept.popitem(last=False)

    def clear(self, **kwargs: Any) -> None:
        """Forget everything."""
        _no_options(self, kwargs)
        with self._lock:
            self._kept.clear()

    async def alookup(self, prompt: str, llm_string: str) -> Optional[Sequence[ChatGeneration]]:
        """As `lookup`; no thread is needed for it."""
        return self.lookup(prompt, llm_string)

    async def aupdate(self, prompt: str, llm_string: str, return_val: Sequence[ChatGeneration]) -> None:
        """As `update`; no thread is needed for it."""
        self.update(prompt, llm_string, return_val)

    async def aclear(self, **kwargs: Any) -> None:
        """As `clear`; no thread is needed for it."""
        self.clear(**kwargs)


class SQLiteCache(BaseCache):
    """A cache in an SQLite file, which several processes and threads may use at the same time.

    >>> import os, tempfile
    >>> from .messages import AIMessage
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "answers.db")
    ...     SQLiteCache(path).update("a prompt", "a model", [ChatGeneration(message=AIMessage("Paris"))])
    ...     SQLiteCache(path).lookup("a prompt", "a model")[0].text
    'Paris'

    A row that cannot be read, because another version or another hand wrote it, is a miss.
    Units: `timeout` is how long a call waits for other processes, in seconds.
    Raises: `ConfigurationError` naming the file that cannot be used, or the value JSON cannot hold.
    """

    def __init__(
        self, database_path: Union[str, os.PathLike[str]] = ".langchain.db", *, timeout: float = 5.0
    ) -> None:
        if not isinstance(database_path, (str, os.PathLike)) or database_path in ("", ":memory:"):
            raise ConfigurationError(
                f"SQLiteCache: database_path={database_path!r} names no file; InMemoryCache() needs none"
            )
        if not isinstance(timeout, (int, float)) or isinstance(timeout, bool) or not 0 <= timeout <= 86400:
            raise ConfigurationError(f"SQLiteCache: timeout must be seconds from 0 to 86400; got {timeout!r}")
        self.database_path = os.path.abspath(database_path)  # whoever changes the directory later keeps his cache
        self.timeout = timeout
        self._execute("SELECT 1")  # a file that cannot be used is told here, not at the first answer

    def lookup(self, prompt: str, llm_string: str) -> Optional[List[ChatGeneration]]:
        """Give the generations kept for this prompt and these settings; None when there are none."""
        select = "SELECT answer FROM chat_generations WHERE prompt = ? AND llm = ?"
        rows = self._execute(select, _bytes(prompt), _bytes(llm_string))
        return _read(rows[0][0]) if rows else None

    def update(self, prompt: str, llm_string: str, return_val: Sequence[ChatGeneration]) -> None:
        """Keep `return_val` for this prompt and these settings, in place of what was kept."""
        insert = "INSERT OR REPLACE INTO chat_generations VALUES (?, ?, ?)"
        self._execute(insert, _bytes(prompt), _bytes(llm_string), _written(return_val))

    def clear(self, **kwargs: Any) -> None:
        """Forget everything, for all processes."""
        _no_options(self, kwargs)
        self._execute("DELETE FROM chat_generations")

    def _execute(self, statement: str, *values: Any) -> List[Any]:
        import sqlite3  # 6 ms, and some systems package it apart from Python

        try:
            # Without isolation_level each statement is a transaction of its own.
            connection = sqlite3.connect(self.database_path, timeout=self.timeout, isolation_level=None)
            try:
                connection.text_factory = bytes  # text that is not UTF-8 is judged in _read, as a miss
                connection.execute(TABLE)  # each time: somebody may have deleted the file meanwhile
                return connection.execute(statement, values).fetchall()
            finally:
                connection.close()
        except sqlite3.Error as error:
            remedy = "give the path of a file that can be written, or delete the file if it is damaged"
            if "locked" in str(error):
                remedy = f"others have held it for timeout={self.timeout} seconds; pass a longer one"
            raise ConfigurationError(f"SQLiteCache: database_path={self.database_path!r}: {error}; {remedy}") from error


async def _in_thread(function: Any, *args: Any, **kwargs: Any) -> Any:
    from .backends.aio import backend

    return await backend.call(function, *args, **kwargs)


def _no_options(cache: BaseCache, kwargs: Any) -> None:
    if kwargs:
        raise TypeError(f"{type(cache).__name__}.clear() has no options; leave out {', '.join(kwargs)}")


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")  # half an emoji in a prompt is no reason to fail


def _written(generations: Sequence[ChatGeneration]) -> str:
    """Give the JSON of generations.

    Shape: `[{"kind": "ChatGeneration", "message": {"type": "ai", "data": {...}}, "info": {} or null}]`,
    the messages as `message_to_dict` writes them.
    """
    import json

    records = []
    for at, one in enumerate(generations):
        message: Any = getattr(one, "message", None)
        if KINDS.get(type(one).__name__) is not type(one) or BY_TYPE.get(message.type) is not type(message):
            raise ConfigurationError(
                f"SQLiteCache: return_val[{at}] is a {type(one).__name__} of a {type(message).__name__}; "
                "it keeps this library's own classes only: convert it, or use InMemoryCache()"
            )
        info = one.generation_info
        records.append({"kind": type(one).__name__, "message": message_to_dict(message), "info": info})
    try:
        return json.dumps(records)
    except (TypeError, ValueError, RecursionError) as error:
        raise ConfigurationError(
            f"SQLiteCache: return_val has a value that JSON cannot hold ({error}); use InMemoryCache() for it"
        ) from error


def _read(answer: Any) -> Optional[List[ChatGeneration]]:
    """Give the generations of a row; None for what `_written` did not write."""
    import json

    found = []
    try:
        records = json.loads(answer)
        if not isinstance(records, list):
            return None
        for record in records:
            info = record["info"]
            if not isinstance(info, (dict, type(None))):
                return None
            message = message_from_dict(record["message"], exactly=True)
            found.append(KINDS[record["kind"]](message=message, generation_info=info))
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return found
