"""Replies of a JSON script: texts, answers in parts, errors, raw bytes; and the faults and the pace they may have.

Every text is a template. An answer without any is made once; one with templates becomes a function of the request, as
a Python script would write it.
"""

from __future__ import annotations

import os
import stat
from typing import Any, Callable, Dict, List, Mapping, Optional, Union

from ..faults import KINDS, Fault
from ..pace import Pace
from ..replies import tokens
from ..replies.reply import Ask, Error, Part, RedactedThinking, Refusal, Reply, Text, Thinking, ToolCall, Usage
from .checks import FREE, Checker, whole
from .fields import COMMENT, SAID, SETTINGS, SHAPES, TEXT, Field
from .matching import NAMES, shown, suggestion
from .places import Path
from .script import Answering
from .templates import Filler, arguments, filler

__all__ = ["Answers", "bytes_of", "reason"]

MOST = 16 << 20  # bytes of a script, and of a raw answer
Parts = Union[List[Part], Callable[[Ask], List[Part]]]
FAULT = {"kind": Field("", TEXT), "comment": COMMENT, **{name: FREE for name in SETTINGS}}


class Answers(Checker):
    """Reads what is answered."""

    def reply(self, value: Any, path: Path) -> Optional[Answering]:
        """Read a text, an answer or an error."""
        if isinstance(value, str):
            value = {"text": value}
            return self._answer(value, path, text_at=path)
        if isinstance(value, Mapping) and "error" in value:
            return self._failing(value, path)
        if not isinstance(value, Mapping):
            self.wrong(
                path, f"takes a text, or an object with {', '.join(SHAPES['answer'])} or error, not {shown(value)}"
            )
            return None
        return self._answer(value, path)

    def _answer(self, value: Mapping[str, Any], path: Path, text_at: Optional[Path] = None) -> Optional[Answering]:
        before = len(self.problems)
        fields = self.fields(value, "answer", path)
        mixed = [name for name in SAID if name in value] if "parts" in value else []
        if mixed:
            self.wrong((*path, mixed[0]), "stands beside parts, which say everything; move it into them", at_name=True)
        parts: List[Parts] = []
        if "parts" in fields:
            for place, part in enumerate(fields["parts"]):
                within = (*path, "parts", place)
                parts += self._said(self.fields(part, "part", within), within)
        else:
            parts = self._said(fields, path, text_at)
        settings = self.faults_and_pace(fields, path)
        settings["finish"] = fields.get("finish")
        settings["usage"] = self.usage(fields, path)
        settings["raw"] = self.raw(fields, path)
        if len(self.problems) > before:
            return None
        if not any(map(callable, parts)):
            return Reply([part for several in parts if not callable(several) for part in several], **settings)

        def templated(ask: Ask) -> Reply:
            made: List[Part] = []
            for several in parts:
                made += several(ask) if callable(several) else several
            return Reply(made, **settings)

        return templated

    def _said(self, fields: Mapping[str, Any], path: Path, text_at: Optional[Path] = None) -> List[Parts]:
        """Give what an answer or one of its parts says, in the order in which models say it."""
        said: List[Parts] = []
        if "thinking" in fields:
            said.append(self.pieces(fields["thinking"], (*path, "thinking"), _thoughts(fields.get("signature"))))
        elif "signature" in fields:
            self.wrong((*path, "signature"), "signs a thought, and there is no thinking", at_name=True)
        if "redacted_thinking" in fields:
            said.append([RedactedThinking(fields["redacted_thinking"])])
        if "text" in fields:
            said.append(self.pieces(fields["text"], text_at or (*path, "text"), lambda all: [Text(one) for one in all]))
        if "refusal" in fields:
            said.append(self.pieces(fields["refusal"], (*path, "refusal"), lambda all: [Refusal(one) for one in all]))
        calls = fields.get("tool_calls", ())
        said += [self.call(call, (*path, "tool_calls", place)) for place, call in enumerate(calls)]
        if "tool_call" in fields:
            said.append(self.call(fields["tool_call"], (*path, "tool_call")))
        return said

    def pieces(self, value: Union[str, List[str]], path: Path, make: Callable[[List[str]], List[Part]]) -> Parts:
        """Read a text, which is streamed in token-sized pieces, or the pieces themselves."""
        if isinstance(value, str):
            whole = self.filled(filler, value, path)
            if isinstance(whole, str):
                return make(list(tokens.split(whole)))
            return lambda ask: make(list(tokens.split(whole.fill(ask))))
        several = [self.filled(filler, piece, (*path, place)) for place, piece in enumerate(value)]
        if all(isinstance(piece, str) for piece in several):
            return make([str(piece) for piece in several])
        return lambda ask: make([piece if isinstance(piece, str) else piece.fill(ask) for piece in several])

    def call(self, value: Any, path: Path) -> Parts:
        fields = self.fields(value, "tool_call", path)
        filled = self.filled(arguments, fields.get("arguments", {}), (*path, "arguments"))
        name, id = fields.get("name", ""), fields.get("id")
        if isinstance(filled, str):
            return [ToolCall(name, filled, id)]
        return lambda ask: [ToolCall(name, filled.fill(ask), id)]

    def filled(self, compile: Callable[[Any], Filler], value: Any, path: Path) -> Filler:
        try:
            return compile(value)
        except ValueError as problem:
            self.wrong(path, str(problem))
            return ""

    def usage(self, fields: Mapping[str, Any], path: Path) -> Optional[Usage]:
        if "usage" not in fields:
            return None
        before = len(self.problems)
        counts = self.fields(fields["usage"], "usage", (*path, "usage"))
        return Usage(**{name: whole(count) for name, count in counts.items()}) if len(self.problems) == before else None

    def raw(self, fields: Mapping[str, Any], path: Path) -> Dict[str, bytes]:
        made: Dict[str, bytes] = {}
        given = fields.get("raw", {})
        known = SHAPES["answer"]["raw"].schema["properties"]
        for name, value in given.items():
            below = (*path, "raw", str(name))
            if name not in known:
                self.wrong(below, f"no such provider or API{suggestion(str(name), known)}", at_name=True)
            elif isinstance(value, str):
                made[NAMES.get(name, name)] = value.encode("utf-8", "surrogatepass")
            elif isinstance(value, Mapping):
                named = self.fields(value, "raw_file", below)
                if "file" in named:
                    made[NAMES.get(name, name)] = self._file(named["file"], (*below, "file"))
            else:
                self.wrong(below, f'takes a text or {{"file": "name"}}, not {shown(value)}')
        return made

    def _file(self, name: str, path: Path) -> bytes:
        """Read a file that lies in the script's folder."""
        if not self._name:
            self.wrong(path, "only a script that is a file itself can name one; give the bytes as a text")
            return b""
        folder = os.path.realpath(os.path.dirname(self._name) or os.curdir)
        try:
            target = os.path.realpath(os.path.join(folder, name))
            if os.path.isabs(name) or os.path.commonpath([folder, target]) != folder:
                self.wrong(path, f"{shown(name)} is not in the script's folder; put the file there")
                return b""
            self.files.append(target)
            return bytes_of(target)
        except (OSError, ValueError) as problem:
            self.wrong(path, f"{shown(name)} cannot be read: {reason(problem)}")
            return b""

    def _failing(self, value: Mapping[str, Any], path: Path) -> Optional[Answering]:
        before = len(self.problems)
        beside = [name for name in value if name in SHAPES["answer"] and name != "comment"]
        for name in beside:
            self.wrong((*path, name), "stands beside error; an error is the whole answer", at_name=True)
        fields = self.fields({name: one for name, one in value.items() if name not in beside}, "failing", path)
        given = self.fields(fields["error"], "error", (*path, "error")) if fields else {}
        message = self.filled(filler, given.get("message", ""), (*path, "error", "message"))
        if len(self.problems) > before:
            return None
        body = given.get("body")
        error = Error(
            whole(given["status"]),
            given.get("message"),
            given.get("type"),
            given.get("code"),
            given.get("retry_after"),
            tuple(given.get("headers", {}).items()),
            body.encode("utf-8", "surrogatepass") if body is not None else None,
        )
        if isinstance(message, str):
            return error if "message" not in given else error._replace(message=message)
        return lambda ask: error._replace(message=message.fill(ask))

    def faults_and_pace(self, fields: Mapping[str, Any], path: Path) -> Dict[str, Any]:
        faults = [self.fault(value, (*path, "faults", place)) for place, value in enumerate(fields.get("faults", ()))]
        pace = None
        if "pace" in fields:
            settings = self.fields(fields["pace"], "pace", (*path, "pace"))
            pace = self.made(lambda **given: Pace(**given).checked(), settings, (*path, "pace"))
        return {"faults": [fault for fault in faults if fault is not None], "pace": pace}

    def fault(self, value: Any, path: Path) -> Optional[Fault]:
        settings = self.fields(value, "fault", path, FAULT)
        settings.pop("comment", None)
        if "kind" not in settings:
            if isinstance(value, Mapping) and "kind" not in value:
                self.wrong(path, "needs 'kind'")
            return None
        if settings["kind"] not in KINDS:
            self.wrong((*path, "kind"), f"no fault {shown(settings['kind'])}{suggestion(settings['kind'], KINDS)}")
            return None
        fault: Optional[Fault] = self.made(Fault, settings, path)
        return fault


def _thoughts(signature: Optional[str]) -> Callable[[List[str]], List[Part]]:
    def make(pieces: List[str]) -> List[Part]:
        if signature is None:
            return [Thinking(piece) for piece in pieces]
        *first, last = pieces or [""]
        return [*[Thinking(piece) for piece in first], Thinking(last, signature)]

    return make


def bytes_of(name: str) -> bytes:
    """Read a file.

    Raises: OSError; ValueError when it is no ordinary file or too large.
    """
    with open(name, "rb", opener=_opened) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise ValueError("it is not an ordinary file")
        data = file.read(MOST + 1)
    if len(data) > MOST:
        raise ValueError(f"it is larger than {MOST >> 20} MiB")
    return data


def _opened(name: str, flags: int) -> int:
    return os.open(name, flags | getattr(os, "O_NONBLOCK", 0))  # a named pipe must not hold the server up


def reason(problem: Exception) -> str:
    return str(problem.strerror) if isinstance(problem, OSError) and problem.strerror else str(problem)
