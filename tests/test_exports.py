"""The package's own list of names: complete, resolvable, and the same for programs and for type checkers."""

from __future__ import annotations

import ast
import pickle
import subprocess
import sys

import pytest

import minichat
from tests import source_tree
from tests.source_tree import ROOT

# Names a home module lists for the package's own other modules, and that are not LangChain's flat names.
INTERNAL = {
    "messages": {
        "Accumulator",
        "InputTokenDetails",
        "OutputTokenDetails",
        "add_ai_message_chunks",
        "add_usage",
        "coerce_input",
        "coerce_message",
        "invalid_tool_call",
        "leaf_chunk",
        "merge_content",
        "tool_call",
        "tool_call_chunk",
    },
    "settings": {"Settings"},
    "caches": {"RETURN_VAL_TYPE"},
    "callbacks": {"Callbacks"},
    "chat_models": {"ConfigurableChatModel", "PROVIDERS"},
    "tools": {"ArgsSchema", "FILTERED_ARGS", "ToolsRenderer"},
    "tracers": {"Run"},
}


def listed(home):
    module = __import__(f"minichat.{home}", fromlist=["__all__"])
    return set(module.__all__)


@pytest.mark.parametrize("name", minichat.__all__)
def test_every_public_name_resolves_to_the_object_of_its_home(name):
    value = getattr(minichat, name)
    if name != "__version__":
        home = __import__(f"minichat.{minichat._HOME_OF[name]}", fromlist=[name])
        assert value is getattr(home, name)


def test_the_public_names_are_the_union_of_what_their_homes_list():
    union = {"__version__"}
    for home in minichat._HOMES:
        union |= listed(home) - INTERNAL.get(home, set())
    assert sorted(minichat.__all__) == sorted(union)


def test_no_name_is_listed_twice_or_called_internal_without_need():
    assert len(set(minichat.__all__)) == len(minichat.__all__)
    for home, names in INTERNAL.items():
        assert names <= listed(home)


def test_type_checkers_see_the_names_that_programs_get():
    tree = ast.parse((ROOT / "minichat" / "__init__.py").read_text("utf-8"))
    seen = set()
    for node in tree.body:
        if not (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"):
            continue
        for one in node.body:
            if isinstance(one, ast.ImportFrom) and one.level:
                for alias in one.names:
                    if alias.name == "*":
                        seen |= listed(one.module)
                    else:
                        assert alias.asname == alias.name, "strict type checkers export only `X as X`"
                        seen.add(alias.name)
    hidden = set().union(*INTERNAL.values())
    assert sorted(seen - hidden) == sorted(set(minichat.__all__) - {"__version__"})


def test_dir_shows_every_public_name_before_any_was_used():
    code = "import minichat; assert set(minichat.__all__) <= set(dir(minichat))"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0


def test_a_star_import_gives_every_public_name():
    names = {}
    exec("from minichat import *", names)
    assert set(minichat.__all__) <= set(names)


def test_an_unknown_name_is_an_attribute_error_that_names_it():
    with pytest.raises(AttributeError, match="module 'minichat' has no attribute 'ChatOpenIA'"):
        minichat.ChatOpenIA
    with pytest.raises(ImportError, match="ChatOpenIA"):
        from minichat import ChatOpenIA  # noqa: F401
    assert not hasattr(minichat, "__path_to_nowhere__")


@pytest.mark.parametrize("module", source_tree.load("minichat").values(), ids=lambda module: module.where)
def test_every_listed_name_of_every_module_resolves(module):
    if module.name == "__main__":
        return
    loaded = __import__(f"minichat.{module.name}".rstrip("."), fromlist=["x"])
    for name in getattr(loaded, "__all__", ()):
        assert getattr(loaded, name) is not None


@pytest.mark.parametrize("name", [name for name in minichat.__all__ if isinstance(getattr(minichat, name), type)])
def test_public_classes_are_pickled_by_reference(name):
    kind = getattr(minichat, name)
    assert pickle.loads(pickle.dumps(kind)) is kind
