"""Caches: what goes in comes out, in memory and in a file; several threads and processes; damage is a miss."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
import sys
import threading

import pytest

from minichat import (
    AIMessage,
    AIMessageChunk,
    BaseCache,
    BaseMessage,
    ChatGeneration,
    ChatGenerationChunk,
    ChatMessage,
    ConfigurationError,
    FunctionMessage,
    HumanMessage,
    InMemoryCache,
    SQLiteCache,
    SystemMessage,
    ToolMessage,
)
from tests.source_tree import ROOT

CALL = {"name": "add", "args": {"a": 1, "b": [None, True, 1.5]}, "id": "c1"}
RAW_CALL = {"id": "c2", "type": "function", "function": {"name": "f", "arguments": "{}"}}
MESSAGES = {
    "a text": AIMessage("Paris"),
    "no text": AIMessage(""),
    "every script, a NUL, half an emoji": AIMessage("é\u4e2d\U0001f600\x00\ud83d"),
    "blocks": AIMessage(["a", {"type": "text", "text": "b", "index": 0}]),
    "all fields": AIMessage(
        "x",
        id="run-1",
        name="bob",
        additional_kwargs={"refusal": None},
        response_metadata={"model_name": "m", "logprobs": {"content": [{"logprob": -0.25}]}},
        usage_metadata={"input_tokens": 1, "output_tokens": 2, "total_tokens": 3},
    ),
    "tool calls": AIMessage(
        "", tool_calls=[CALL], invalid_tool_calls=[{"name": "f", "args": "{", "id": "c3", "error": "cut"}]
    ),
    "raw calls that were read": AIMessage("", additional_kwargs={"tool_calls": [RAW_CALL]}),
    "raw calls that were taken away": AIMessage("", additional_kwargs={"tool_calls": [RAW_CALL]}).model_copy(
        update={"tool_calls": []}
    ),
    "a field of one's own": AIMessage("x", mood="good"),
    "human": HumanMessage("x"),
    "system": SystemMessage("x"),
    "chat": ChatMessage("x", role="r"),
    "tool": ToolMessage("x", tool_call_id="1", artifact={"rows": [1]}, status="error"),
    "function": FunctionMessage("x", name="f"),
}
GENERATIONS = {name: ChatGeneration(message=message) for name, message in MESSAGES.items()}
GENERATIONS["info"] = ChatGeneration(message=AIMessage("x"), generation_info={"finish_reason": "stop"})
GENERATIONS["a chunk"] = ChatGenerationChunk(message=AIMessageChunk("a", id="1") + AIMessageChunk("b"))


def answer(text):
    return [ChatGeneration(message=AIMessage(text))]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "answers.db"


@pytest.fixture(params=["memory", "file"])
def cache(request, path):
    return InMemoryCache() if request.param == "memory" else SQLiteCache(path)


class Awaited:
    """The a-variants of a cache by the names of the others."""

    def __init__(self, cache):
        self.lookup = lambda *args: asyncio.run(cache.alookup(*args))
        self.update = lambda *args: asyncio.run(cache.aupdate(*args))
        self.clear = lambda **kwargs: asyncio.run(cache.aclear(**kwargs))


@pytest.fixture(params=["sync", "async"])
def side(request, cache):
    return cache if request.param == "sync" else Awaited(cache)


# -- every cache ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", GENERATIONS)
def test_what_goes_in_comes_out(cache, name):
    given = [GENERATIONS[name]]
    cache.update("p", "m", given)
    found = cache.lookup("p", "m")
    assert found == given
    assert [type(one.message) for one in found] == [type(one.message) for one in given]


def test_an_answer_belongs_to_its_prompt_and_settings(side):
    assert side.lookup("p", "m") is None
    side.update("p", "m", answer("one"))
    side.update("pm", "", answer("two"))
    side.update("p", "M", [])
    assert side.lookup("p", "m") == answer("one")
    assert side.lookup("pm", "") == answer("two")
    assert side.lookup("p", "M") == []
    assert side.lookup("", "pm") is None


def test_a_second_answer_takes_the_place_of_the_first(side):
    side.update("p", "m", answer("one") + answer("other"))
    side.update("p", "m", answer("two"))
    assert side.lookup("p", "m") == answer("two")


def test_a_cleared_cache_is_empty_and_can_be_used(side):
    side.update("p", "m", answer("one"))
    side.clear()
    assert side.lookup("p", "m") is None
    side.update("p", "m", answer("two"))
    assert side.lookup("p", "m") == answer("two")


def test_an_option_that_no_one_would_heed_is_refused(side):
    with pytest.raises(TypeError, match="has no options; leave out everything"):
        side.clear(everything=True)


def test_prompts_may_hold_any_text(cache):
    prompts = ["", "'; DROP TABLE chat_generations; --", "é\u4e2d\U0001f600", "a\x00b", "a\x00c", "\ud83d", "x" * 100000]
    for at, prompt in enumerate(prompts):
        cache.update(prompt, prompt, answer(str(at)))
    assert [cache.lookup(prompt, prompt)[0].text for prompt in prompts] == [str(at) for at in range(len(prompts))]


def test_threads_find_what_they_wrote(cache):
    failures = []

    def work(at):
        try:
            for turn in range(10):
                cache.update(f"p{at}", str(turn), answer(f"{at}.{turn}"))
                cache.update("shared", "m", answer("same"))
                assert cache.lookup(f"p{at}", str(turn)) == answer(f"{at}.{turn}")
                assert cache.lookup("shared", "m") == answer("same")
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(at,)) for at in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


# -- in memory -----------------------------------------------------------------------------


def test_a_full_memory_forgets_what_came_first():
    cache = InMemoryCache(maxsize=2)
    for prompt in "abbc":
        cache.update(prompt, "m", answer(prompt))
    assert [cache.lookup(prompt, "m") is not None for prompt in "abc"] == [False, True, True]


def test_replacing_an_answer_puts_no_other_out():
    cache = InMemoryCache(maxsize=2)
    for prompt in "abb":
        cache.update(prompt, "m", answer(prompt))
    assert cache.lookup("a", "m") == answer("a")


def test_memory_gives_back_the_very_objects():
    cache, given = InMemoryCache(), answer("x")
    cache.update("p", "m", given)
    assert cache.lookup("p", "m") is given


@pytest.mark.parametrize("maxsize", [0, -1, True, 1.5, "2"])
def test_a_size_that_holds_nothing_is_refused(maxsize):
    with pytest.raises(ConfigurationError, match="maxsize must be greater than 0"):
        InMemoryCache(maxsize=maxsize)


def test_threads_never_overfill_a_bounded_memory():
    cache = InMemoryCache(maxsize=5)

    def work(at):
        for turn in range(200):
            cache.update(f"{at}.{turn}", "m", answer("x"))

    threads = [threading.Thread(target=work, args=(at,)) for at in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 0 < len(cache._kept) <= 5


def test_a_cache_of_ones_own_gets_the_other_side_in_a_thread():
    class Noted(BaseCache):
        def __init__(self):
            self.calls = []

        def lookup(self, prompt, llm_string):
            self.calls.append(("lookup", threading.current_thread() is threading.main_thread()))
            return answer(prompt + llm_string)

        def update(self, prompt, llm_string, return_val):
            self.calls.append(("update", threading.current_thread() is threading.main_thread()))

        def clear(self, **kwargs):
            self.calls.append((kwargs, threading.current_thread() is threading.main_thread()))

    async def main():
        await cache.aupdate("p", "m", [])
        await cache.aclear(all=True)
        return await cache.alookup("p", "m")

    cache = Noted()
    assert asyncio.run(main()) == answer("pm")
    assert cache.calls == [("update", False), ({"all": True}, False), ("lookup", False)]
    with pytest.raises(TypeError, match="abstract"):
        BaseCache()


# -- in a file -----------------------------------------------------------------------------


def test_another_cache_on_the_same_file_finds_the_answers(path):
    SQLiteCache(path).update("p", "m", answer("one"))
    assert SQLiteCache(str(path)).lookup("p", "m") == answer("one")


def test_the_file_holds_json_and_its_parts_are_readable(path):
    SQLiteCache(path).update("p", "m", answer("one"))
    connection = sqlite3.connect(path)
    rows = connection.execute("SELECT CAST(prompt AS TEXT), CAST(llm AS TEXT), answer FROM chat_generations").fetchall()
    connection.close()
    assert [row[:2] for row in rows] == [("p", "m")]
    assert '"kind": "ChatGeneration", "message": {"type": "ai"' in rows[0][2] and '"content": "one"' in rows[0][2]


def test_a_change_of_directory_does_not_change_the_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    cache = SQLiteCache("answers.db")
    cache.update("p", "m", answer("one"))
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    assert cache.lookup("p", "m") == answer("one")
    assert os.listdir(".") == []


def test_a_deleted_file_is_a_miss_and_is_made_again(path):
    cache = SQLiteCache(path)
    cache.update("p", "m", answer("one"))
    path.unlink()
    assert cache.lookup("p", "m") is None
    cache.update("p", "m", answer("two"))
    assert cache.lookup("p", "m") == answer("two")


DAMAGED = [
    "",
    "nonsense",
    "[{",
    b"\xff\xfe\x00",
    5,
    "5",
    "{}",
    "[5]",
    "[{}]",
    '[{"kind": "ChatGeneration", "message": {"type": "ai", "data": {"content": "x"}}}]',
    '[{"kind": "ChatGeneration", "message": {"type": "ai", "data": {"content": "x"}}, "info": 5}]',
    '[{"kind": "ChatGeneration", "message": {"type": "ai", "data": {"content": 5}}, "info": null}]',
    '[{"kind": "ChatGeneration", "message": {"type": "ai", "data": []}, "info": null}]',
    '[{"kind": "ChatGeneration", "message": {"type": "ai", "data": {"content": "x", "_tape": []}}, "info": null}]',
    '[{"kind": "ChatGeneration", "message": {"type": "ai", "data": {"content": "x", "tool_calls": [{}]}}, "info": null}]',
    '[{"kind": "ChatGeneration", "message": {"type": "os.system", "data": {"content": "x"}}, "info": null}]',
    '[{"kind": "ChatGeneration", "message": {"type": ["ai"], "data": {"content": "x"}}, "info": null}]',
    '[{"kind": "Generation", "message": {"type": "ai", "data": {"content": "x"}}, "info": null}]',
    "[" * 100000,
]


@pytest.mark.parametrize("row", DAMAGED, ids=range(len(DAMAGED)))
def test_a_row_that_cannot_be_read_is_a_miss_and_is_mended_by_the_next_update(path, row):
    cache = SQLiteCache(path)
    cache.update("p", "m", answer("one"))
    cache.update("q", "m", answer("other"))
    connection = sqlite3.connect(path)
    assert connection.execute("UPDATE chat_generations SET answer = ? WHERE prompt = ?", (row, b"p")).rowcount == 1
    connection.commit()
    connection.close()
    assert cache.lookup("p", "m") is None
    assert cache.lookup("q", "m") == answer("other")
    cache.update("p", "m", answer("two"))
    assert cache.lookup("p", "m") == answer("two")


def test_a_row_of_text_that_is_not_utf_8_is_a_miss(path):
    cache = SQLiteCache(path)
    cache.update("p", "m", answer("one"))
    connection = sqlite3.connect(path)
    connection.execute("UPDATE chat_generations SET answer = CAST(? AS TEXT)", (b'["\xff"]',))
    connection.commit()
    connection.close()
    assert cache.lookup("p", "m") is None


class Subclass(AIMessage):
    pass


@pytest.mark.parametrize(
    "generation, words",
    [
        (ChatGeneration(message=AIMessage("x", additional_kwargs={"at": object()})), "JSON cannot hold"),
        (ChatGeneration(message=Subclass("x")), r"return_val\[1\] is a ChatGeneration of a Subclass"),
        (ChatGeneration(message=BaseMessage("x", type="note")), "of a BaseMessage"),
        ("text", r"return_val\[1\] is a str"),
    ],
)
def test_what_a_file_cannot_keep_is_named_and_the_old_answer_stays(path, generation, words):
    cache = SQLiteCache(path)
    cache.update("p", "m", answer("one"))
    with pytest.raises(ConfigurationError, match=words):
        cache.update("p", "m", answer("fine") + [generation])
    assert cache.lookup("p", "m") == answer("one")


@pytest.mark.parametrize("given", ["", ":memory:", None, 5])
def test_a_path_that_names_no_file_is_refused(given):
    with pytest.raises(ConfigurationError, match="names no file; InMemoryCache"):
        SQLiteCache(given)


@pytest.mark.parametrize("timeout", [-1, float("nan"), float("inf"), None, True, "5"])
def test_a_timeout_that_is_no_time_is_refused(path, timeout):
    with pytest.raises(ConfigurationError, match="timeout must be seconds"):
        SQLiteCache(path, timeout=timeout)


def test_a_file_that_is_no_database_is_told_at_once(tmp_path):
    (tmp_path / "notes.txt").write_text("not a database " * 100)
    with pytest.raises(ConfigurationError, match="notes.txt.*delete the file if it is damaged"):
        SQLiteCache(tmp_path / "notes.txt")
    with pytest.raises(ConfigurationError, match="database_path=.*nowhere"):
        SQLiteCache(tmp_path / "nowhere" / "answers.db")


def test_a_file_that_others_hold_too_long_is_told_with_the_remedy(path):
    cache = SQLiteCache(path, timeout=0)
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    try:
        with pytest.raises(ConfigurationError, match="others have held it for timeout=0 seconds; pass a longer one"):
            cache.update("p", "m", answer("one"))
    finally:
        holder.close()
    cache.update("p", "m", answer("one"))
    assert cache.lookup("p", "m") == answer("one")


def test_the_timeout_is_what_sqlite_waits(path, monkeypatch):
    seen = []
    connect = sqlite3.connect

    def noted(*args, **kwargs):
        seen.append(kwargs["timeout"])
        return connect(*args, **kwargs)

    monkeypatch.setattr(sqlite3, "connect", noted)
    SQLiteCache(path).lookup("p", "m")
    SQLiteCache(path, timeout=0.5).lookup("p", "m")
    assert seen == [5.0, 5.0, 0.5, 0.5]


# -- several processes ---------------------------------------------------------------------

BEGIN = """
import sys
from minichat import AIMessage, ChatGeneration, SQLiteCache
path, me = sys.argv[1:]
cache = SQLiteCache(path, timeout=25)
def answer(text):
    return [ChatGeneration(message=AIMessage(text))]
