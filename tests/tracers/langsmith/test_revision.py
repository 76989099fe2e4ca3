"""Which commit a run says it is from: what git itself says, read without it."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

from minichat.tracers.langsmith import revision as module
from minichat.tracers.langsmith.revision import described, revision
from minichat.tracers.langsmith.settings import environment_metadata

COMMIT, TAG_OBJECT = "0123456789abcdef0123456789abcdef01234567", "f" * 40


@pytest.fixture(autouse=True)
def clean(monkeypatch):
    monkeypatch.setattr(module, "_known", {})


def repository(path, **files):
    for name, text in files.items():
        place = path / ".git" / name.replace("__", "/").replace("_", "-")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    return str(path)


REF = "ref: refs/heads/main\n"
# what stands in .git -> what is said of it
REPOSITORIES = [
    ({"HEAD": REF, "refs__heads__main": COMMIT + "\n"}, "0123456"),
    ({"HEAD": COMMIT + "\n"}, "0123456"),
    ({"HEAD": REF, "packed_refs": f"# pack-refs with: peeled\n{COMMIT} refs/heads/main\n"}, "0123456"),
    ({"HEAD": REF, "refs__heads__main": COMMIT, "packed_refs": f"{TAG_OBJECT} refs/heads/main\n"}, "0123456"),
    ({"HEAD": REF}, None),
    ({"HEAD": "ref: refs/heads/.invalid\n"}, None),
    ({"HEAD": ""}, None),
    ({"HEAD": "\0\1"}, None),
    ({"HEAD": COMMIT, "refs__tags__v1": COMMIT + "\n"}, "v1"),
    ({"HEAD": COMMIT, "refs__tags__v1": TAG_OBJECT}, "0123456"),
    ({"HEAD": COMMIT, "packed_refs": f"{COMMIT} refs/heads/main\n{COMMIT} refs/tags/v2\n"}, "v2"),
    ({"HEAD": COMMIT, "packed_refs": f"{TAG_OBJECT} refs/tags/v3\n^{COMMIT}\n{COMMIT} refs/heads/main\n"}, "v3"),
    ({"HEAD": COMMIT, "packed_refs": f"{COMMIT} refs/heads/x\n{TAG_OBJECT} refs/tags/v3\n"}, "0123456"),
]


@pytest.mark.parametrize("files, expected", REPOSITORIES)
def test_a_repository_says_which_commit_is_checked_out(tmp_path, files, expected):
    repository(tmp_path, **files)
    assert described(str(tmp_path)) == expected
    inside = tmp_path / "a" / "b"
    inside.mkdir(parents=True)
    assert described(str(inside)) == expected


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not there to compare with")
def test_git_says_the_same(tmp_path):
    def git(*arguments, at=tmp_path):
        settings = ("-c", "user.name=a", "-c", "user.email=a@b", "-c", "init.defaultBranch=main", "-c", "gc.auto=0")
        clean = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        clean.update(GIT_CONFIG_GLOBAL=os.devnull, GIT_CONFIG_SYSTEM=os.devnull)
        done = subprocess.run(
            ["git", *settings, *arguments], cwd=at, env=clean, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    def describe(at=tmp_path):
        return git("describe", "--tags", "--always", "--abbrev=7", at=at)

    git("init", "-q")
    assert described(str(tmp_path)) is None
    git("commit", "-q", "--allow-empty", "-m", "one")
    assert described(str(tmp_path)) == describe()
    git("pack-refs", "--all")
    assert described(str(tmp_path)) == describe()
    git("worktree", "add", "-q", "--detach", "other")
    assert described(str(tmp_path / "other")) == describe(tmp_path / "other")
    git("tag", "v1")
    assert described(str(tmp_path)) == describe() == "v1"
    git("tag", "-d", "v1")
    git("tag", "-a", "v2", "-m", "annotated")
    git("pack-refs", "--all")
    assert described(str(tmp_path)) == describe() == "v2"
    assert described(str(tmp_path / "other")) == "v2"


def test_outside_of_a_repository_and_in_what_cannot_be_read_there_is_none(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_git_directory", lambda directory: None)
    assert described(str(tmp_path)) is None
    monkeypatch.undo()
    (tmp_path / ".git").write_text("gitdir: gone\n")
    assert described(str(tmp_path)) is None
    (tmp_path / ".git").write_text("something else")
    assert described(str(tmp_path)) is None

    def broken(directory):
        raise PermissionError(13, "no")

    monkeypatch.setattr(module, "_known", {})
    monkeypatch.setattr(module, "described", broken)
    assert revision() is None


def test_the_commit_stands_in_a_runs_metadata_unless_the_environment_names_another(tmp_path, monkeypatch):
    monkeypatch.chdir(repository(tmp_path, HEAD=COMMIT))
    assert environment_metadata(os.environ) == {"revision_id": "0123456"}
    monkeypatch.setenv("LANGSMITH_REVISION_ID", "mine")
    assert environment_metadata(os.environ) == {"revision_id": "mine"}
    assert environment_metadata({}) == {}
