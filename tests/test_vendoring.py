"""The package as people take it: copied into a tree, renamed, zipped, twice in one process, without site-packages.

Each case is a process of its own in an empty directory, which talks to a fake server over a socket. Nothing of
this checkout is on its path.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import fakes
from tests.source_tree import ROOT

# What a program does with a copy called `copy`: a call, a stream, asyncio, tools, a chain, and an error of its own.
PROGRAM = """
import asyncio, importlib, sys
copy = importlib.import_module({name!r})
from_home = lambda home, name: getattr(importlib.import_module({name!r} + "." + home), name)

model = copy.ChatOpenAI(model="fake-hello")
assert model.invoke("hi").content == "Hello from fakes."
assert "".join(chunk.content for chunk in model.stream("hi")) == "Hello from fakes."

async def main():
    answer = await model.ainvoke([copy.SystemMessage("s"), copy.HumanMessage("hi")])
    assert [message.content for message in await model.abatch(["a", "b"])] == [answer.content] * 2
    await model.aclose()

asyncio.run(main())

def weather(city: str) -> str:
    '''Tell the weather of a city.'''

call = copy.ChatOpenAI(model="fake-tool").bind_tools([weather]).invoke("Paris?").tool_calls[0]
assert (call["name"], call["args"]) == ("weather", {{"city": "Paris"}})
try:
    copy.ChatOpenAI(model="no-such-model").invoke("hi")
except copy.NotFound as error:
    assert isinstance(error, from_home("errors", "ChatError")) and error.status == 404
else:
    sys.exit("no error")
chain = from_home("prompts", "ChatPromptTemplate").from_template("{{q}}") | model | copy.StrOutputParser()
both = copy.RunnableParallel(text=chain, again=chain)
assert both.invoke({{"q": "hi"}})["again"] == "".join(chain.stream({{"q": "hi"}})) == "Hello from fakes."

async def inside():
    seen = [event["name"] async for event in chain.astream_events({{"q": "hi"}})]
    assert "ChatPromptTemplate" in seen and "ChatOpenAI" in seen
    assert isinstance([patch async for patch in chain.astream_log({{"q": "hi"}})][0], copy.RunLogPatch)
    await model.aclose()

asyncio.run(inside())
assert copy.tool(weather).invoke({{"type": "tool_call", "id": "1", **call}}).tool_call_id == call["id"]
assert isinstance(chain.invoke({{"q": "hi"}}, {{"callbacks": [copy.BaseCallbackHandler()]}}), str)
for name in copy.__all__:
    getattr(copy, name)
