"""Together's way to say no: one body, indented, with an id of its own, as in recordings of May 2026.

(maruel/genai, providers/togetherai/testdata/TestClient/errors.) Only the list of models answers a wrong key in fewer
words. A request of the wrong shape gets one sentence for all faults, "Input validation error" (mozilla-ai/any-llm#714);
that `param` names the field is not recorded, but no other place for it is known.
"""

from __future__ import annotations

import json
from typing import Optional

from ..session import Moment

__all__ = ["Refused", "answer_id", "out_of_range", "unauthorized", "wrong_shape"]

BODY = """{
  "id": %s,
  "error": {
    "message": %s,
    "type": %s,
    "param": %s,
    "code": %s
  }
}"""


class Refused(Exception):
    """A request that Together refuses, with what its answer says."""

    def __init__(
        self,
        message: str,
        *,
        param: Optional[str] = None,
        code: Optional[str] = None,
        status: int = 400,
        type: str = "invalid_request_error",
        bare: bool = False,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.param = param
        self.code = code
        self.status = status
        self.type = type
        self.bare = bare  # the message only

    def body(self, moment: Moment) -> bytes:
        """Give the JSON body."""
        words = (answer_id(moment), self.message, self.type, self.param, self.code)
        written = tuple(json.dumps(word, ensure_ascii=False) for word in words)
        text = f'{{"error":{{"message":{written[1]}}}}}' if self.bare else BODY % written
        return text.encode("utf-8", "backslashreplace")


def answer_id(moment: Moment) -> str:
    """Give an id in the form of 2026: omJGQiH-2kFHot-a04666c029ada2f9."""
    return f"o{moment.letters('id', 6)}-{moment.letters('worker', 6)}-{moment.hexadecimal('ray', 16)}"


def wrong_shape(param: str) -> Refused:
    """Say that a field is of the wrong kind, missing, or none of the words allowed."""
    return Refused("Input validation error", param=param)


def out_of_range(param: str, rule: str) -> Refused:
    """Say that a number is out of its range.

    The prefix is in Together's quoted bodies (stanford-crfm/helm#2079); it and the rules are those of the server which
    Together began with, Text Generation Inference. The status: togethercomputer/together-python#203.
    """
    return Refused(f"Input validation error: `{param}` {rule}", param=param, status=422)


def unauthorized() -> Refused:
    """Say that the list of models is not for this key."""
    return Refused("Unauthorized", status=401, bare=True)
