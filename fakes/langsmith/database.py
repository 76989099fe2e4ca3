"""The file: one connection to it, and transactions. What tables it has is `tables`'.

sqlite3 in WAL mode with `synchronous=NORMAL`: what a transaction has committed has been handed to the operating
system, so a killed process loses nothing it acknowledged (a power cut may cost the last moments, never the file). One
connection serves reading and writing, under one lock, so threads may share a `Database`; `:memory:` works the same.

A question that takes too long is broken off (`LONGEST`), since everybody waits behind it; a transaction never is.

JSON is kept as text with its letters readable (no `\\uXXXX`), so that a search finds what a person typed.
"""

from __future__ import annotations

import json
import math
import re
import secrets
import sqlite3
import threading
import time
import uuid
from contextlib import contextmanager
from typing import Any, Callable, Dict, Iterable, Iterator, List, Optional, Sequence, Tuple

from .tables import SCHEMA, UPGRADES, VERSION

__all__ = ["Database", "Refused", "as_id", "clean", "dumped", "finite", "ids", "loaded", "marks", "new_id"]

PATIENCE = 5_000  # milliseconds that another program may hold the file; the SDK waits 10 seconds for an answer
LONGEST = 8.0  # seconds of one question: what clients send waits behind it, and is lost to the SDK after those 10
STEPS = 100_000  # of sqlite's own between two looks at the clock
MOST_LETTERS = 16_000_000  # of the texts of one page, more or less: its last row may be of any size
_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\Z")