"""


def process(code, *args):
    command = [sys.executable, "-c", BEGIN + code, *map(str, args)]
    return subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def test_processes_share_one_file_that_none_of_them_has_made(path):
    code = """
sys.stdin.readline()
for turn in range(20):
    cache.update(me, str(turn), answer(me + "." + str(turn)))
    cache.update("shared", "m", answer("same"))
    assert cache.lookup(me, str(turn)) == answer(me + "." + str(turn))
    assert cache.lookup("shared", "m") == answer("same")
print("done")
"""
    running = [process(code, path, me) for me in "abcd"]
    for one in running:  # all are let go together, as far as they have come
        one.stdin.write("go\n")
        one.stdin.flush()
    assert [one.communicate()[0] for one in running] == ["done\n"] * 4
    assert [one.returncode for one in running] == [0] * 4
    cache = SQLiteCache(path)
    for me in "abcd":
        assert [cache.lookup(me, str(turn))[0].text for turn in range(20)] == [f"{me}.{turn}" for turn in range(20)]


def sound(path):
    connection = sqlite3.connect(path)
    try:
        return connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    finally:
        connection.close()


def test_a_writer_killed_between_two_statements_leaves_whole_rows_only(path):
    code = """
for turn in range(10**9):
    cache.update(me, str(turn), answer("x" * 50000))
    print(turn, flush=True)
