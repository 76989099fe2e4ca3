"""The OpenAPI document: every operation in it does what it says, and says it of every operation."""

from __future__ import annotations

import re

import pytest

import fakes
from fakes.replies.schemas import fits

from .asking import ask, chat


@pytest.fixture(scope="module")
def document():
    with fakes.serve() as server:
        return ask(server, method="GET", path="/__fakes/openapi.json", key=None).json


def operations(document):
    return [(method.upper(), path, told) for path, item in document["paths"].items() for method, told in item.items()]


def call(server, method, path, told):
    """Do an operation with its own example."""
    sent = told.get("requestBody", {}).get("content", {}).get("application/json", {}).get("example")
    return ask(server, sent, method=method, path=re.sub(r"\{\w+\}", "someone", path), key=None if sent is None else "sk-test")


def test_it_names_its_version_and_every_operation_once(document):
    assert document["openapi"] == "3.1.0" and document["info"]["title"] == "fakes control API"
    names = [told["operationId"] for _, _, told in operations(document)]
    assert len(names) == len(set(names)) >= 19
    assert all(told["summary"] and "200" in told["responses"] for _, _, told in operations(document))


def test_every_reference_leads_somewhere(document):
    def references(value):
        if isinstance(value, dict):
            for name, below in value.items():
                yield from [below] if name == "$ref" else references(below)
        elif isinstance(value, list):
            for below in value:
                yield from references(below)

    found = set(references(document))
    assert {"#/components/schemas/rule", "#/components/schemas/Error"} <= found
    for reference in found:
        assert reference.startswith("#/components/schemas/")
        assert reference.rpartition("/")[2] in document["components"]["schemas"], reference


def test_every_operation_does_its_example_and_answers_as_it_says(document):
    for method, path, told in operations(document):
        with fakes.serve(clock="virtual") as server:
            server.session("someone")
            assert chat(server).status == 200
            sent = told.get("requestBody", {}).get("content", {}).get("application/json")
            if sent is not None:
                assert fits(sent["example"], sent["schema"], document), (method, path)
            got = call(server, method, path, told)
            assert got.status == 200, (method, path, got.body)
            (kind, content), = told["responses"]["200"]["content"].items()
            assert got.headers["content-type"] == kind
            answer = got.json if kind == "application/json" else got.body.decode()
            assert fits(answer, content["schema"], document), (method, path, answer)


def test_another_method_is_refused_in_the_shape_of_an_error(document):
    with fakes.serve() as server:
        for path, item in document["paths"].items():
            allowed = ", ".join(sorted(item)).upper()
            got = ask(server, method="PATCH", path=re.sub(r"\{\w+\}", "someone", path), key=None)
            assert (got.status, got.headers["allow"]) == (405, allowed)
            assert allowed in got.error["message"]
            assert fits(got.json, {"$ref": "#/components/schemas/Error"}, document)


def test_an_unknown_path_names_every_path(document):
    with fakes.serve() as server:
        got = ask(server, method="GET", path="/__fakes/nothing", key=None)
        assert got.status == 404
        assert all(path in got.error["message"] for path in document["paths"])


def test_every_body_refuses_a_field_that_it_does_not_have(document):
    with fakes.serve() as server:
        for method, path, told in operations(document):
            if "requestBody" in told:
                sent = told["requestBody"]["content"]["application/json"]["example"]
                got = ask(server, {**sent, "colour": "red"}, method=method, path=path)
                assert got.status == 422 and "colour" in got.error["field"], (method, path, got.body)
                assert "red" not in got.error["message"]


def test_an_operation_without_a_body_takes_none_and_the_others_need_one(document):
    with fakes.serve() as server:
        for method, path, told in operations(document):
            path = re.sub(r"\{\w+\}", "someone", path)
            if "requestBody" not in told:
                got = ask(server, {}, method=method, path=path)
                assert (got.status, "takes no body" in got.error["message"]) == (400, True), (method, path)
            elif told["requestBody"]["required"]:
                got = ask(server, None, method=method, path=path, key=None)
                assert (got.status, "takes a JSON object" in got.error["message"]) == (400, True), (method, path)


def test_every_operation_refuses_an_unknown_query_parameter(document):
    with fakes.serve() as server:
        for method, path, _ in operations(document):
            got = ask(server, method=method, path=re.sub(r"\{\w+\}", "someone", path) + "?colour=red", key=None)
            assert (got.status, got.error["field"]) == (400, "colour"), (method, path)
