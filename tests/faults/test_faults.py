"""The table of faults: every row through invoke, ainvoke, stream and astream, with the same outcome.

The rows are in rows_connection.py, rows_body.py and rows_status.py; what a row means, in rows.py. After
each one nothing may be left: no connection but one that can be used again, no task, thread or file
descriptor, no complaint of the event loop, no warning of an unclosed socket. And no error shows the key.
"""

from __future__ import annotations

import itertools
import pickle
import socket

import pytest

from minichat import Limits

from . import rows_body, rows_connection, rows_status
from .dialects import DIALECTS, OPENAI
from .exercise import METHODS, THOROUGH, ask, check_no_key, make_model, methods_for, nothing_left
from .server import Server

pytestmark = pytest.mark.filterwarnings("error")

def rows_of(dialect):
    """Give (row, the methods it is asked by) of one dialect."""
    # What happens before a reply's head is whole knows no dialect: OpenAI's goes by all methods, others by one.
    before = rows_connection.rows(dialect) if THOROUGH or dialect is OPENAI else []
    own = [*rows_body.rows(dialect), *rows_status.rows(dialect)]
    rotated = [(row, METHODS if dialect is OPENAI else (METHODS[number % 4],)) for number, row in enumerate(before)]
    return rotated + [(row, methods_for(dialect, number)) for number, row in enumerate(own)]


TABLES = {one.name: rows_of(one) for one in DIALECTS}
TABLE = [(one, row, method) for one in DIALECTS for row, methods in TABLES[one.name] for method in methods]


def test_each_row_has_a_name_of_its_own():
    for table in TABLES.values():
        names = [row.name for row, _ in table]
        assert len(names) == len(set(names))


@pytest.mark.parametrize("dialect, row, method", TABLE, ids=lambda value: getattr(value, "name", value))
def test_a_fault_ends_as_the_table_says(dialect, row, method, monkeypatch, request):
    made = {}
    if row.url == "https" and callable(row.scripts):
        made.update(request.getfixturevalue("certificates"))
    with nothing_left():
        with Server([]) as second:
            made["elsewhere"] = made.get("elsewhere", second.port)
            scripts = row.scripts(made) if callable(row.scripts) else row.scripts
            nested = bool(scripts) and isinstance(scripts[0], list)
            with Server(scripts if nested else itertools.repeat(scripts), **_buffer(row)) as server:
                settings = {**row.settings, **_prepare(row, server, monkeypatch, made)}
                if row.body == "stream" and "invoke" in method:
                    settings["streaming"] = True
                url = row.url if "://" in row.url else f"{row.url}://127.0.0.1:{server.port}"
                model = make_model(url, dialect, **settings)

                def check():
                    server.wait_until_left(but=1 if row.kept else 0)

                outcome = ask(method, model, monkeypatch, check=check, prompt=row.prompt)
                server.wait_until_left()
                seen = row.attempts if row.seen is None else row.seen
                assert len(server.requests) == seen
                assert not server.unexpected
            assert not second.peers, "the client went where a reply told it to"
    _compare(dialect, row, method, outcome)


def _buffer(row) -> dict:
    return {"receive_buffer": 4096} if row.setup == "small receive buffer" else {}


def _prepare(row, server, monkeypatch, made) -> dict:
    """Bring about what a row needs besides its script; give the settings that come of it."""
    if row.setup == "refused":
        server.stop_listening()
    elif row.setup == "no such host":

        def unknown(*args, **kwargs):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

        monkeypatch.setattr(socket, "getaddrinfo", unknown)
    elif row.setup.startswith("trust "):
        return {"ca_file": made[row.setup[6:]].file}
    elif row.setup == "read byte by byte":
        return {"limits": Limits(read_block_bytes=1)}
    return {}


def _compare(dialect, row, method, outcome) -> None:
    error = outcome.error
    assert outcome.waits == list(row.waits)
    assert not outcome.tasks
    assert not outcome.complaints
    if "stream" in method:
        assert outcome.chunks == list(row.chunks)
    if row.raises is None:
        if error is not None:
            raise error
        assert outcome.text == (dialect.text if row.text is None else row.text)
        name, value = dialect.stop
        assert outcome.last.response_metadata[name] == value
        return
    assert type(error) is row.raises, f"{error!r} instead of {row.raises.__name__}, {outcome.chunks}"
    assert row.says in str(error)
    found = {name: getattr(error, name) for name in ("status", "request_id", "retry_after", "retryable", "attempts")}
    assert found == {name: getattr(row, name) for name in found}
    assert {name: getattr(error, name) for name in row.facts} == row.facts
    assert (None if error.partial is None else str(error.partial.text)) == row.partial
    check_no_key(error)
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error) and str(again) == str(error)
    assert repr(vars(again)) == repr(vars(error))  # by repr: not-a-number is not equal to itself
