"""Who may import whom, and what no file may do. Each table row carries its reason; a new edge needs one too."""

from __future__ import annotations

import ast
import json
import subprocess
import sys

import pytest

from tests import source_tree
from tests.source_tree import ROOT

MODULES = source_tree.load("minichat")
FAKES = source_tree.load("fakes")

MAX_LINES = 400

# Room -> (rooms it may import when it is itself imported, why). A room is a module or a folder; the longest
# name that fits counts. Typing-only imports are free: they cost nothing and cannot make a cycle.
ROOMS = {
    "": ("version", "the table of public names; everything else is imported on first use"),
    "version": ("", "a constant"),
    "errors": ("", "everybody raises them"),
    "settings": ("errors", "a constructor from annotations, for anything that has settings"),
    "messages": ("errors", "values; know neither wire nor providers"),
    "outputs": ("messages", "values around messages"),
    "prompt_values": ("messages", "values around messages"),
    "caches": ("errors messages outputs backends.locks", "keeps generations, in memory or as JSON in a file"),
    "chat_history": ("errors messages", "keeps messages"),
    "rate_limiters": ("errors backends.driver", "pure arithmetic, and waiting logic over a backend's sleep"),
    "utils": ("errors lazy", "tools to JSON schema, values to annotations; heavy, so loaded when there are any"),
    "utils.env": ("errors", "LangChain's module of this name"),
    "utils.json": ("messages output_parsers", "LangChain's module of this name"),
    "wire": ("errors", "bytes and HTTP values without a socket"),
    "protocols": ("errors messages wire", "a provider's wire format, pure"),
    "backends": ("errors wire", "the only I/O; knows bytes, not messages"),
    "backends.driver": ("", "runs coroutines; whoever writes waiting logic needs it"),
    "context": ("errors settings", "LangChain's config, read once; told by an argument which backend to use"),
    "runs": ("errors context", "where run events are born"),
    "runnables.schema": ("tracers.event_stream", "LangChain's module of this name, for the types of events"),
    "lazy": ("", "names imported on first use"),
    "globals": ("", "three switches of the whole process"),
    "chat_models": ("errors runnables", "models by name; the providers are imported by name"),
    "exceptions": ("errors", "LangChain's names for our errors"),
    "prompts": ("errors messages prompt_values settings lazy context runs runnables backends.driver", "steps that make messages"),
    "output_parsers": (
        "errors messages outputs prompt_values settings lazy context runs runnables backends.driver utils",
        "steps that read messages, and what fits a schema",
    ),
    "tools": (
        "errors messages settings lazy context runs runnables utils callbacks backends.driver",
        "steps that models ask for",
    ),
    "callbacks": ("messages outputs context runs globals lazy backends.driver", "handlers, and views of runs"),
    "tracers": (
        "errors messages outputs context runs runnables callbacks lazy backends.driver backends.locks",
        "handlers that build trees, and runs watched from the side",
    ),
    "tracers.langsmith": (
        "errors messages outputs prompt_values context runs runnables callbacks tracers lazy version wire "
        "backends.driver backends.locks",
        "runs to LangSmith, and what is read from it; its requests go over the same backends",
    ),
    "runnables": (
        "errors settings messages context runs lazy backends.driver",
        "composition; the backend itself comes lazily",
    ),
    "language_models": (
        "errors settings messages outputs prompt_values runnables runs context globals lazy protocols.base wire "
        "backends.driver",
        "joins codec and backend; knows no provider",
    ),
    "language_models.structured_output": ("errors language_models output_parsers", "a model and the parser of its answers, as one chain"),
    "providers": ("errors settings version language_models protocols wire", "where to talk and who we are"),
    "cli": ("", "imports inside functions, so that --version and errors are quick"),
    "__main__": ("cli", "starts the command"),
}

