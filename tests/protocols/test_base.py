"""What all protocols share: JSON that is none is a ProtocolError, whatever the interpreter makes of it."""

import json

import pytest

from minichat import ProtocolError
from minichat.protocols import base


@pytest.mark.parametrize("text", ["", "{", "[1,", "nul", "[" * 200_000, '{"a":' * 200_000])
def test_no_json_is_a_protocol_error_also_while_another_error_is_handled(text):
    with pytest.raises(ProtocolError, match="not JSON"):
        base.parse_json(text)
    try:
        raise ValueError("another")
    except ValueError:
        with pytest.raises(ProtocolError, match="not JSON"):
            base.parse_json(text)


def test_what_pypy_raises_where_a_recursion_error_cannot_be_chained_is_one_too(monkeypatch):
    def unchained(*args):
        raise TypeError("couldn't record exception context for exception 'RecursionError'")

    monkeypatch.setattr(base, "_scan", unchained)
    monkeypatch.setattr(json, "loads", unchained)
    with pytest.raises(ProtocolError, match="couldn't record"):
        base.parse_json("[[[[")
