"""The pytest plugin, in runs of pytest of its own: what its fixtures set, and what strict runs complain of."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

import fakes
from fakes import harness
from tests.source_tree import ROOT

from .asking import ask, chat

ASK = '''
import json, os, urllib.request

import pytest


def ask(text="hi"):
    body = json.dumps({"model": "any", "messages": [{"role": "user", "content": text}]}).encode()
    headers = {"authorization": "Bearer " + os.environ["OPENAI_API_KEY"]}
    request = urllib.request.Request(os.environ["OPENAI_BASE_URL"] + "/chat/completions", body, headers)
    with urllib.request.urlopen(request, timeout=10) as response:
        return json.load(response)["choices"][0]["message"]["content"]


'''


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Give a function that runs pytest on a text, with the plugin installed as pyproject.toml installs it."""
    entry = re.search(r"(?ms)^\[project\.entry-points\.pytest11\]\n(.*?)\n\n", (ROOT / "pyproject.toml").read_text("utf-8"))
    installed = tmp_path / "installed" / "minichat-1.dist-info"
    installed.mkdir(parents=True)
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: minichat\nVersion: 1\n")
    (installed / "entry_points.txt").write_text("[pytest11]\n" + entry.group(1).replace('"', "") + "\n")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(installed.parent), str(ROOT)]))
    for name in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # whatever else is installed is not tried here
    folder = tmp_path / "project"
    folder.mkdir()

    def run(text, *options, ini="", files=(), load=("-W", "error", "-p", "minichat-fakes")):
        (folder / "pytest.ini").write_text(f"[pytest]\naddopts = --strict-markers --strict-config\n{ini}\n")
        (folder / "test_it.py").write_text(ASK + text)
        for name, content in dict(files).items():
            (folder / name).write_text(content)
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-v", *load, *options, "project"]
        done = subprocess.run(
            command, cwd=folder.parent, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=25
        )
        return done.returncode, done.stdout.decode()

    return run


def verdicts(printed):
    """Give {test: word} of what `pytest -v` printed; a test with an error after it has passed is "PASSED ERROR"."""
    found = {}
    for name, word in re.findall(r"test_it\.py::([\w:[\]]+) (PASSED|FAILED|ERROR|SKIPPED|XFAIL)", printed):
        found[name] = f"{found[name]} {word}" if name in found else word
    return found


# -- fixtures ------------------------------------------------------------------------------------


def test_fixtures_give_a_server_each_and_set_variables_for_the_test_only(run, monkeypatch):
    monkeypatch.setenv("OPENAI_BASE_URL", "https://api.openai.com/v1")
    monkeypatch.setenv("ANTHROPIC_AUTH_TOKEN", "a-secret-of-the-users")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("GEMINI_API_KEY", "another-secret")
    text = '''
import asyncio
import fakes

ports = []


@pytest.mark.parametrize("word", ["one", "two"])
def test_each_has_its_own(fake_openai, word):
    assert fake_openai.port not in ports
    ports.append(fake_openai.port)
    fake_openai.reply(word)
    assert ask() == word
    fake_openai.assert_called(times=1)
    assert os.environ["GEMINI_API_KEY"] == "another-secret"


def test_several_are_one(fake_openai, fake_google, fake_server):
    assert fake_openai is fake_google is fake_server
    assert os.environ["GOOGLE_GEMINI_BASE_URL"] == fake_server.url("google")
    assert os.environ["GOOGLE_API_KEY"] == fake_server.key
    assert "GEMINI_API_KEY" not in os.environ  # both would make clients warn


def test_all(fake_providers):
    for name in "OPENAI ANTHROPIC GOOGLE_GEMINI MISTRAL FIREWORKS TOGETHER".split():
        assert os.environ[name + "_BASE_URL"].startswith(fake_providers.url())
    for name in "OPENAI ANTHROPIC GOOGLE MISTRAL FIREWORKS TOGETHER".split():
        assert os.environ[name + "_API_KEY"] == fake_providers.key
    assert "ANTHROPIC_AUTH_TOKEN" not in os.environ


@pytest.mark.parametrize("name", "anthropic mistral fireworks together".split())
def test_one(request, name):
    server = request.getfixturevalue("fake_" + name)
    assert os.environ[name.upper() + "_BASE_URL"].startswith(server.url())
    assert os.environ["OPENAI_BASE_URL"] == "https://api.openai.com/v1"


def test_the_server_alone_sets_nothing(fake_server):
    assert "FAKES_URL" not in os.environ


def test_afterwards_all_is_as_it_was():
    assert os.environ["OPENAI_BASE_URL"] == "https://api.openai.com/v1"
    assert os.environ["ANTHROPIC_AUTH_TOKEN"] and "FAKES_URL" not in os.environ
    assert os.environ["GEMINI_API_KEY"] == "another-secret"
    import threading
    assert not [thread for thread in threading.enumerate() if thread.name == "fakes"]


@pytest.mark.fakes(clock="virtual", seed=7)
class TestMarks:
    @pytest.mark.fakes(script="script.json")
    def test_marks_add_up(self, fake_openai):
        assert ask("any") == "from the file"
        fake_openai.advance(60)
        assert fake_openai.now() >= 60


@pytest.mark.fakes(replies=["of the class"])
class TestReplies:
    @pytest.mark.fakes(replies=["first", "second"])
    def test_the_nearest_wins(self, fake_openai):
        assert [ask(), ask()] == ["first", "second"]

    def test_the_class_has_a_mark(self, fake_openai):
        assert ask() == "of the class"


def test_in_a_loop(fake_openai):
    async def main():
        loop = asyncio.get_running_loop()
        fake_openai.reply("a")
        async with fakes.serve(["b"]) as other:
            assert await loop.run_in_executor(None, ask) == "a"
            assert other.url() != fake_openai.url()

    asyncio.run(main())
'''
    script = '{"replies": ["from the file"]}'
    code, printed = run(text, files={"script.json": script})
    assert code == 0, printed
    assert set(verdicts(printed).values()) == {"PASSED"}


