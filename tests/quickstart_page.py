"""A page of the quick-start's kind: its Python blocks, what it prints after each, and the answers behind that.

A page is Markdown with ```python blocks, each followed, where it shows something, by an ```output block. `read` gives
the cells; `Cell.replies` says what a provider must have answered for the page to come out as printed; `run` runs
the cells one after the other in one event loop that is running, as a notebook does.
"""

from __future__ import annotations

import ast
import asyncio
import contextlib
import io
import re
import warnings

import fakes

BLOCKS = re.compile(r"```(python|output)\n(.*?)```", re.DOTALL)
PIECE = re.compile(r"'path': '/streamed_output/-',\s*'value': AIMessageChunk\(content=(.*?)\)\}\)\n", re.DOTALL)
COUNTED = ("prompt_tokens", "completion_tokens")
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Cell:
    """One block of code, and what the page shows after it (None: nothing)."""

    def __init__(self, code, output):
        self.code = re.sub(r"^from langchain_(core|openai)\b", "from minichat", code, flags=re.MULTILINE)
        self.output = output

    def __repr__(self):
        return self.code.strip().splitlines()[-1]

    @property
    def streams(self):
        return "stream" in self.code

    @property
    def is_legacy(self):
        """Tell whether it calls the model itself, which LangChain has deprecated since."""
        return re.search(r"^chat\(", self.code, re.MULTILINE) is not None

    @property
    def replies(self):
        """The provider's answers, in the order in which the cell asks for them."""
        if self.output is None:
            return []
        if "astream_log" in self.code:
            # The first '' is the event that tells the role, the last the one that tells why it ended.
            first, *pieces, last = [ast.literal_eval(piece) for piece in PIECE.findall(self.output)]
            assert first == last == ""
            return [fakes.Reply([fakes.Text(piece) for piece in pieces])]
        if self.streams:
            return [fakes.Reply.of(self.output.rstrip("\n"))]
        nodes = list(ast.walk(ast.parse(self.output, mode="eval")))
        calls = [node for node in nodes if isinstance(node, ast.Call) and node.func.id == "AIMessage"]
        replies = [fakes.Reply.of(ast.literal_eval(call.keywords[0].value)) for call in calls]
        for reply, usage in zip(replies, self._usages(nodes, len(replies))):
            reply.usage = usage
        return replies

    def _usages(self, nodes, count):
        """Share the totals that the page shows among `count` replies, so that their sum is what it shows."""
        for node in nodes:
            if isinstance(node, ast.Dict) and "prompt_tokens" in [ast.literal_eval(key) for key in node.keys]:
                total = ast.literal_eval(node)
                for index in range(count):
                    shares = [total[key] // count + (index < total[key] % count) for key in COUNTED]
                    yield fakes.Usage(*shares, reasoning=None)


def read(text):
    """Give the cells of a page."""
    cells = []
    for kind, block in BLOCKS.findall(text):
        if kind == "python":
            cells.append(Cell(block, None))
        else:
            cells[-1].output = block
    return cells


class Result:
    """What a cell did: the value of its last expression (None: none), what it printed, warned, and sent."""

    def __init__(self, value, printed, warned, requests):
        self.value, self.printed, self.warned, self.requests = value, printed, warned, requests


def run(cells, server):
    """Run cells in one running loop and give their results."""
    names = {}

    async def notebook():
        results = []
        for cell in cells:
            before = len(server.journal)
            names["_"] = None
            printed = io.StringIO()
            with contextlib.redirect_stdout(printed), warnings.catch_warnings(record=True) as warned:
                warnings.simplefilter("always")
                done = eval(_compiled(cell.code), names)
                if asyncio.iscoroutine(done):
                    await done
            kinds = [one.category for one in warned]
            results.append(Result(names["_"], printed.getvalue(), kinds, server.journal[before:]))
        return results

    return asyncio.run(notebook())


def _compiled(code):
    """Compile a cell, whose last expression becomes the value of `_`."""
    tree = ast.parse(code)
    last = tree.body[-1]
    if isinstance(last, ast.Expr):
        tree.body[-1] = ast.copy_location(ast.Assign([ast.Name("_", ast.Store())], last.value), last)
        ast.fix_missing_locations(tree)
    return compile(tree, "<cell>", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)


def shown(cell, result):
    """Give what a notebook shows for a result, and what the page shows, both with ids made alike."""
    expected = cell.output or ""
    got = result.printed
    if result.value is not None:
        expected = expected.rstrip("\n")
        got = repr(result.value)
        with contextlib.suppress(ValueError):  # a plain literal: notebooks break its lines where Python does not
            expected = repr(ast.literal_eval(expected))
    elif cell.streams and "astream_log" not in cell.code:
        expected = expected.rstrip("\n")  # printed without a line's end, which the fence needs
    return UUID.sub("UUID", got), UUID.sub("UUID", expected)