foreign = [name for name in sys.modules if name.split(".")[0] in {absent!r}]
assert not foreign, foreign
print("done")
"""


@pytest.fixture(scope="module")
def server():
    with fakes.serve() as server:
        yield server


@pytest.fixture
def run(server, tmp_path):
    """Give a function that runs Python in an empty directory and gives its standard output."""

    def run(*arguments, expect=0, **variables):
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith(("OPENAI_", "PYTHON", "LANGCHAIN"))
        }
        environment["OPENAI_API_KEY"] = "sk-vendored"
        environment["OPENAI_BASE_URL"] = server.url("openai")
        environment["no_proxy"] = "*"
        environment.update(variables)
        environment = {name: value for name, value in environment.items() if value is not None}
        # -S: an editable installation of this checkout would lend the copies what they do not have.
        command = [sys.executable, "-S", "-W", "error", *arguments]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
        assert done.returncode == expect, done.stderr
        return done.stdout if expect == 0 else done.stderr

    return run


def copy_to(target: Path):
    shutil.copytree(ROOT / "minichat", target, ignore=shutil.ignore_patterns("__pycache__"))
    return target


def vendored(tmp_path, name):
    copy_to(tmp_path / "vendor" / name)
    (tmp_path / "vendor" / "__init__.py").write_text("")


def program(name):
    absent = {"minichat", "fakes"} - {name.split(".")[0]}
    return PROGRAM.format(name=name, absent=absent)


@pytest.mark.parametrize("name", ["minichat", "chatcopy"])
def test_a_copy_works_as_a_top_level_package(run, tmp_path, name):
    copy_to(tmp_path / name)
    assert run("-c", program(name)) == "done\n"


@pytest.mark.parametrize("name", ["minichat", "chatcopy"])
def test_a_copy_works_inside_another_package(run, tmp_path, name):
    vendored(tmp_path, name)
    assert run("-c", program(f"vendor.{name}")) == "done\n"


def test_a_copy_works_deep_inside_and_in_a_namespace_package(run, tmp_path):
    copy_to(tmp_path / "app" / "third_party" / "chat")
    assert run("-c", program("app.third_party.chat")) == "done\n"


@pytest.mark.parametrize("name", ["minichat", "vendor.chatcopy"])
def test_a_copy_works_from_a_zip(run, tmp_path, name):
    with zipfile.ZipFile(tmp_path / "copy.zip", "w") as archive:
        if "." in name:
            archive.writestr("vendor/__init__.py", "")
        for path in sorted((ROOT / "minichat").rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                archive.write(path, name.replace(".", "/") + "/" + path.relative_to(ROOT / "minichat").as_posix())
    assert run("-c", "import sys; sys.path.insert(0, 'copy.zip')\n" + program(name)) == "done\n"


def test_a_copy_works_isolated_from_user_and_environment(run, tmp_path):
    # -I: no current directory, no PYTHON* variables, no user site.
    vendored(tmp_path, "chatcopy")
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n" + program("vendor.chatcopy")
    assert run("-I", "-B", "-c", code) == "done\n"


def test_a_copy_works_without_docstrings_and_assertions(run, tmp_path):
    vendored(tmp_path, "chatcopy")
    # The program asserts too, so under -OO it prints only; what is asserted is that nothing fails.
    code = "from vendor.chatcopy import ChatOpenAI; print(ChatOpenAI(model='fake-hello').invoke('hi').content)"
    assert run("-OO", "-c", code) == "Hello from fakes.\n"


def test_the_command_runs_under_the_name_of_the_copy(run, tmp_path):
    vendored(tmp_path, "chatcopy")
    assert run("-m", "vendor.chatcopy", "--model", "fake-echo", "one", "two") == "one two\n"
    assert run("-m", "vendor.chatcopy", "--version").startswith("chatcopy ")
    assert "usage: python3 -m vendor.chatcopy" in run("-m", "vendor.chatcopy", "--help")
    error = run("-m", "vendor.chatcopy", "--model", "no-such-model", "x", expect=1)
    assert error.startswith("chatcopy: openai 404")


def test_the_command_of_a_copy_without_the_fake_says_what_to_do(run, tmp_path):
    vendored(tmp_path, "chatcopy")
    error = run("-m", "vendor.chatcopy", "hi", expect=2, OPENAI_API_KEY=None, OPENAI_BASE_URL=None)
    assert error.startswith("chatcopy: OPENAI_API_KEY is not set, and this copy came without the package `fakes`")
    assert len(error.splitlines()) == 1
    shutil.copytree(ROOT / "fakes", tmp_path / "fakes", ignore=shutil.ignore_patterns("__pycache__"))
    answer = run("-m", "vendor.chatcopy", "--model", "fake-hello", "hi", OPENAI_API_KEY=None, OPENAI_BASE_URL=None)
    assert answer == "Hello from fakes.\n"


def test_two_copies_in_one_process_understand_each_others_messages(run, tmp_path):
    vendored(tmp_path, "one")
    copy_to(tmp_path / "vendor" / "two")
    code = """
from vendor import one, two
assert one.HumanMessage is not two.HumanMessage
for here, there in ((one, two), (two, one)):
    echo = here.ChatOpenAI(model="fake-echo")
    question = [there.SystemMessage("s"), there.HumanMessage("from the other copy")]
    answer = echo.invoke(question)
    assert type(answer) is here.AIMessage and answer.content == "from the other copy"
    tool = there.ChatOpenAI(model="fake-tool").bind_tools([{"name": "t", "description": "d", "parameters":
        {"type": "object", "properties": {"city": {"type": "string"}}}}])
    asked = tool.invoke("x")
    result = there.ToolMessage("21 degrees", tool_call_id=asked.tool_calls[0]["id"])
    after = here.ChatOpenAI(model="fake-tool").invoke([*question, asked, result])
    assert after.content == "The tool says: 21 degrees", after
    chunks = list(there.ChatOpenAI(model="fake-hello").stream("hi"))
    assert here.ChatOpenAI(model="fake-echo").invoke([sum(chunks[1:], chunks[0]), ("human", "x")]).content == "x"
    try:
        here.ChatOpenAI(model="no-such-model").invoke("hi")
    except there.ChatError:
        raise SystemExit("the errors of two copies are two trees")
    except here.NotFound:
        pass
print("done")
"""
    assert run("-c", code) == "done\n"


def test_a_copy_carries_its_licence_and_its_types(tmp_path):
    copied = copy_to(tmp_path / "chat")
    assert (copied / "LICENSE").exists() and (copied / "py.typed").exists()
