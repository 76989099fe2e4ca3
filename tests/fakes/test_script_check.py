"""`python -m fakes check`, and the watch over a script's files: what is said, and which script counts."""

from __future__ import annotations

import json
import os

import pytest

import fakes
from fakes.scripting.check import main
from fakes.scripting.file import ScriptError
from fakes.scripting.watching import Watch

from .asking import chat

GOOD = {"rules": [{"when": {"user": "a"}, "reply": "x"}, {"reply": "y"}, {"when": {"turn": 2}, "reply": "z"}], "replies": ["r"]}


def written(folder, script, name="script.json"):
    path = folder / name
    path.write_text(script if isinstance(script, str) else json.dumps(script), encoding="utf-8")
    return str(path)


# Scripts, the exit code, stdout and stderr; {} is the folder.
CHECKS = [
    ([{"rules": [{"when": {"user": "a"}, "reply": "x"}]}], 0, "{}/0.json: ok, 1 rule, 0 replies\n", ""),
    ([{}, {"replies": ["x"]}], 0, "{}/0.json: ok, 0 rules, 0 replies\n{}/1.json: ok, 0 rules, 1 reply\n", ""),
    (
        [GOOD],
        0,
        "{}/0.json: ok, 3 rules, 1 reply\n",
        "{}/0.json: warning: rule 'rules[2]' can never answer: rule 'rules[1]' before it answers every request\n"
        "{}/0.json: warning: the replies given in turn can never answer: rule 'rules[1]' before it answers every request\n",
    ),
    ([{"rules": [{"reply": "x", "times": 1}, {"replies": ["y", "z"]}, {"reply": "a"}]}], 0, "{}/0.json: ok, 3 rules, 0 replies\n", ""),
    (
        ['{"rule": [],\n "rules": 1}', {"replies": ["x"]}, "[", "{}"],
        1,
        "{}/1.json: ok, 0 rules, 1 reply\n{}/3.json: ok, 0 rules, 0 replies\n",
        "{}/0.json:1:2: rule: no such field; did you mean 'rules'?\n{}/0.json:2:11: rules: takes a list, not 1\n"
        "{}/2.json:1:2: the end of the file instead of a value\n",
    ),
]


@pytest.mark.parametrize("scripts, code, out, err", CHECKS, ids=range(len(CHECKS)))
def test_check_says_what_is_in_a_script_or_what_is_wrong(tmp_path, capsys, scripts, code, out, err):
    names = [written(tmp_path, script, f"{place}.json") for place, script in enumerate(scripts)]
    assert main(names) == code
    said = capsys.readouterr()
    assert (said.out, said.err) == (out.replace("{}", str(tmp_path)), err.replace("{}", str(tmp_path)))


@pytest.mark.parametrize("argv", [[], ["--colour"]])
def test_bad_arguments_are_told(capsys, argv):
    with pytest.raises(SystemExit) as caught:
        main(argv)
    assert caught.value.code == 2
    assert "usage: python -m fakes check" in capsys.readouterr().err


def test_what_a_check_warns_of_never_answers():
    with fakes.serve(script=GOOD) as server:
        assert {chat(server, messages=[{"role": "user", "content": text}]).message["content"] for text in "abab"} == {"x", "y"}
        assert server.unused() == ["rules[2]", "replies[0]"]


class Watched:
    """A watch on a script in a folder, and what came of it."""

    def __init__(self, folder):
        self.folder = folder
        self.scripts = []
        self.said = []
        self.seconds = 1_000_000_000
        self.watch = Watch(folder / "script.json", self.scripts.append, self.said.append)

    def save(self, script, name="script.json", *, later=True):
        """Write a file as of one second later than the last; `later` false: at the same time."""
        path = written(self.folder, script, name)
        self.seconds += later
        os.utime(path, (self.seconds, self.seconds))

    def replies(self):
        return [reply.text for reply in self.scripts[-1].in_turn.replies]


@pytest.fixture
def watched(tmp_path):
    made = Watched(tmp_path)
    made.save({"replies": ["one"]})
    made.watch.load()
    return made


def test_a_change_counts_from_the_next_poll_and_no_change_costs_no_reading(watched):
    assert watched.replies() == ["one"] and watched.said == []
    assert not watched.watch.poll() and len(watched.scripts) == 1
    watched.save({"replies": ["two"]})
    assert watched.watch.poll() and watched.replies() == ["two"]
    assert watched.said == [f"{watched.folder / 'script.json'} was read again: 0 rules, 1 reply"]
    assert not watched.watch.poll() and len(watched.scripts) == 2


