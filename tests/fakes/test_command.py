"""`python -m fakes`: the ready line, the ways to end it, clear errors; and the package as a copy and in a zip."""

from __future__ import annotations

import ast
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request

import pytest

import fakes

HOME = pathlib.Path(fakes.__path__[0])


def start(*args, module="fakes", cwd=HOME.parent, **options):
    return subprocess.Popen(
        [sys.executable, "-m", module, *args],
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


def ready(process):
    """Read the ready line, and ask the server for its health."""
    line = json.loads(process.stdout.readline())
    assert set(line) == {"url", "pid"} and line["pid"] == process.pid
    with urllib.request.urlopen(line["url"] + "/__fakes/health", timeout=10) as response:
        assert json.load(response)["status"] == "ok"
    return line


def ended(process, code=0):
    out, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (code, ""), err
    return out


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly(number):
    process = start()
    ready(process)
    process.send_signal(number)
    assert ended(process) == ""


def test_the_end_of_stdin_ends_it_when_asked():
    process = start("--exit-on-stdin-close", stdin=subprocess.PIPE)
    ready(process)
    process.stdin.close()
    process.stdin = None
    assert ended(process) == ""


def test_it_outlives_its_stdin_otherwise():
    process = start("--quiet", stdin=subprocess.DEVNULL)
    url = ready(process)["url"]
    urllib.request.urlopen(url + "/__fakes/health", timeout=10).close()
    process.terminate()
    ended(process)


def test_a_key_to_reject_is_an_option():
    process = start("--reject-key", "sk-a", "--reject-key", "sk-b")
    url = ready(process)["url"]
    for key, status in (("sk-a", 401), ("sk-b", 401), ("sk-c", 200)):
        request = urllib.request.Request(url + "/openai/v1/models", headers={"authorization": f"Bearer {key}"})
        try:
            with urllib.request.urlopen(request, timeout=10) as response:
                assert response.status == status
        except urllib.error.HTTPError as error:
            with error:
                assert error.code == status
    process.terminate()
    ended(process)


def test_a_port_in_use_is_said_in_one_line():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        process = start("--port", port)
        out, err = process.communicate(timeout=20)
    assert process.returncode == 1 and out == ""
    assert err.startswith(f"fakes: cannot listen on 127.0.0.1:{port}: ") and err.count("\n") == 1


@pytest.mark.parametrize("args", [["--port", "x"], ["--port", "70000"], ["--bad"], ["--reject-key"]])
def test_bad_arguments_are_named(args):
    process = start(*args)
    out, err = process.communicate(timeout=20)
    assert process.returncode == 2 and out == ""
    assert "error:" in err.splitlines()[-1] and "Traceback" not in err


def test_an_address_beyond_loopback_is_warned_of():
    process = start("--host", "0.0.0.0")
    json.loads(process.stdout.readline())
    process.terminate()
    _, err = process.communicate(timeout=20)
    assert err.startswith("fakes: warning: listening on 0.0.0.0") and err.count("\n") == 1


def test_serving_from_python_warns_of_an_address_beyond_loopback_too():
    with pytest.warns(RuntimeWarning, match=r"listening on 0\.0\.0\.0, which other machines may reach"):
        fakes.serve(host="0.0.0.0").close()


def test_it_imports_the_standard_library_only_and_nothing_of_its_client():
    known = set(getattr(sys, "stdlib_module_names", ())) or None
    for path in sorted(HOME.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module]
            else:
                continue
            for name in (name.partition(".")[0] for name in names):
                if (path.name, name) == ("pytest_plugin.py", "pytest"):
                    continue  # pytest alone loads it
                assert name not in ("minichat", "fakes"), f"{path.name} imports {name}"
                assert known is None or name in known or name == "sre_parse", f"{path.name} imports {name}"
        assert "__file__" not in path.read_text("utf-8"), path.name


def test_importing_the_package_starts_and_loads_nothing():
    code = "import sys, fakes; assert not {'asyncio', 'socket', 'threading', 'minichat'} & set(sys.modules), sys.modules"
    subprocess.run([sys.executable, "-S", "-c", code], cwd=HOME.parent, check=True, timeout=20)


def test_running_it_loads_no_client():
    code = "import sys, fakes\nwith fakes.serve(): pass\nassert 'minichat' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], cwd=HOME.parent, check=True, timeout=20)


def test_the_public_names_are_those_listed():
    assert sorted(fakes.__all__) == sorted(fakes._HOMES)
    for name in fakes.__all__:
        assert getattr(fakes, name).__name__ == name
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        fakes.nothing


def test_it_runs_as_a_copy_under_another_name(tmp_path):
    (tmp_path / "vendor").mkdir()
    shutil.copytree(HOME, tmp_path / "vendor" / "pretend", ignore=shutil.ignore_patterns("__pycache__"))
    process = start(module="vendor.pretend", cwd=tmp_path)
    ready(process)
    process.terminate()
    ended(process)


def test_it_runs_from_a_zip(tmp_path):
    source = tmp_path / "source"
    shutil.copytree(HOME, source / "fakes", ignore=shutil.ignore_patterns("__pycache__"))
    archive = shutil.make_archive(str(tmp_path / "packed"), "zip", source)
    process = start(cwd=tmp_path, env={**os.environ, "PYTHONPATH": archive})
    ready(process)
    process.terminate()
    ended(process)
