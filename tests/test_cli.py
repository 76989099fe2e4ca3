"""The command line: what stands on which stream, the exit code, and what each option sends."""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import socket
import subprocess
import sys
import threading

import pytest

import fakes
from minichat import __version__, cli
from tests.source_tree import ROOT

QUESTION = "What is the purpose of model regularization?"


@pytest.fixture(scope="module")
def server():
    with fakes.serve(reject_keys=["sk-rejected"]) as server:
        yield server


@pytest.fixture(autouse=True)
def no_provider(monkeypatch):
    """Nobody's real key or proxy decides what these tests do."""
    for name in list(os.environ):
        if name.startswith("OPENAI_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


@pytest.fixture
def key(monkeypatch, server):
    """Set key and address as a user of a server would."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-real")
    monkeypatch.setenv("OPENAI_BASE_URL", server.url("openai"))
    server.reset()


@pytest.fixture
def command(capsys, monkeypatch):
    """Run the command in this process; give (exit code, standard output, standard error)."""

    def command(*arguments, stdin=""):
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        code = cli.main([*arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return command


@contextlib.contextmanager
def spawn(*arguments, **options):
    """Start the command as a process of its own, without the debug notes of a developer's asyncio.

    A test that fails inside the block kills it: `with Popen` would wait for ever, and the time limit with it.
    """
    environment = {**options.pop("env", os.environ), "PYTHONDEVMODE": ""}
    command = [sys.executable, "-W", "error", "-m", "minichat", *arguments]
    with subprocess.Popen(command, cwd=ROOT, text=True, env=environment, **options) as process:
        try:
            yield process
        except BaseException:
            process.kill()
            raise


# -- without a key ---------------------------------------------------------------------------


def test_without_a_key_the_fake_answers_and_one_line_says_so(command):
    code, out, err = command(QUESTION)
    assert code == 0
    assert "overfitting" in out and out.endswith(".\n") and out.count("\n") == 1
    assert len(err.splitlines()) == 1
    for word in ("fake", "OPENAI_API_KEY", "OPENAI_BASE_URL", "--model", "--base-url"):
        assert word in err


def test_an_empty_key_is_no_key(command, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "")
    assert command("--model", "fake-hello", "x")[:2] == (0, "Hello from fakes.\n")


def test_the_fake_is_asked_directly_whatever_proxy_is_set(command, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("OPENAI_PROXY", "http://127.0.0.1:1")
    assert command("--model", "fake-hello", "x")[:2] == (0, "Hello from fakes.\n")


def test_the_fake_ends_with_the_command(command):
    before = threading.active_count()
    command("--model", "fake-hello", "x")
    command("--model", "fake-cut", "x")
    assert threading.active_count() == before


@pytest.mark.parametrize("variable", ["OPENAI_BASE_URL", "OPENAI_API_BASE", None])
def test_an_address_without_a_key_is_refused_before_anything_is_sent(command, monkeypatch, server, variable):
    server.reset()
    arguments = ["x"]
    if variable:
        monkeypatch.setenv(variable, server.url("openai"))
    else:
        arguments += ["--base-url", server.url("openai")]
    code, out, err = command(*arguments)
    assert (code, out) == (2, "")
    assert "OPENAI_API_KEY" in err and server.url("openai") in err and "any value" in err
    assert server.connections == 0


# -- with a key ------------------------------------------------------------------------------


def test_with_a_key_the_environments_server_is_asked_and_nothing_is_said(command, key, server):
    code, out, err = command(QUESTION)
    assert (code, err) == (0, "")
    assert "overfitting" in out
    assert server.journal[0].body["stream"] is True


def test_base_url_beats_the_environment(command, key, server, monkeypatch):
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:1/v1")
    assert command("--base-url", server.url("openai"), "--model", "fake-hello", "x")[1] == "Hello from fakes.\n"


OPTIONS = {
    "model": (["--model", "fake-hello"], {"model": "fake-hello"}),
    "temperature": (["--temperature", "0.5"], {"temperature": 0.5}),
    "temperature of zero": (["--temperature", "0"], {"temperature": 0}),
    "max tokens": (["--max-tokens", "9"], {"max_completion_tokens": 9}),
    "system": (
        ["--system", "Be brief."],
        {"messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "x"}]},
    ),
    "no stream": (["--no-stream"], {"stream": None}),
}


@pytest.mark.parametrize("case", OPTIONS)
def test_each_option_is_in_the_request(command, key, server, case):
    arguments, expected = OPTIONS[case]
    code, _, _ = command("x", *arguments)
    sent = server.journal[0].body
    assert code == 0
    assert {name: sent.get(name) for name in expected} == expected


def test_what_is_not_given_is_not_sent(command, key, server):
    command("x")
    assert set(server.journal[0].body) <= {"model", "messages", "stream", "stream_options"}


def test_timeout_ends_a_wait_for_a_server_that_says_nothing(command, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = "http://127.0.0.1:%d/v1" % silent.getsockname()[1]
        monkeypatch.setattr("time.sleep", lambda seconds: None)
        code, out, err = command("--base-url", url, "--timeout", "0.05", "x")
    assert (code, out) == (1, "")
    assert "0.05 s" in err and len(err.splitlines()) == 1


@pytest.mark.parametrize("stream", [[], ["--no-stream"]])
def test_words_are_joined_and_standard_input_is_read_where_there_are_none(command, key, stream):
    ask = lambda *words, **rest: command("--model", "fake-echo", *stream, *words, **rest)[1]
    assert ask("two", "words") == "two words\n"
    assert ask(stdin="from a pipe") == "from a pipe\n"
    assert ask("-", stdin="from a pipe\n") == "from a pipe\n"
    assert ask("--", "-x") == "-x\n"


@pytest.mark.parametrize("words", [[], ["-"], [""], ["  ", " "]])
def test_an_empty_question_is_refused(command, words):
    code, out, err = command(*words, stdin=" \n")
    assert (code, out) == (2, "")
    assert "question is empty" in err


def test_no_standard_input_at_all_is_refused(monkeypatch):
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(cli.Refused, match="no standard input"):
        cli._prompt([])


def test_standard_input_that_is_no_text_is_refused(monkeypatch):
    stdin = io.TextIOWrapper(io.BytesIO(b"\xff\xfe\xfa"), "utf-8")
    monkeypatch.setattr(sys, "stdin", stdin)
    with pytest.raises(cli.Refused, match="not utf-8 text"):
        cli._prompt([])


# -- errors ----------------------------------------------------------------------------------


def test_an_error_of_the_provider_is_one_line_and_exit_code_one(command, key):
    code, out, err = command("--model", "no-such-model", "x")
    assert (code, out) == (1, "")
    assert err.startswith("minichat: openai 404 model_not_found: ") and len(err.splitlines()) == 1


def test_a_wrong_key_is_not_repeated(command, key, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-rejected")
    code, _, err = command("x")
    assert code == 1 and "401" in err and "sk-rejected" not in err


def test_a_wrong_setting_is_an_error_of_the_command(command, key):
    code, out, err = command("--timeout", "-1", "x")
    assert (code, out) == (1, "") and "timeout" in err


def test_what_had_come_before_an_error_stays_printed(command, key):
    code, out, err = command("--model", "fake-cut", "x")
    assert code == 1
    assert out.startswith("This answer is cut off") and out.endswith("\n") and "whole" not in out
    assert err.startswith("minichat: ") and len(err.splitlines()) == 1


class Scripted:
    """A server of one reply, for answers that the fake's ready behaviours do not give."""

    def __init__(self, body):
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.body = body
        self.thread = threading.Thread(target=self.serve)

    def serve(self):
        with self.listening, self.listening.accept()[0] as peer:
            asked = b""
            while b"\r\n\r\n" not in asked:
                asked += peer.recv(65536)
            head, _, rest = asked.partition(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length:")[2].split()[0])
            while len(rest) < length:
                rest += peer.recv(65536)
            head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(self.body)}\r\n\r\n"
            peer.sendall(head.encode() + self.body)

    def __enter__(self):
        self.thread.start()
        return "http://127.0.0.1:%d/v1" % self.listening.getsockname()[1]

    def __exit__(self, *exc):
        self.thread.join()


REMARKS = {
    "length": ({"content": "Half of"}, "length", "Half of\n", "--max-tokens"),
    "content_filter": ({"content": "A"}, "content_filter", "A\n", "content filter"),
    "stop": ({"content": "All."}, "stop", "All.\n", ""),
    "refusal": ({"content": None, "refusal": "I cannot help."}, "stop", "I cannot help.\n", ""),
    "own line end": ({"content": "Line\n"}, "stop", "Line\n", ""),
    "nothing": ({"content": ""}, "stop", "", ""),
}


@pytest.mark.parametrize("case", REMARKS)
def test_an_answer_that_is_not_whole_is_said_to_be_so(command, monkeypatch, case):
    message, reason, printed, remark = REMARKS[case]
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": reason}
    body = {"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}
    with Scripted(json.dumps(body).encode()) as url:
        code, out, err = command("--base-url", url, "--no-stream", "x")
    assert (code, out) == (0, printed)
    assert remark in err and bool(remark) == bool(err)


# -- as a process ----------------------------------------------------------------------------


def test_pieces_are_printed_as_they_come(server):
    # The server holds the second half back until the first has been read from the command's output.
    listening = socket.create_server(("127.0.0.1", 0))
    environment = {**os.environ, "OPENAI_API_KEY": "k", "no_proxy": "*"}
    url = "http://127.0.0.1:%d/v1" % listening.getsockname()[1]
    frame = lambda text, reason: "data: %s\n\n" % json.dumps(
        {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m",
         "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": reason}]}
    )
    with listening, spawn(
        "--base-url", url, "x", stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
    ) as process:
        with listening.accept()[0] as peer:
            peer.recv(65536)
            peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n")
            peer.sendall(frame("first", None).encode())
            assert process.stdout.read(5) == "first"
            peer.sendall((frame(" second", "stop") + "data: [DONE]\n\n").encode())
        out, err = process.communicate()
    assert (process.returncode, out, err) == (0, " second\n", "")


