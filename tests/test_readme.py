"""The README's promises: its first command, its Python blocks with their output, its tables.

All blocks run in one namespace inside a running event loop, as in a notebook: so a block may use `await` at the top,
and the others prove that the synchronous methods work there.
"""

from __future__ import annotations

import ast
import asyncio
import builtins
import contextlib
import importlib
import inspect
import io
import json
import os
import re
import subprocess
import sys
import types
import urllib.request

import pytest

import fakes
import minichat
from minichat import ChatOpenAI, Limits, errors
from tests.source_tree import ROOT

README = (ROOT / "README.md").read_text("utf-8")
BLOCKS = [(language, text) for language, text in re.findall(r"(?ms)^```(\w+)\n(.*?)^```$", README)]


def after(heading):
    """Give the text of one section."""
    return re.search(rf"(?ms)^## {heading}\n(.*?)(?=^## |\Z)", README).group(1)


def rows(section):
    """Give the cells of a section's tables, without their heads."""
    lines = [line for line in section.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [row for row in cells if not set(row[0]) <= set("- ")]


def expected_after(index):
    """Give the output that the README shows below a block, "" where it shows none."""
    following = BLOCKS[index + 1 : index + 2]
    return following[0][1] if following and following[0][0] == "output" else ""


def test_every_block_is_a_command_a_program_or_an_output():
    assert {language for language, _ in BLOCKS} == {"sh", "python", "output"}
    assert README.count("```") == 2 * len(BLOCKS)


def test_the_first_command_prints_what_the_readme_shows(monkeypatch):
    (language, command), (_, shown) = BLOCKS[:2]
    assert language == "sh" and README.index("```sh") < 20
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OPENAI_")}
    environment["PYTHONDEVMODE"] = ""  # in which asyncio notes what took long
    # `python3` on this machine may be another version; the words after it are the README's own.
    program, *arguments = [word.strip('"') for word in re.findall(r'".*?"|\S+', command)]
    assert program == "python3"
    done = subprocess.run([sys.executable, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0
    assert done.stderr + done.stdout == shown


def test_the_python_blocks_print_what_the_readme_shows(monkeypatch):
    for name in list(os.environ):
        if name.startswith("OPENAI_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    compared = asyncio.run(run_blocks())
    assert compared == sum(language == "output" for language, _ in BLOCKS) - 1  # the first is the command's


async def run_blocks():
    module = types.ModuleType("readme")  # dataclasses look for the module of a class
    sys.modules["readme"] = module
    names = vars(module)
    compared = 0
    for index, (language, text) in enumerate(BLOCKS):
        if language != "python":
            continue
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            await run_block(text, names)
        assert out.getvalue() == expected_after(index), text
        compared += bool(expected_after(index))
    return compared


async def run_block(text, names):
    """Run one block as a notebook does: the value of a last expression is shown, unless it is None."""
    tree = ast.parse(text)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    value = eval(compile(tree, "README.md", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT), names)
    if inspect.iscoroutine(value):
        await value
    if last is not None:
        code = compile(ast.Expression(last.value), "README.md", "eval", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        shown = eval(code, names)
        if inspect.iscoroutine(shown):
            shown = await shown
        if shown is not None:
            print(repr(shown))


def test_the_tests_are_one_line_away():
    commands = re.findall(r"(?ms)^```sh\n(.*?)^```$", after("Running the tests"))
    assert len(commands) == 1 and len(commands[0].splitlines()) == 1
    for step in ("python3 -m venv", "[dev]", "pytest"):
        assert step in commands[0]


def test_every_limit_is_listed_with_its_default():
    listed = {row[0].strip("`"): row[1] for row in rows(after("Settings")) if re.fullmatch(r"`[a-z_]+`", row[0])}
    assert listed == {name: str(getattr(Limits, name)) for name in Limits.__annotations__}


def test_the_defaults_of_the_settings_are_those_of_the_model(monkeypatch):
    from minichat.language_models import provider_model as model

    for name in ("OPENAI_API_BASE", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    table = {row[0]: row[2].strip("`") for row in rows(after("Settings"))}
    chat = ChatOpenAI(api_key="k")
    assert table["address"] == chat.openai_api_base
    assert table["model"] == chat.model_name
    assert table["retries"] == str(model.ProviderModel._retries)
    assert table["timeout"] == f"({model.DEFAULT_CONNECT:g}, {model.DEFAULT_READ:g})"


PROVIDERS = [row for row in rows(after("Settings")) if row[0].startswith("`Chat")]


@pytest.mark.parametrize("row", PROVIDERS, ids=lambda row: row[0])
def test_each_provider_is_as_its_row_says(row, monkeypatch):
    kind = getattr(minichat, row[0].strip("`"))
    keys, addresses = (re.findall(r"`(\w+)`", cell) for cell in row[1:3])
    assert kind._key_variables[0] == keys[0] and list(kind._url_variables) == addresses
    for name in (*keys, *addresses):
        monkeypatch.delenv(name, raising=False)
    for name in keys:
        monkeypatch.setenv(name, "k")
        kind(model="m")
        monkeypatch.delenv(name)
    assert kind._url_default == row[3].strip("`")
    assert kind(model="m", api_key="k")._retries == int(row[4])


def test_every_provider_has_its_row():
    listed = {row[0].strip("`") for row in PROVIDERS}
    assert listed == {cls for _, cls in importlib.import_module("minichat.chat_models").PROVIDERS.values()}


def test_every_setting_and_variable_that_is_named_exists():
    section = after("Settings")
    fields = {name for kind in ChatOpenAI.__mro__ for name in getattr(kind, "__annotations__", {})}
    fields |= {*ChatOpenAI._aliases}
    assert {name for name in re.findall(r"`(\w+)=", section)} <= fields | {"limits"}
    source = "".join(path.read_text("utf-8") for path in (ROOT / "minichat").rglob("*.py"))
    variables = set(re.findall(r"`([A-Z_]{5,})`", section))
    assert variables and [name for name in variables if name not in source] == []


def test_every_exception_is_in_the_table_and_behaves_as_it_says():
    table = rows(after("Errors"))
    named = {name for row in table for name in re.findall(r"`(\w+)`", row[0]) if hasattr(errors, name)}
    assert named | {"ChatError", "ProviderError"} == set(errors.__all__)
    for names, _, retried in table[1:]:
        for name in re.findall(r"`(\w+)`", names.partition(" (")[0]):
            kind = getattr(errors, name)
            for base in re.findall(r"\ban? `(\w+)`", names):
                assert issubclass(kind, getattr(errors, base, None) or getattr(builtins, base)), name
            if not issubclass(kind, errors.ProviderError):
                assert kind.retryable == (retried == "yes"), name


STATUSES = {400: False, 401: False, 403: False, 404: False, 408: True, 409: True, 422: False, 429: True, 500: True}
STATUSES.update({503: True, 529: True})


@pytest.mark.parametrize("status", STATUSES)
def test_each_status_gives_the_exception_of_its_row(status):
    from minichat.protocols.base import provider_error

    error = provider_error(status, {}, provider="openai", message="x")
    row = next(row for row in rows(after("Errors")) if f"`{type(error).__name__}`" in row[0])
    assert str(status) in row[1] or status in (408, 500)
    assert error.retryable == STATUSES[status]
    assert error.retryable == (row[2].startswith("yes") or str(status) in row[2])


def test_every_file_of_the_reading_order_exists():
    for path in re.findall(r"`((?:minichat|fakes|tests)/[\w./]*)`", README):
        assert (ROOT / path).exists(), path


def test_the_model_names_of_the_fake_exist():
    with fakes.serve() as server:
        asked = urllib.request.Request(server.url("openai") + "/models", headers={"authorization": "Bearer sk-fake"})
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(asked) as reply:
            there = {row["id"] for row in json.load(reply)["data"] if row["id"].startswith("fake-")}
    assert set(re.findall(r"`(fake-[\w-]+)`", README)) == there


def commands_of_the_fake():
    found = [row[0].strip("`") for row in rows(after("The fake server")) if row[0].startswith("`python3 -m fakes")]
    assert len(found) == 10
    return found


@pytest.mark.parametrize("command", commands_of_the_fake())
def test_every_command_of_the_fake_is_there_and_takes_what_the_readme_gives_it(command):
    words = command.split()[3:]
    name = [word for word in words[:1] if not word.startswith("-") and not word.endswith(".json")]
    asked = [sys.executable, "-m", "fakes", *name, "--help"]
    told = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, timeout=20)
    assert told.returncode == 0, told.stderr
    for option in [word for word in words if word.startswith("--") and len(word) > 2]:
        assert option in told.stdout, f"{option} is not in the help of {' '.join(asked[2:])}"


def test_the_commands_that_end_by_themselves_do_what_the_readme_says(tmp_path):
    script = tmp_path / "script.json"
    script.write_text('{"rules": [{"when": {"user": "hi"}, "reply": "Hello."}]}')
    client = "import json, os, urllib.request as u; u.urlopen(u.Request(os.environ['OPENAI_BASE_URL'] + '/models', "
    client += "headers={'authorization': 'Bearer ' + os.environ['OPENAI_API_KEY']})).read()"
    environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    for words, shown in (
        (["check", str(script)], "ok, 1 rule"),
        (["--help-script"], "Conditions"),
        (["--help-script", "schema"], '"$schema"'),
        (["show", "anthropic", "fake-tool"], "event: message_start"),
        (["verdict", "--", sys.executable, "-c", client], ""),
    ):
        command = [sys.executable, "-m", "fakes", *words]
        told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=20, env=environment)
        assert told.returncode == 0 and shown in told.stdout, told.stderr
