"""`python -m fakes verdict -- CMD…`: real commands against it, good ones, bad ones, failing ones, and signals."""

from __future__ import annotations

import json
import os
import pathlib
import signal
import subprocess
import sys

import pytest

from fakes import environment
from fakes.verdict.command import COURSES

pytestmark = pytest.mark.time_limit(60)
ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = """
import json, os, sys, types, urllib.request
from tests.fakes.clients import Client

def wait(seconds):  # on the fake's clock
    request = urllib.request.Request(os.environ["FAKES_URL"] + "/__fakes/advance", json.dumps({"seconds": seconds}).encode())
    request.add_header("content-type", "application/json")
    urllib.request.urlopen(request).read()

server = types.SimpleNamespace(port=int(os.environ["FAKES_URL"].rpartition(":")[2]), key=os.environ["OPENAI_API_KEY"])
client = Client(server, **{"waits": wait, **json.loads(sys.argv[1])})
print(len(client.ask("a question", stream=True)) > 0, flush=True)
client.close()
"""


def run(*options, command, **settings):
    return subprocess.run(
        [sys.executable, "-m", "fakes", "verdict", *options, "--", *command],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, universal_newlines=True, timeout=50,
        **settings,
    )  # fmt: skip


def client(**policy):
    return [sys.executable, "-c", PROGRAM, json.dumps(policy)]


def test_a_good_client_gets_a_clean_verdict_in_the_usual_trouble():
    done = run("--faults", "usual", command=client(retries=3))
    assert (done.returncode, done.stdout) == (0, "True\n"), done.stderr
    assert done.stderr == "verdict: clean, 4 requests judged\n"


def test_a_bad_client_does_not():
    done = run("--faults", "usual", "--json", command=client(retries=3, obeys=False, first=0.0))
    assert done.returncode == 1
    told = json.loads(done.stderr.splitlines()[-1])
    assert (told["ok"], told["judged"], told["command"]) == (False, 4, 0)
    assert "ignored_retry_after" in [finding["kind"] for finding in told["findings"]]


def test_a_client_that_reads_a_cut_stream_and_is_content_gets_a_hint_and_one_that_fails_none():
    content = run("--faults", "breaks", command=client(retries=0, minds=False))
    assert content.returncode == 0 and "hint: took_truncated" in content.stderr
    failed = run("--faults", "breaks", command=client(retries=0))
    assert failed.returncode == 3
    assert failed.stderr.splitlines()[-2:] == [
        "verdict: clean, 1 request judged",
        "fakes: the command ended with code 1",
    ]


def test_a_command_that_fails_with_faults_is_judged_by_its_faults():
    done = run("--faults", "refusals", command=client(retries_all=True, first=0.0))
    assert done.returncode == 1
    assert "fault: retried_final: sent the same request again 2 times after 400" in done.stderr


def test_a_script_says_what_is_answered(tmp_path):
    script = tmp_path / "script.json"
    script.write_text(json.dumps({"rules": [{"when": {"user": "a question"}, "reply": "scripted"}]}))
    done = run("--script", str(script), command=client())
    assert done.returncode == 0, done.stderr
    wrong = tmp_path / "wrong.json"
    wrong.write_text('{"rulez": []}')
    refused = run("--script", str(wrong), command=client())
    assert refused.returncode == 2 and "rulez" in refused.stderr and "Traceback" not in refused.stderr


def test_a_command_that_asks_nothing_is_not_green():
    done = run(command=[sys.executable, "-c", "pass"])
    assert done.returncode == 1
    assert "it asked nothing of the fake" in done.stderr


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ([], "say which command to run, behind --"),
        (["--faults", "oops", "--", "true"], "invalid choice: 'oops'"),
        (["--", "no-such-command-anywhere"], "cannot run 'no-such-command-anywhere': No such file or directory"),
    ],
)
def test_a_wrong_call_is_told(words, why):
    done = subprocess.run(
        [sys.executable, "-m", "fakes", "verdict", *words],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        universal_newlines=True,
        timeout=50,
    )
    assert done.returncode == 2 and why in done.stderr and "Traceback" not in done.stderr


