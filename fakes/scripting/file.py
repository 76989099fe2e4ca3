"""Scripts as JSON: a file or a mapping becomes a `Script`, or all that is wrong with it is told at once, with places.

The fields are the tables of `fields`; what their values may be is judged there when JSON Schema can say it, and
else by the classes that Python scripts use too (Rule, Fault, Pace, Quota, the conditions), whose errors begin with the
name of a field. Texts are templates, read here once. A raw answer may stand in a file of its own beside the script;
no name leads out of the script's folder, by `..`, as an absolute path or over a symbolic link.
"""

from __future__ import annotations

import os
from typing import Any, Dict, Mapping, NamedTuple, Optional, Tuple, Union

from ..quotas import Quota
from .answers import Answers, bytes_of, reason
from .checks import FREE, Problem, ScriptError
from .fields import CONDITIONS
from .matching import WORDS, conditions
from .places import Document, Misread, Path, line_and_column, parse, spelled
from .script import Rule, Script

__all__ = ["Loaded", "Problem", "ScriptError", "Source", "load", "read"]

Source = Union[Mapping[str, Any], str, "os.PathLike[str]"]


class Loaded(NamedTuple):
    """A script and the files that it was read from, the script's own first."""

    script: Script
    files: Tuple[str, ...]


def read(source: Source) -> Script:
    """Read a script from a file's path, or from a mapping of the same shape.

    Raises: ScriptError, which lists everything that is wrong.
    """
    return load(source).script


def load(source: Source) -> Loaded:
    """Read a script, and tell which files it was read from.

    Raises: ScriptError; TypeError for what is neither a path nor a mapping.
    """
    if isinstance(source, Mapping):
        reader = _Reader(Document(source, {}, {}, []))
        script = reader.script()
    else:
        name = os.fspath(source)
        text = _text_of(name)
        try:
            document = parse(text)
        except Misread as problem:
            raise ScriptError(
                [Problem(name, *line_and_column(text, problem.offset), "", str(problem))], (name,)
            ) from None
        reader = _Reader(document, text, name)
        script = reader.script()
        script.source = name
    if reader.problems:
        raise ScriptError(sorted(reader.problems, key=lambda problem: problem[1:3]), tuple(reader.files))
    return Loaded(script, tuple(reader.files))


def _text_of(name: str) -> str:
    try:
        data = bytes_of(name)
    except (OSError, ValueError) as problem:
        raise ScriptError([Problem(name, 0, 0, "", f"cannot be read: {reason(problem)}")], (name,)) from problem
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        before = data[: problem.start].decode("utf-8", "replace")
        place = line_and_column(before, len(before))
        raise ScriptError(
            [Problem(name, *place, "", "is not UTF-8; save the file in that encoding")], (name,)
        ) from None


class _Reader(Answers):
    """Reads a whole script."""

    def script(self) -> Script:
        fields = self.fields(self._document.value, "script", ())
        rules = [self.rule(value, ("rules", place)) for place, value in enumerate(fields.get("rules", ()))]
        replies = [self.reply(value, ("replies", place)) for place, value in enumerate(fields.get("replies", ()))]
        script = Script(
            [rule for rule in rules if rule is not None],
            [reply for reply in replies if reply is not None],
            **self.faults_and_pace(fields, ()),
            quota=self.quota(fields),
            fallback=fields.get("fallback", False),
        )
        script.only_scripted = "rules" in fields or "replies" in fields
        return script

    def rule(self, value: Any, path: Path) -> Optional[Rule]:
        before = len(self.problems)
        fields = self.fields(value, "rule", path)
        wanted = self.conditions(fields.get("when", {}), (*path, "when"))
        given = fields.get("replies")
        if given is None:
            read = [self.reply(fields["reply"], (*path, "reply"))] if "reply" in fields else []
        else:
            read = [self.reply(one, (*path, "replies", place)) for place, one in enumerate(given)]
        replies = [reply for reply in read if reply is not None]
        settings: Dict[str, Any] = {name: fields[name] for name in ("times", "repeat") if name in fields}
        settings.update(self.faults_and_pace(fields, path))
        if len(self.problems) > before:
            return None
        name = fields.get("name", spelled(path))
        rule: Optional[Rule] = self.made(lambda **given: Rule(wanted, replies, name=name, **given), settings, path)
        return rule

    def conditions(self, value: Any, path: Path) -> Dict[str, Any]:
        """Judge each condition by itself, so that each is told."""
        known = {name: FREE for name in CONDITIONS}
        wanted = self.fields(value, "conditions", path, known)
        for field, one in wanted.items():
            several = field in ("header", "json") and isinstance(one, Mapping)
            for name, condition in one.items() if several else [(None, one)]:
                place = (*path, field) if name is None else (*path, field, str(name))
                try:
                    conditions({field: one if name is None else {name: condition}})
                except (ValueError, TypeError) as problem:
                    head, _, text = str(problem).partition(": ")
                    word = head.rpartition(".")[2]
                    inside = word in WORDS and isinstance(condition, Mapping) and word in condition
                    self.wrong((*place, word) if inside else place, text)
        return wanted

    def quota(self, fields: Mapping[str, Any]) -> Optional[Quota]:
        if "quota" not in fields:
            return None
        settings = self.fields(fields["quota"], "quota", ("quota",))
        quota: Optional[Quota] = self.made(lambda **given: Quota(**given).checked(), settings, ("quota",))
        return quota
