"""What pyproject.toml and the licence files promise. The built archives are checked by .ci/run."""

from __future__ import annotations

import re

import minichat
from minichat import version
from tests.source_tree import ROOT

PYPROJECT = (ROOT / "pyproject.toml").read_text("utf-8")


def value_of(key):
    """Give the text after `key =`; tomllib came with 3.11 only."""
    return re.search(rf"(?m)^{key} = (.+?)(?:  #.*)?$", PYPROJECT).group(1)


def test_the_version_is_the_same_everywhere():
    assert value_of("version") == f'"{version.__version__}"'
    assert minichat.__version__ == version.__version__
    assert version.USER_AGENT.endswith("/" + version.__version__)


def test_there_is_no_runtime_dependency():
    assert value_of("dependencies") == "[]"


def test_the_licence_travels_with_a_plain_copy_of_the_package():
    top = (ROOT / "LICENSE").read_bytes()
    assert top == (ROOT / "minichat" / "LICENSE").read_bytes()
    assert top.startswith(b"MIT License\n")


def test_the_types_travel_with_the_package():
    assert (ROOT / "minichat" / "py.typed").exists()


def test_the_changelog_has_this_version():
    assert f"### {version.__version__}" in (ROOT / "README.md").read_text("utf-8")


def test_nothing_stands_at_the_top_but_what_the_user_fixed():
    there = {path.name for path in ROOT.iterdir() if not path.name.startswith(".")}
    made = {"build", "dist", "__pycache__"} | {name for name in there if name.endswith(".egg-info")}
    assert there - made == {"LICENSE", "README.md", "fakes", "minichat", "pyproject.toml", "tests"}