# Imports inside functions that go further than the room's row: upward, or to keep an import cheap.
LAZY = {
    "context": ("callbacks tracers.langsmith", "a config for users' code holds a callback manager; tracing is on"),
    "language_models": (
        "utils globals callbacks backends.aio backends.blocking caches",
        "only who has schemas, a cache, verbose=True",
    ),
    "messages": ("runnables prompts", "functions over messages as steps; a message and a text make a prompt"),
    "output_parsers": ("backends.aio utils", "a user's parser that knows no event loop is called in a thread"),
    "utils.env": ("settings", "a secret from the environment"),
    "language_models.structured_output": ("utils", "a schema is converted when there is one"),
    "prompts": (
        "backends.aio tracers.langsmith",
        "an example selector that knows no event loop is called in a thread; a traced prompt is described",
    ),
    "tracers.langsmith": ("backends.blocking backends.aio", "its thread and evaluate() choose the backend"),
    "callbacks": ("backends.blocking backends.aio backends.locks", "an event said by hand chooses its backend"),
    "globals": ("context tracers", "set_debug registers its handler"),
    "runs": ("messages", "a handler that knows texts only gets a conversation as text"),
    "runnables": (
        "backends.blocking backends.aio backends.tasks callbacks tracers tools",
        "the public methods choose the backend; logs, events, listeners and tools are for those who ask",
    ),
    "caches": ("backends.aio", "a cache that knows no event loop is called in a thread"),
    "chat_history": ("backends.aio", "a history that knows no event loop is called in a thread"),
    "rate_limiters": ("backends.blocking backends.aio backends.locks", "acquire and aacquire choose the backend"),
    "providers": ("utils output_parsers", "tools, schemas and forms are converted when there are any"),
    "cli": ("errors messages providers version", "only what the command at hand needs"),
}

# Standard library. What is pure may be used by everyone; the rest only behind these doors.
PURE = set(
    "__future__ abc base64 collections collections.abc copy dataclasses datetime difflib email.utils enum functools hashlib importlib "
    "ast contextlib contextvars csv inspect json json.decoder logging math os random operator pprint re string sys textwrap time traceback types typing urllib.parse uuid warnings zlib zlib".split()
)
DOORS = {
    "backends": (
        "asyncio atexit concurrent.futures http.client queue select socket ssl threading urllib.request",
        "the only I/O, threads and loops",
    ),
    "caches": ("sqlite3", "a cache in a file; SQLite does the locking between processes"),
    "cli": ("argparse contextlib", "the command line"),
    "tracers": ("asyncio", "a run watched from the side: a task and its queue"),
    "tracers.langsmith": (
        "asyncio atexit decimal platform queue threading",
        "one thread sends, and is waited for at the exit; traced values of any type; what machine this is",
    ),
}


