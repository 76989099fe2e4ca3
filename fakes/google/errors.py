"""Google's way to say no: one exception, its JSON body, and the page that its front shows for unknown addresses.

The sentences stand where they are raised, each with the public issue, recording or document it was found in; a row
whose wording could not be found says so. The body is pretty-printed as every Google API does it; a stream asked for
without `alt=sse` is a JSON array even when it is refused.
"""

from __future__ import annotations

import json
from typing import Any, Dict, List, Sequence, Tuple

__all__ = ["STATUSES", "Refused", "field_violations", "html_page", "quoted", "status_of", "unspecified"]

STATUSES = {  # google/rpc/code.proto, where a code has several words the one a chat would meet
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "ABORTED",
    429: "RESOURCE_EXHAUSTED",
    499: "CANCELLED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
TYPE = "type.googleapis.com/google.rpc."
TITLES = {400: "Bad Request", 404: "Not Found", 413: "Request Entity Too Large", 431: "Request Header Fields Too Large"}
# The page of Google's front for a path or method it does not route, as quoted in many issues; its style sheet and
# picture are left out.
PAGE = """<!DOCTYPE html>
<html lang=en>
  <meta charset=utf-8>
  <meta name=viewport content="initial-scale=1, minimum-scale=1, width=device-width">
  <title>Error %d (%s)!!1</title>
  <a href=//www.google.com/><span id=logo aria-label=Google></span></a>
  <p><b>%d.</b> <ins>That’s an error.</ins>
  <p>%s  <ins>That’s all we know.</ins>
"""


class Refused(Exception):
    """A request that the API refuses, with what its answer says."""

    def __init__(
        self, message: str, *, code: int = 400, status: str = "", details: Sequence[Dict[str, Any]] = ()
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.status = status or status_of(code)
        self.details = list(details)

    def object(self) -> Dict[str, Any]:
        """Give the error object."""
        error: Dict[str, Any] = {"code": self.code, "message": self.message, "status": self.status}
        if self.details:
            error["details"] = [_typed(detail) for detail in self.details]
        return {"error": error}

    def body(self, *, array: bool = False) -> bytes:
        """Give the JSON body, inside an array if that is the form of the answer."""
        text = json.dumps(self.object(), indent=2, ensure_ascii=False) + "\n"
        text = text.replace("<", "\\u003c").replace(">", "\\u003e")
        return (f"[{text}]" if array else text).encode("utf-8", "backslashreplace")


def status_of(code: int) -> str:
    """Give the word for a status. For one that code.proto has no word for none was found: it is the nearest general."""
    return STATUSES.get(code) or ("FAILED_PRECONDITION" if code < 500 else "INTERNAL")


def _typed(detail: Dict[str, Any]) -> Dict[str, Any]:
    named = dict(detail)
    return {"@type": TYPE + named.pop("type"), **named}


def field_violations(faults: Sequence[Tuple[str, str]]) -> Refused:
    """Refuse what the JSON reader found: all faults at once, a sentence and a field violation each.

    (zed-industries/zed#44875; without a path there is no `field`: fishjar/kiss-translator#256)
    """
    rows: List[Dict[str, Any]] = []
    for field, sentence in faults:
        rows.append({"field": field, "description": sentence} if field else {"description": sentence})
    message = "\n".join(sentence for _, sentence in faults)
    return Refused(message, details=[{"type": "BadRequest", "fieldViolations": rows}])


def unspecified(faults: Sequence[Tuple[str, str]], request: str = "GenerateContentRequest") -> Refused:
    """Refuse what the request validator found: a line for each fault, with no details.

    "* GenerateContentRequest.contents[1].parts: contents.parts must not be empty.\\n" (egoist/chatwise-releases#250)
    """
    return Refused("".join(f"* {request}.{path}: {sentence}\n" for path, sentence in faults))


def quoted(value: Any) -> str:
    """Write a refused value as the sentences do: a string in quotes, everything else bare."""
    return json.dumps(value, ensure_ascii=False)


def html_page(code: int, sentence: str) -> bytes:
    """Give the front's error page."""
    return (PAGE % (code, TITLES.get(code, "Error"), code, sentence)).encode("utf-8", "backslashreplace")