class Refused(Exception):
    """What cannot be done as asked: `status` is HTTP's (404, 409, 422), the text tells what, where, what to do."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


class Database:
    """The open file. Its rows are sqlite3.Row; what they mean is the subclasses'.

    Raises: sqlite3.Error for a file that is no database of ours, OSError where it cannot be made.
    """

    def __init__(self, path: Optional[str] = None, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.path = path or ":memory:"
        self._clock = clock
        self._until = math.inf  # on that clock
        self._lock = threading.RLock()
        self._depth = 0
        self._tick = 0
        self._db = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
        self._db.row_factory = sqlite3.Row
        try:
            self.rows(f"PRAGMA busy_timeout={PATIENCE}")
            self._version()  # before anything is written to a file that may be somebody else's
            for pragma in ("journal_mode=WAL", "synchronous=NORMAL"):
                self.rows(f"PRAGMA {pragma}")
            self._db.create_function("json_has", -1, _json_has)
            self._db.set_progress_handler(self._too_late, STEPS)
            self._make()
        except BaseException:
            self._db.close()
            raise
        told = {row[0]: row[1] for row in self.rows("SELECT key, value FROM meta")}
        self.tenant_id = str(told["tenant_id"])
        self.signing_key = bytes.fromhex(told["signing_key"])  # of addresses that need no other key

    def close(self) -> None:
        """Close the file; its journal is folded in. Closing twice is fine."""
        with self._lock:
            self._db.close()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Run a block as one transaction: committed when it ends, undone when it raises; blocks may nest."""
        with self._lock:
            outermost = self._depth == 0
            if outermost:
                self._db.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield self._db
                if outermost:
                    self._db.execute("COMMIT")
            except BaseException:
                if outermost and self._db.in_transaction:  # a full disk has undone it already
                    self._db.execute("ROLLBACK")
                raise
            finally:
                self._depth -= 1

    def tick(self) -> int:
        """Give the time in microseconds, each time a later one: the order in which things were received."""
        with self._lock:
            self._tick = max(self._tick + 1, time.time_ns() // 1000)
            return self._tick

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> List[sqlite3.Row]:
        """Give all rows of a query. Raises: Refused (422) when it takes too long."""
        with self._asking():
            return self._db.execute(sql, parameters).fetchall()

    def rows_up_to(self, sql: str, parameters: Sequence[Any], limit: int) -> Tuple[List[sqlite3.Row], bool]:
        """Give rows of a query up to so many, fewer if their texts are many megabytes, and whether there are more.

        Raises: Refused (422) when it takes too long.
        """
        with self._asking():
            cursor = self._db.execute(sql, parameters)
            rows: List[sqlite3.Row] = []
            letters = 0
            for row in cursor:
                if len(rows) == limit or letters > MOST_LETTERS:
                    cursor.close()
                    return rows, True
                rows.append(row)
                letters += sum(len(value) for value in row if isinstance(value, str))
            return rows, False

    def row(self, sql: str, parameters: Sequence[Any] = ()) -> Optional[sqlite3.Row]:
        """Give the first row of a query, or None. Raises: Refused (422) when it takes too long."""
        with self._asking():
            cursor = self._db.execute(sql, parameters)
            found: Optional[sqlite3.Row] = cursor.fetchone()
            cursor.close()  # PyPy commits nothing while a query is open
            return found

    @contextmanager
    def _asking(self) -> Iterator[None]:
        with self._lock:
            self._until = self._clock() + LONGEST if not self._depth else math.inf
            try:
                yield
            except sqlite3.OperationalError as problem:
                if str(problem) != "interrupted":
                    raise
                raise Refused(
                    422,
                    f"the question took more than {LONGEST:g} s and was broken off, since all others wait for it; ask"
                    " about less: one project, one trace, or a start_time",
                ) from None
            finally:
                self._until = math.inf

    def _too_late(self) -> int:
        return int(self._clock() > self._until)

    def update(self, table: str, key: str, values: Dict[str, Any]) -> None:
        """Set columns of the row with this id; the names are ours, never a client's."""
        if values:
            with self.writing() as db:
                names = ", ".join(f"{name}=?" for name in values)
                db.execute(f"UPDATE {table} SET {names} WHERE id=?", [*values.values(), key])

    def insert(self, table: str, values: Dict[str, Any]) -> None:
        """Add a row, or replace the one with its id."""
        with self.writing() as db:
            names = ", ".join(values)
            db.execute(f"INSERT OR REPLACE INTO {table} ({names}) VALUES ({marks(values)})", list(values.values()))

    def _make(self) -> None:
        with self.writing() as db:
            have = self._version()
            if have == VERSION:
                return
            for version in range(have, VERSION) if have else ():
                _run(db, UPGRADES[version])
            if not have:
                _run(db, SCHEMA)
                db.execute("INSERT INTO meta VALUES ('tenant_id', ?)", (new_id(),))
            db.execute("INSERT OR IGNORE INTO meta VALUES ('signing_key', ?)", (secrets.token_hex(32),))
            db.execute(f"PRAGMA user_version={VERSION}")

    def _version(self) -> int:
        """Give the version of the file's tables, 0 when it has none yet. Raises: sqlite3.DatabaseError."""
        version = int(self.rows("PRAGMA user_version")[0][0])
        tables = {row[0] for row in self.rows("SELECT name FROM sqlite_master")}
        if not tables and not version:
            return 0
        if not version or not {"meta", "runs"} <= tables:
            raise sqlite3.DatabaseError(f"{self.path} is another program's database; name another file")
        if version > VERSION:
            raise sqlite3.DatabaseError(
                f"{self.path} was made by a newer version of fakes (its tables are of version {version}, this program"
                f" knows {VERSION}); update fakes, or name another file"
            )
        return version


def _run(db: sqlite3.Connection, statements: str) -> None:
    for statement in statements.split(";\n"):
        db.execute(statement)


def new_id() -> str:
    """Mint an id."""
    return str(uuid.uuid4())


def marks(values: Iterable[Any]) -> str:
    """Give as many question marks as there are values."""
    return ",".join("?" for _ in values)


def as_id(value: Any) -> str:
    """Give an id in its usual form.

    Raises: Refused (422) for what is no UUID.
    """
    if isinstance(value, str) and _UUID.match(value):
        return value
    try:
        return str(uuid.UUID(value if isinstance(value, str) else ""))
    except ValueError:
        raise Refused(422, f"{str(value)[:60]!r} is not a UUID") from None


def clean(text: str) -> str:
    """Give a text that UTF-8 can say: half a surrogate pair becomes a question mark."""
    return text.encode("utf-8", "replace").decode("utf-8")


def ids(values: Iterable[Any]) -> List[str]:
    """Give several ids in their usual form. Raises: Refused (422)."""
    if not isinstance(values, (list, tuple, set)):
        raise Refused(422, "ids come as a list")
    return [as_id(value) for value in values]


def dumped(value: Any) -> Optional[str]:
    """Give a JSON value as text for a column; None stays None, numbers beyond JSON become null."""
    if value is None:
        return None
    try:
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    except ValueError:  # 1e400 is JSON, and infinite once it was read
        return dumped(finite(value))
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:  # half a surrogate pair: JSON can say it, UTF-8 and sqlite cannot
        return json.dumps(value, separators=(",", ":"))
    return text


def finite(value: Any) -> Any:
    """Give a JSON value with null in the place of numbers that JSON cannot say."""
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return None
    if isinstance(value, dict):
        return {name: finite(one) for name, one in value.items()}
    return [finite(one) for one in value] if isinstance(value, (list, tuple)) else value


def loaded(text: Optional[str]) -> Any:
    """Give the JSON value of a column; None stays None."""
    return None if text is None else json.loads(text)


def _json_has(text: Optional[str], wanted: str, member: Optional[str] = None) -> int:
    """Tell in SQL whether a JSON object, or a member of it, has all members of another, as `has(metadata, …)` asks.

    What the member is, SQL's own functions cannot give: a text of theirs may be half a surrogate pair.
    """
    have, need = loaded(text), json.loads(wanted)
    if member is not None:
        have = have.get(member) if isinstance(have, dict) else None
    return int(isinstance(have, dict) and all(key in have and have[key] == need[key] for key in need))