def test_a_reader_that_has_had_enough_ends_the_command_quietly():
    with spawn("--model", "fake-echo", "x" * 100_000, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout.read(1) == "x"
        process.stdout.close()
        err = process.stderr.read()
    assert process.returncode == 1
    assert len(err.splitlines()) == 1 and "fake" in err


def test_a_full_disk_is_an_error_and_no_traceback():
    if not os.path.exists("/dev/full"):
        pytest.skip("no /dev/full here")
    with open("/dev/full", "w") as full, spawn("--model", "fake-hello", "x", stdout=full, stderr=subprocess.PIPE) as process:
        err = process.stderr.read()
    assert process.returncode == 1
    assert "cannot write the answer" in err and "Traceback" not in err


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_an_interrupt_ends_the_command_without_a_traceback(request):
    # Who runs the suite behind a shell's `&` has SIGINT ignored, and children inherit that.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    request.addfinalizer(lambda: signal.signal(signal.SIGINT, before))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        environment = {**os.environ, "OPENAI_API_KEY": "k", "no_proxy": "*"}
        url = "http://127.0.0.1:%d/v1" % silent.getsockname()[1]
        with spawn(
            "--base-url", url, "x", stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
        ) as process:
            with silent.accept()[0] as peer:
                peer.recv(65536)  # it is waiting for an answer now
                out = None
                while out is None:  # a signal just before the system call begins is seen when it ends: as people do, again
                    process.send_signal(signal.SIGINT)
                    with contextlib.suppress(subprocess.TimeoutExpired):
                        out, err = process.communicate(timeout=5)
    assert (process.returncode, out, err) == (130, "", "")


def test_a_terminal_without_the_character_shows_the_rest():
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "OPENAI_API_KEY": "", "OPENAI_BASE_URL": ""}
    with spawn(
        "--model", "fake-echo", "d\u00e9j\u00e0", stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
    ) as process:
        out, err = process.communicate()
    assert (process.returncode, out) == (0, "d?j?\n"), err


def test_version_and_help_name_the_package(capsys):
    for option, expected in (("--version", f"minichat {__version__}\n"), ("--help", "usage: python3 -m minichat ")):
        with pytest.raises(SystemExit) as left:
            cli.main([option])
        assert left.value.code == 0
        assert capsys.readouterr().out.startswith(expected)


def test_a_wrong_option_is_exit_code_two(capsys):
    with pytest.raises(SystemExit) as left:
        cli.main(["--temperature", "warm", "x"])
    assert left.value.code == 2
    assert "--temperature" in capsys.readouterr().err