def test_pytest_finds_the_plugin_and_without_it_nothing_is_there(run, monkeypatch):
    monkeypatch.delenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD")
    text = '''
def test_unused(fake_openai):
    fake_openai.reply("never asked for, but nobody demands that")
'''
    code, printed = run(text, load=())
    assert code == 0, printed
    code, printed = run(text, load=("-p", "no:minichat-fakes"))
    assert code == 1 and "fixture 'fake_openai' not found" in printed


# -- strict --------------------------------------------------------------------------------------

STRICT = '''
from urllib.error import HTTPError


def test_used(fake_openai):
    fake_openai.when(user="hi").reply("Hello")
    assert ask() == "Hello"


def test_unused(fake_openai):
    fake_openai.when(user="bye").reply("Bye", name="farewell")


def test_unmatched(fake_openai):
    fake_openai.reply("Hello")
    assert ask() == "Hello"
    with pytest.raises(HTTPError):
        ask("more")


def test_problem(fake_openai):
    import fakes
    fake_openai.reply("Hello")
    fake_openai.fault(fakes.Fault("split", byte=100_000))
    assert ask() == "Hello"


def test_fails(fake_openai):
    fake_openai.reply("Hello")
    raise ZeroDivisionError


def test_skips(fake_openai):
    fake_openai.reply("Hello")
    pytest.skip("not today")


@pytest.mark.xfail
def test_expected(fake_openai):
    fake_openai.reply("Hello")
    raise ZeroDivisionError


@pytest.fixture
def broken(fake_openai):
    fake_openai.reply("Hello")
    raise ZeroDivisionError


def test_never_runs(broken):
    pass


@pytest.mark.fakes(strict=False)
def test_let_off(fake_openai):
    fake_openai.reply("Hello")


@pytest.mark.fakes("script.json", strikt=True)
def test_misspelt(fake_openai):
    pass


def test_no_server():
    pass
'''
WANTED = {
    "test_used": "PASSED",
    "test_unused": "PASSED ERROR",
    "test_unmatched": "PASSED ERROR",
    "test_problem": "PASSED ERROR",
    "test_fails": "FAILED",
    "test_skips": "SKIPPED",
    "test_expected": "XFAIL",
    "test_never_runs": "ERROR",
    "test_let_off": "PASSED",
    "test_misspelt": "ERROR",
    "test_no_server": "PASSED",
}


@pytest.mark.parametrize("options, ini", [(("--fakes-strict",), ""), ((), "fakes_strict = true")], ids=["option", "ini"])
def test_strict_runs_fail_what_is_green_by_accident(run, options, ini):
    code, printed = run(STRICT, *options, ini=ini)
    assert code == 1 and verdicts(printed) == WANTED, printed
    assert re.search(r"(?m)^fakes, strict: never used: farewell$", printed) and "never used: replies" not in printed
    assert "fakes, strict: request 2 (POST /openai/v1/chat/completions): no rule fits this request" in printed
    assert re.search(r"fakes, strict: problem: request 1: .*split byte 100000", printed)
    assert "mark fakes takes clock, replies, script, seed, strict, tls by name, not 'script.json', strikt" in printed
    assert "pytest_plugin.py" not in printed, "a traceback of ours helps nobody"


