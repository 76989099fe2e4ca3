"""The quick-start's blocks run as they are printed there, in one running loop, as in a notebook.

`BLOCKS` are a twin of the page's, in words of our own. Where the page itself lies beside this
repository its blocks are run too, with nothing changed but the names in the import lines.
"""

import ast
import asyncio
import contextlib
import io
import pathlib
import re

import pytest

import fakes

PAGE = pathlib.Path(__file__).resolve().parents[2] / "shared" / "quickstart.fr.md"
IMPORTS = re.compile(r"from langchain_\w+(?:\.\w+)* import")
# "The whole interface" brings the rest of the page: astream_log, __call__, generate.
CALLS = ("chat.invoke(", "chat.stream(", "chat.batch(", "chat.ainvoke(", "chat.astream(")

BLOCKS = [
    """
from minichat import ChatOpenAI, HumanMessage, SystemMessage

messages = [
    SystemMessage(content="You are a patient teacher"),
    HumanMessage(content="What is the purpose of model regularization?"),
]
""",
    "chat = ChatOpenAI()",
    "chat.invoke(messages)",
    """
for chunk in chat.stream(messages):
    print(chunk.content, end="", flush=True)
""",
    "chat.batch([messages])",
    "await chat.ainvoke(messages)",
    """
async for chunk in chat.astream(messages):
    print(chunk.content, end="", flush=True)
""",
]


def page_blocks():
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S)
    setup = [block for block in blocks if "import" in block][:2]
    return [IMPORTS.sub("from minichat import", block) for block in setup + [b for b in blocks if any(c in b for c in CALLS)]]


def run_as_notebook(blocks):
    """Run blocks one after the other in one loop; give (block, value or printed text) of each call."""
    names = {}

    async def cells():
        said = []
        for block in blocks:
            tree = ast.parse(block)
            last = tree.body[-1]
            if isinstance(last, ast.Expr):
                tree.body[-1] = ast.copy_location(ast.Assign([ast.Name("_", ast.Store())], last.value), last)
                ast.fix_missing_locations(tree)
            printed = io.StringIO()
            names.pop("_", None)
            with contextlib.redirect_stdout(printed):
                code = compile(tree, "<cell>", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
                result = eval(code, names)
                if asyncio.iscoroutine(result):
                    await result
            said.append(names.get("_", printed.getvalue()))
        return said

    return asyncio.run(cells())


def check(blocks, monkeypatch):
    with fakes.serve() as server:
        monkeypatch.setenv("OPENAI_API_KEY", "sk-any")
        monkeypatch.setenv("OPENAI_BASE_URL", server.url("openai"))
        _, _, invoked, streamed, batched, ainvoked, astreamed = run_as_notebook(blocks)
    text = invoked.content
    assert "overfitting" in text
    assert streamed == astreamed == text
    assert [one.content for one in batched] == [text] and ainvoked.content == text
    assert repr(invoked) == f"AIMessage(content={text!r})"


def test_the_blocks_run_in_a_running_loop(monkeypatch):
    check(BLOCKS, monkeypatch)


def test_the_pages_own_blocks_run_as_written(monkeypatch):
    if not PAGE.is_file():
        pytest.skip(f"the quick-start's page is not beside this repository ({PAGE.name})")
    blocks = page_blocks()
    assert len(blocks) == len(BLOCKS)
    check(blocks, monkeypatch)