def room_of(name, table):
    """Give the row of a module: its own, or its nearest folder's."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        room = ".".join(parts[:length])
        if room in table:
            return room
    return None


def permits(allowed, target):
    return any(target == one or target.startswith(one + ".") for one in allowed.split())


def offences(found):
    return "\n".join(found)


@pytest.fixture(scope="module", autouse=True)
def trees_of_this_file_only():
    yield
    for module in [*MODULES.values(), *FAKES.values()]:
        module.forget()


def test_every_module_has_a_room():
    assert not [module.where for module in MODULES.values() if room_of(module.name, ROOMS) is None]


def test_every_row_is_about_something_that_exists():
    named = {*ROOMS, *LAZY, *DOORS}
    for table in (ROOMS, LAZY):
        named.update(one for allowed, _ in table.values() for one in allowed.split())
    assert sorted(named - set(MODULES)) == []


def test_modules_import_only_the_rooms_their_row_allows():
    found = []
    for module in MODULES.values():
        room = room_of(module.name, ROOMS)
        for one in module.imports:
            if not one.inside or one.when == "typing":
                continue
            own = bool(room) and permits(room, one.target)
            lazily = one.when == "lazy" and permits(LAZY.get(room, ("", ""))[0], one.target)
            if not (own or lazily or permits(ROOMS[room][0], one.target)):
                found.append(f"{module.where}: {room or 'the package'} may not import {one}")
    assert not found, offences(found)


def test_the_hooks_of_users_models_are_loaded_for_users_models_only():
    # They bring inspect, which takes longer to import than all of the built-in kind.
    eager = [
        module.where
        for module in MODULES.values()
        for one in module.imports
        if one.when == "top" and one.target == "language_models.hooks"
    ]
    assert eager == []


def test_imports_inside_the_package_are_relative():
    found = [
        f"{module.where}: {one}"
        for module in MODULES.values()
        for one in module.imports
        if not one.relative and one.target.split(".")[0] == source_tree.PACKAGE
    ]
    assert not found, offences(found)


def test_only_the_standard_library_is_imported_and_only_behind_its_doors():
    found = []
    for module in MODULES.values():
        doors = DOORS.get(room_of(module.name, DOORS) or "", ("", ""))[0].split()
        for one in module.imports:
            if one.inside or one.when == "typing" or (module.name, one.target) == ("cli", "fakes"):
                continue
            if one.target not in PURE and one.target not in doors:
                found.append(f"{module.where}: {one}")
    assert not found, offences(found)


def test_nobody_sleeps_outside_the_backends():
    found = []
    for module in MODULES.values():
        if module.name.split(".")[0] == "backends":
            continue
        for node in ast.walk(module.tree):
            called = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
            if called in ("time.sleep", "sleep"):
                found.append(f"{module.where}:{node.lineno}: {called}")
            if isinstance(node, ast.ImportFrom) and node.module == "time":
                found += [f"{module.where}:{node.lineno}: sleep" for alias in node.names if alias.name == "sleep"]
    assert not found, offences(found)


def test_what_counts_as_a_number_is_one_for_int():
    # A superscript two is a digit for `isdigit`, and an error for `int`: `isdecimal`, or `isascii` beside it.
    found = []
    for package in ("minichat", "fakes"):
        for path in sorted((ROOT / package).rglob("*.py")):
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                if ".isdigit()" in line and ".isascii()" not in line:
                    found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()}")
    assert not found, offences(found)


def test_module_level_imports_make_no_cycle():
    graph = {
        name: {one.target for one in module.imports if one.inside and one.when == "top" and one.target != name}
        for name, module in MODULES.items()
    }
    done = set()

    def visit(name, trail):
        if name in trail:
            pytest.fail(" -> ".join([*trail[trail.index(name) :], name]))
        if name not in done:
            for target in sorted(graph[name]):
                visit(target, [*trail, name])
            done.add(name)

    for name in graph:
        visit(name, [])


def test_the_library_and_the_fake_share_nothing_but_one_door():
    absolute = [
        (module.name, one.target.split(".")[0], one.when)
        for module in MODULES.values()
        for one in module.imports
        if not one.inside
    ]
    assert [found for found in absolute if found[1] == "fakes"] == [("cli", "fakes", "lazy")]
    back = [f"{module.where}: {one}" for module in FAKES.values() for one in module.imports if "minichat" in one.target]
    assert not back, offences(back)


def test_the_fake_imports_itself_relatively_and_nothing_else_that_is_installed():
    stdlib = getattr(sys, "stdlib_module_names", None)  # 3.10
    found = []
    for module in FAKES.values():
        for one in module.imports:
            top = one.target.split(".")[0]
            own = not one.relative and top == "fakes"
            foreign = stdlib is not None and not one.relative and top not in stdlib
            # The pytest plugin is the one file that pytest, not a program, imports.
            if (own or foreign) and not (module.name == "pytest_plugin" and top == "pytest"):
                found.append(f"{module.where}: {one}")
    assert not found, offences(found)


# What the providers of the fake share: the reply, what it is made of, and how bytes go out. A misreading of one
# provider's wire must not become another's.
PROVIDERS_OF_FAKES = set("anthropic fireworks google mistral openai together".split())
SHARED_BY_FAKES = set("lessons moment quotas replies serving.http11 session".split())


def test_a_provider_of_the_fake_imports_no_other():
    found = []
    for module in FAKES.values():
        folder = module.name.partition(".")[0]
        for one in module.imports if folder in PROVIDERS_OF_FAKES else ():
            parts = one.target.split(".")
            if one.inside and not {parts[0], ".".join(parts[:2])} & {folder, *SHARED_BY_FAKES}:
                found.append(f"{module.where}: {one}")
    assert not found, offences(found)


@pytest.mark.parametrize("module", [*MODULES.values(), *FAKES.values()], ids=lambda module: module.where)
def test_a_file_is_read_in_one_sitting(module):
    assert len(module.text.splitlines()) <= MAX_LINES


@pytest.mark.parametrize("module", [*MODULES.values(), *FAKES.values()], ids=lambda module: module.where)
def test_a_file_explains_itself_and_names_what_is_public(module):
    assert ast.get_docstring(module.tree), "no docstring says what this file is for"
    body = module.tree.body[1:]
    if not body:
        return  # a folder's __init__ with nothing but its sentence
    if any(isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) for node in body):
        assert "from __future__ import annotations" in module.text
    if module.path.name != "__main__.py":
        assert any("__all__" in ast.unparse(node).split("=")[0] for node in body), "no __all__"


@pytest.mark.parametrize("module", [*MODULES.values()], ids=lambda module: module.where)
def test_public_names_exist_and_public_definitions_are_named(module):
    assigned = [node for node in module.tree.body if ast.unparse(node).startswith("__all__ =")]
    if not assigned or not module.name:
        return  # the package's own list: tests/test_exports.py
    listed = ast.literal_eval(assigned[0].value)
    bound = {name for statement in module.tree.body for name in _bound_by(statement)}
    assert [name for name in listed if name not in bound] == []
    assert len(set(listed)) == len(listed)


def _bound_by(statement):
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield statement.name
    elif isinstance(statement, (ast.Import, ast.ImportFrom)):
        for alias in statement.names:
            yield alias.asname or alias.name
    elif isinstance(statement, (ast.Assign, ast.AnnAssign)):
        for target in statement.targets if isinstance(statement, ast.Assign) else [statement.target]:
            for node in ast.walk(target):
                if isinstance(node, ast.Name):
                    yield node.id
    elif isinstance(statement, (ast.If, ast.Try)):
        for inner in [*statement.body, *statement.orelse]:
            yield from _bound_by(inner)


FORBIDDEN_AT_IMPORT = {
    "os.environ": "the environment is read when a model is made",
    "os.getenv": "the environment is read when a model is made",
    "sys.argv": "the command line belongs to main()",
    "threading.Thread": "no thread before it is needed",
    "Thread": "no thread before it is needed",
    "ThreadPoolExecutor": "no thread before it is needed",
    "atexit.register": "no hook before there is something to end",
    "logging.basicConfig": "logging belongs to the program",
    "logging.getLogger": "a logger is asked for where it is used; logging takes 10 ms to import",
    "warnings.filterwarnings": "warnings belong to the program",
    "warnings.simplefilter": "warnings belong to the program",
    "signal.signal": "signals belong to the program",
    "open": "a zip has no files to open",
    "print": "nothing is said at import",
}


@pytest.mark.parametrize("module", [*MODULES.values()], ids=lambda module: module.where)
def test_nothing_happens_at_import(module):
    found = []
    for node in module.at_import():
        if isinstance(node, (ast.Attribute, ast.Name)) and ast.unparse(node) in FORBIDDEN_AT_IMPORT:
            found.append(f"line {node.lineno}: {ast.unparse(node)}: {FORBIDDEN_AT_IMPORT[ast.unparse(node)]}")
        if isinstance(node, ast.ImportFrom) and node.module == "os":
            found += [f"line {node.lineno}: {a.name}" for a in node.names if a.name in ("environ", "getenv")]
    assert not found, offences(found)


@pytest.mark.parametrize("module", [*MODULES.values()], ids=lambda module: module.where)
def test_a_copy_under_another_name_finds_no_own_name_or_file_in_the_code(module):
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(module.tree)
        if isinstance(node, documented) and node.body and isinstance(node.body[0], ast.Expr)
    }
    found = []
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            # version.USER_AGENT says to the provider what this is, under whatever name it was copied.
            if source_tree.PACKAGE in node.value and module.name != "version":
                found.append(f"line {node.lineno}: {node.value!r}")
        if isinstance(node, ast.Name) and node.id in ("__file__", "__path__"):
            found.append(f"line {node.lineno}: {node.id}, which a zip does not have")
    assert not found, offences(found)


HEAVY = "asyncio ssl socket http.client urllib.request concurrent.futures threading selectors email".split()
SLOW = "typing dataclasses logging uuid inspect urllib.parse tempfile argparse datetime random hashlib".split()


def loaded_by(statement, *options):
    """Give the modules a fresh interpreter has after `statement` and had not before."""
    code = f"import json, sys\nbefore = set(sys.modules)\n{statement}\nprint(json.dumps(sorted(set(sys.modules) - before)))"
    # -S: site-packages may contain .pth files that import what is looked for here. json is what every
    # process of ours needs anyway.
    done = subprocess.run([sys.executable, "-S", *options, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_importing_the_package_loads_nothing_but_its_version():
    ours = [name for name in loaded_by("import minichat") if name.startswith("minichat")]
    assert ours == ["minichat", "minichat.version"]


@pytest.mark.parametrize("name", HEAVY + SLOW)
def test_the_first_line_of_a_program_loads_no_heavy_module(name, first_line):
    assert name not in first_line


@pytest.fixture(scope="module")
def first_line():
    return loaded_by("from minichat import ChatOpenAI, HumanMessage, SystemMessage")


def test_making_a_model_and_messages_opens_nothing_either(monkeypatch):
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    loaded = loaded_by(
        "from minichat import ChatOpenAI, HumanMessage\n"
        "ChatOpenAI(api_key='k').bind(stop=['.'])\n"
        "HumanMessage('x')"
    )
    assert [name for name in HEAVY if name in loaded] == []


def test_importing_every_module_starts_no_thread_and_leaves_the_process_alone():
    names = [f"minichat.{name}" for name in MODULES if name and name != "__main__"]
    code = (
        "import importlib, logging, os, signal, sys, threading, warnings\n"
        "def state():\n"
        "    handlers = [signal.getsignal(number) for number in signal.valid_signals()]\n"
        "    return [threading.active_count(), logging.root.handlers[:], warnings.filters[:], dict(os.environ), handlers]\n"
        "import asyncio, http.client, urllib.request, ssl, concurrent.futures\n"
        "before = state()\n"
        f"for name in {names!r}: importlib.import_module(name)\n"
        "after = state()\n"
        "assert before == after, (before, after)\n"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
