"""Do the main job from an installation, in an empty directory: both commands, and a program with both packages."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

QUESTION = "What is the purpose of model regularization?"


def run(*command: str, **variables: str) -> str:
    print("$", *command[:4])
    done = subprocess.run(command, env={**os.environ, **variables}, capture_output=True, text=True, timeout=60)
    if done.returncode:
        sys.exit(f"exit code {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done.stdout


def main() -> None:
    import fakes
    import minichat

    for package in (fakes, minichat):
        assert Path(package.__file__).parent.parent.name == "site-packages", package.__file__
    script = str(Path(sys.executable).with_name("minichat"))
    answers = {
        run(sys.executable, "-m", "minichat", QUESTION),
        run(sys.executable, "-I", "-m", "minichat", "--no-stream", QUESTION),
        run(script, *QUESTION.split()),
    }
    assert len(answers) == 1 and "overfitting" in answers.pop()
    assert run(script, "--version") == f"minichat {minichat.__version__}\n"

    command = [sys.executable, "-m", "fakes", "--port", "0", "--exit-on-stdin-close"]
    print("$", *command[:3])
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        ready = json.loads(server.stdout.readline())
        assert ready["pid"] == server.pid, ready
        there = {"OPENAI_BASE_URL": ready["url"] + "/openai/v1", "OPENAI_API_KEY": "any"}
        assert run(script, "--model", "fake-echo", "over a socket", **there) == "over a socket\n"
        server.stdin.close()
        server.stdout.read()
    assert server.returncode == 0
    print("the installed commands answer")


if __name__ == "__main__":
    main()