def test_an_unchanged_file_is_not_opened(watched, monkeypatch):
    watched.watch.poll()
    monkeypatch.setattr("fakes.scripting.watching.bytes_of", None)
    monkeypatch.setattr("fakes.scripting.watching.load", None)
    assert not watched.watch.poll()


def test_a_bad_script_is_told_once_and_the_one_before_it_stays(watched):
    watched.save('{"replies": ["two"],}')
    assert not watched.watch.poll() and not watched.watch.poll()
    assert watched.replies() == ["one"]
    (said,) = watched.said
    path = watched.folder / "script.json"
    assert said == f"the script was changed and is wrong; the one before it stays\n{path}:1:20: a comma before '}}'; leave it out"
    watched.save({"replies": ["three"]})
    assert watched.watch.poll() and watched.replies() == ["three"]


def test_a_file_that_vanishes_and_comes_back_is_told_and_read(watched):
    os.rename(watched.folder / "script.json", watched.folder / "away")
    assert not watched.watch.poll() and not watched.watch.poll()
    assert len(watched.said) == 1 and "cannot be read: No such file or directory" in watched.said[0]
    os.rename(watched.folder / "away", watched.folder / "script.json")
    assert watched.watch.poll() and watched.replies() == ["one"]


def test_an_editor_that_replaces_the_file_is_followed(watched):
    watched.save({"replies": ["two"]}, "script.json.tmp", later=False)
    os.replace(watched.folder / "script.json.tmp", watched.folder / "script.json")
    assert watched.watch.poll() and watched.replies() == ["two"]


def test_the_same_content_again_changes_nothing(watched):
    watched.save({"replies": ["one"]})
    assert not watched.watch.poll() and watched.said == [] and len(watched.scripts) == 1


def test_two_changes_within_a_tick_of_the_file_systems_clock_are_both_seen(watched):
    path = watched.folder / "script.json"
    for text in ("aaa", "bbb", "ccc"):
        with open(path, "r+", encoding="utf-8") as file:  # the same file, size and, below, time
            file.write(json.dumps({"replies": [text]}))
            file.truncate()
        os.utime(path, ns=(2**62, 2**62))  # later than now: as fresh as can be
        assert watched.watch.poll() and watched.replies() == [text]


def test_a_raw_file_is_watched_too_from_its_first_naming_on(watched):
    watched.save({"replies": [{"raw": {"openai": {"file": "answer.sse"}}}]})
    assert not watched.watch.poll() and "cannot be read" in watched.said[-1]
    watched.save("data: 1\n\n", "answer.sse")
    assert watched.watch.poll()
    assert watched.scripts[-1].in_turn.replies[0].raw == {"openai": b"data: 1\n\n"}
    watched.save("data: 2\n\n", "answer.sse")
    assert watched.watch.poll()
    assert watched.scripts[-1].in_turn.replies[0].raw == {"openai": b"data: 2\n\n"}
    watched.save({"replies": ["no raw"]})
    assert watched.watch.poll()
    watched.save("data: 3\n\n", "answer.sse")
    assert not watched.watch.poll()


def test_a_first_script_that_is_wrong_is_an_error(tmp_path):
    watch = Watch(written(tmp_path, "{]"), pytest.fail)
    with pytest.raises(ScriptError):
        watch.load()


def test_without_another_word_it_is_said_on_stderr(tmp_path, capsys):
    watch = Watch(written(tmp_path, "{}"), lambda script: None)
    watch.load()
    written(tmp_path, "{}}")
    assert not watch.poll()
    assert capsys.readouterr().err.startswith("fakes: the script was changed and is wrong; the one before it stays\n")


def test_a_server_answers_from_the_script_as_it_was_saved_last(tmp_path):
    with fakes.serve() as server:
        watch = Watch(written(tmp_path, {"replies": ["one", "two"]}), server.script)
        watch.load()
        assert chat(server).message["content"] == "one"
        assert not watch.poll() and chat(server).message["content"] == "two"
        written(tmp_path, {"replies": ["three"]})
        assert watch.poll() and chat(server).message["content"] == "three"