def test_the_words_of_the_command_go_through_no_shell():
    word = "$HOME; echo `date` 'x' \"y\" *"
    program = "import sys, urllib.request, os; print(sys.argv[1]); urllib.request.urlopen(os.environ['FAKES_URL'] + '/openai')"
    done = run(command=[sys.executable, "-c", program, word])
    assert done.stdout == word + "\n" and done.returncode == 3  # urlopen raises for the 404


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT", "SIGHUP"])
def test_signals_are_passed_on(name):
    program = (
        "import os, signal, sys, urllib.request\n"
        "def told(number, frame):\n"
        "    print('told', signal.Signals(number).name, flush=True)\n"
        "    sys.exit(7)\n"
        f"signal.signal(signal.{name}, told)\n"
        "asked = urllib.request.Request(os.environ['OPENAI_BASE_URL'] + '/models', headers={'authorization': 'Bearer k'})\n"
        "urllib.request.urlopen(asked).read()\n"
        "print('ready', flush=True)\n"
        "signal.pause()\n"
    )
    running = subprocess.Popen(
        [sys.executable, "-m", "fakes", "verdict", "--", sys.executable, "-c", program],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True, start_new_session=True,
    )  # fmt: skip
    try:
        assert running.stdout.readline() == "ready\n"
        running.send_signal(getattr(signal, name))
        out, errors = running.communicate(timeout=30)
    finally:
        running.kill()
        running.wait()
    assert out == f"told {name}\n"
    assert running.returncode == 3 and "the command ended with code 7" in errors


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_a_command_that_a_signal_ends_is_told_by_its_name():
    done = run(command=[sys.executable, "-c", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"])
    assert "the command was ended by SIGKILL" in done.stderr


def test_the_help_names_every_course():
    done = subprocess.run(
        [sys.executable, "-m", "fakes", "verdict", "--help"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        universal_newlines=True,
        timeout=50,
    )
    assert done.returncode == 0
    for name, (_, told) in COURSES.items():
        assert name in done.stdout and told in done.stdout


# -- the variables -----------------------------------------------------------------------------------------------------


def test_the_variables_of_every_provider_lead_to_the_fake():
    made = environment.variables("http://127.0.0.1:4000/", "sk-fake-a")
    assert made["FAKES_URL"] == "http://127.0.0.1:4000"
    assert made["OPENAI_BASE_URL"] == made["OPENAI_API_BASE"] == "http://127.0.0.1:4000/openai/v1"
    assert made["ANTHROPIC_BASE_URL"] == "http://127.0.0.1:4000/anthropic"
    assert made["TOGETHER_BASE_URL"] == "http://127.0.0.1:4000/together"
    assert {value for name, value in made.items() if name.endswith("_KEY")} == {"sk-fake-a"}


def test_a_child_is_led_past_proxies_and_other_credentials():
    inherited = {
        "PATH": "/bin",
        "OPENAI_PROXY": "http://p",
        "ANTHROPIC_AUTH_TOKEN": "secret",
        "NO_PROXY": "example.com",
        "OPENAI_API_KEY": "sk-real",
    }
    made = environment.child(inherited, "http://[::1]:4000", "sk-fake")
    assert made["PATH"] == "/bin" and made["OPENAI_API_KEY"] == "sk-fake"
    assert "OPENAI_PROXY" not in made and "ANTHROPIC_AUTH_TOKEN" not in made
    assert made["NO_PROXY"] == "example.com,::1" and made["no_proxy"] == "::1"
    again = environment.child(made, "http://[::1]:4000", "sk-fake")
    assert again["NO_PROXY"] == "example.com,::1"


CLASSES = ["ChatOpenAI", "ChatAnthropic", "ChatGoogleGenerativeAI", "ChatMistralAI", "ChatFireworks", "ChatTogether"]


def test_every_class_of_minichat_finds_the_fake_by_the_variables_alone():
    program = (
        "import minichat\n"
        f"for name in {CLASSES}:\n"
        "    print(getattr(minichat, name)(model='fake-hello').invoke('hi').text)\n"
    )
    done = run(command=[sys.executable, "-c", program])
    assert done.returncode == 0, done.stderr
    assert done.stdout == "Hello from fakes.\n" * len(CLASSES)
    assert done.stderr.splitlines()[-1] == "verdict: clean, 6 requests judged"