"""
    for me in "abc":
        writer = process(code, path, me)
        written = [int(writer.stdout.readline()) for _ in range(3)]
        writer.kill()
        written += [int(line) for line in writer.communicate()[0].splitlines()]
        cache = SQLiteCache(path, timeout=25)
        assert all(cache.lookup(me, str(turn)) == answer("x" * 50000) for turn in written)
        assert cache.lookup(me, str(written[-1] + 1)) in (None, answer("x" * 50000))
        assert sound(path)


def test_a_writer_killed_inside_a_transaction_has_written_nothing(path):
    # The cache's own statements, stopped where only a debugger could stop them; with a cache of one
    # page SQLite has already written to the file, and keeps a journal to undo it.
    code = """
import sqlite3
cache.update("old", "m", answer("old"))
connection = sqlite3.connect(path, isolation_level=None)
connection.execute("PRAGMA cache_size = 1")
connection.execute("BEGIN IMMEDIATE")
connection.execute("DELETE FROM chat_generations")
for turn in range(200):
    connection.execute("INSERT INTO chat_generations VALUES (?, ?, ?)", (me.encode(), str(turn).encode(), "x" * 9000))
print("inside", flush=True)
sys.stdin.read()
"""
    writer = process(code, path, "a")
    assert writer.stdout.readline() == "inside\n"
    assert path.stat().st_size > 100 * 4096, "nothing was written to the file yet, so this would prove nothing"
    writer.kill()
    writer.communicate()
    cache = SQLiteCache(path)
    assert cache.lookup("old", "m") == answer("old")
    assert cache.lookup("a", "0") is None
    assert sound(path)
    cache.update("new", "m", answer("new"))
    assert cache.lookup("new", "m") == answer("new")