# -- what plugin and mixin share -----------------------------------------------------------------


def test_loading_the_plugin_loads_nothing_else():
    code = (
        "import sys, pytest; before = set(sys.modules); import fakes.pytest_plugin; "
        "print(sorted(name for name in set(sys.modules) - before if not name.startswith('fakes')), "
        "sorted(name for name in sys.modules if name.startswith('fakes')))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, check=True, timeout=25)
    assert done.stdout.decode().split() == ["[]", "['fakes',", "'fakes.pytest_plugin']"]


def test_a_rule_that_one_session_used_is_used():
    with fakes.serve() as server:
        server.when(user="hi").reply("Hello")
        server.when(user="bye").reply("Bye")
        server.reply("one", "two", "three")
        a, b = server.session("a"), server.session("b")
        chat(server, messages=[{"role": "user", "content": "bye"}])
        ask(server, {"model": "x", "messages": [{"role": "user", "content": "hi"}]}, key=a.key)
        for _ in range(2):
            ask(server, {"model": "x", "messages": [{"role": "user", "content": "else"}]}, key=b.key)
        assert harness.complaints(server) == ["never used: replies[2]"]
        b.reply("own")
        assert harness.complaints(server) == ["never used: replies[0]", *REST]
        assert harness.told(harness.complaints(server)).splitlines()[1:] == ["  " + line for line in REST]


REST = ["never used: replies[1]", "never used: replies[2]", "session 'b': never used: replies[0]"]


def test_requests_that_the_provider_refuses_are_no_complaint():
    with fakes.serve(["Hello"]) as server:
        assert chat(server, temperature=9).status == 400
        assert ask(server, {}, path="/openai/v1/nowhere").status == 404
        assert chat(server).status == 200
        assert harness.complaints(server) == []


@pytest.mark.parametrize("provider, path, sent", [
    ("anthropic", "/anthropic/v1/messages", {"max_tokens": 9}),
    ("mistral", "/mistral/v1/chat/completions", {}),
    ("fireworks", "/fireworks/inference/v1/chat/completions", {}),
    ("together", "/together/v1/chat/completions", {}),
])  # fmt: skip
def test_what_no_rule_fits_is_found_in_every_provider_s_error(provider, path, sent):
    headers = {"x-api-key": "sk-test", "anthropic-version": "2023-06-01"} if provider == "anthropic" else {}
    with fakes.serve([]) as server:
        body = {"model": "any", "messages": [{"role": "user", "content": "hi"}], **sent}
        assert ask(server, body, path=path, headers=headers).status == 404
        (line,) = harness.complaints(server)
        assert line.startswith(f"request 1 (POST {path}): no rule fits this request (provider {provider}, model 'any'")


def test_what_no_rule_fits_is_found_in_google_s_error():
    with fakes.serve([]) as server:
        body = {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]}
        path = "/google/v1beta/models/any:generateContent"
        assert ask(server, body, path=path, headers={"x-goog-api-key": "sk-test"}).status == 404
        (line,) = harness.complaints(server)
        assert line.startswith(f"request 1 (POST {path}): no rule fits this request (provider google, model 'any'")


def test_what_the_journal_has_forgotten_is_counted():
    with fakes.serve([]) as server:
        for _ in range(3):
            chat(server)
        server._sessions.main.journal.clear()
        assert harness.complaints(server) == ["3 earlier requests fitted no rule"]


def test_a_provider_that_is_none_is_named():
    with fakes.serve() as server, pytest.raises(ValueError, match="no provider 'azure' here; there are openai, anthropic"):
        harness.variables_for(server, ["azure"], {})


def test_the_variables_go_past_proxies_and_trust_the_authority(tmp_path):
    with fakes.serve() as server:
        inherited = {"NO_PROXY": "intra.net", "OPENAI_PROXY": "http://proxy", "HOME": "/", "ANTHROPIC_PROXY": "x"}
        made = harness.variables_for(server, ["openai"], inherited)
        assert made["NO_PROXY"] == "intra.net,127.0.0.1" and made["no_proxy"] == "127.0.0.1"
        assert made["OPENAI_PROXY"] is made["ANTHROPIC_PROXY"] is None
        assert made["OPENAI_BASE_URL"] == server.url("openai") and made["OPENAI_API_KEY"] == server.key
        assert "HOME" not in made and "MISTRAL_API_KEY" not in made and "SSL_CERT_FILE" not in made
