"""create_anonymizer: rules and functions for the texts of a run. Source of the expected: langsmith 0.15.0."""

from __future__ import annotations

import copy
import re

import pytest

from fakes import langsmith
from minichat.errors import ConfigurationError
from minichat.tracers.langsmith import Client, create_anonymizer, traceable, tracing_context

VALUE = {"text": "call 555-1234, a@x.org", "more": ["555-9999", {"555-0000": "555-0000"}, 5, None, True]}
PHONE = {"pattern": r"\d{3}-\d{4}", "replace": "<phone>"}
MADE = {
    "rules": (
        [PHONE, {"pattern": re.compile(r"\w@x\.org")}],
        {"text": "call <phone>, [redacted]", "more": ["<phone>", {"555-0000": "<phone>"}, 5, None, True]},
    ),
    "one after the other": (
        [PHONE, {"pattern": "<phone>", "replace": ""}],
        {"text": "call , a@x.org", "more": ["", {"555-0000": ""}, 5, None, True]},
    ),
    "a function": (
        lambda text: text[:4],
        {"text": "call", "more": ["555-", {"555-0000": "555-"}, 5, None, True]},
    ),
    "a function of a path": (
        lambda text, path: "/".join(map(str, path)),
        {"text": "text", "more": ["more/0", {"555-0000": "more/1/555-0000"}, 5, None, True]},
    ),
    "a function of a path that need not be given": (
        lambda text, path=None: "/".join(map(str, path or ["no path"])),
        {"text": "text", "more": ["more/0", {"555-0000": "more/1/555-0000"}, 5, None, True]},
    ),
}


@pytest.mark.parametrize("replacer, wanted", MADE.values(), ids=MADE)
def test_texts_are_masked_wherever_they_stand(replacer, wanted):
    given = copy.deepcopy(VALUE)
    assert create_anonymizer(replacer)(given) == wanted
    assert given == VALUE


def test_what_nobody_looked_at_is_not_told():
    assert create_anonymizer([PHONE], max_depth=1)(VALUE) == {"text": "call <phone>, a@x.org", "more": "[redacted]"}
    deep = "555-1234"
    for _ in range(40):
        deep = {"d": [deep]}
    assert "555" not in str(create_anonymizer([PHONE])(deep))
    assert create_anonymizer([PHONE])("555-1234") == "<phone>"
    assert create_anonymizer([PHONE], max_depth=0)({"a": "555-1234"}) == "[redacted]"
    assert create_anonymizer([PHONE])({"a": ("555-1234", 5)}) == {"a": ["<phone>", 5]}


def test_a_path_is_a_list_of_its_own():
    seen = []
    create_anonymizer(lambda text, path: seen.append(path) or text)({"a": ["x", "y"]})
    assert seen == [["a", 0], ["a", 1]]


def test_an_object_that_masks_nodes_is_refused():
    class Masker:
        def mask_nodes(self, nodes):
            return nodes

    with pytest.raises(ConfigurationError, match="mask_nodes"):
        create_anonymizer(Masker())


@pytest.mark.parametrize("replacer", [3, [3], [{}], "text", {"pattern": "x"}])
def test_a_replacer_that_is_none_is_refused(replacer):
    with pytest.raises(ConfigurationError, match="rules"):
        create_anonymizer(replacer)


def test_a_client_sends_what_its_anonymizer_leaves():
    with langsmith.serve() as server:
        client = Client(server.url, api_key=server.key, anonymizer=create_anonymizer([PHONE]))

        @traceable
        def call(number):
            raise ValueError(f"nobody at {number}")

        with tracing_context(enabled=True, client=client), pytest.raises(ValueError):
            call("555-1234")
        client.close(5)
        assert "<phone>" in str(server.runs()) and "555" not in str(server.runs()[0]["inputs"])
        assert "555-1234" not in server.runs()[0]["error"]
