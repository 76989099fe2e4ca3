"""Datasets in other formats: a CSV file to examples, and chat examples to what OpenAI's fine-tuning reads."""

from __future__ import annotations

import csv
import io
from typing import Any, Dict, List, Optional, Sequence, Tuple

from .database import Refused
from .multipart import Part, parts

__all__ = ["csv_examples", "fine_tuning", "form"]

_ROLES = {
    "human": "user", "user": "user", "ai": "assistant", "AIMessageChunk": "assistant", "assistant": "assistant",
    "system": "system", "tool": "tool", "function": "function",
}  # fmt: skip


def form(body: bytes, content_type: str) -> Tuple[Dict[str, List[str]], Dict[str, Part]]:
    """Give the fields of an HTML form and its files, by name. Raises: Refused (422)."""
    fields: Dict[str, List[str]] = {}
    files: Dict[str, Part] = {}
    try:
        for part in parts(body, content_type):
            if part.type:
                files[part.name] = part
            else:
                fields.setdefault(part.name, []).append(part.data.decode("utf-8"))
    except ValueError as problem:
        raise Refused(422, str(problem)) from None
    return fields, files


def csv_examples(data: bytes, input_keys: Sequence[str], output_keys: Sequence[str]) -> List[Dict[str, Any]]:
    """Give an example for each row of a CSV file whose first row names the columns; its values are texts.

    Raises: Refused (422) for what is no CSV in UTF-8, for a column that is not there, for a row of another length.
    """
    try:
        rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True))
    except (ValueError, csv.Error) as problem:
        raise Refused(422, f"the file is no CSV in UTF-8: {problem}") from None
    head = rows[0] if rows else []
    missing = [key for key in (*input_keys, *output_keys) if key not in head]
    if missing:
        raise Refused(422, f"the CSV file has no column {missing[0][:60]!r}; there are {', '.join(head)[:300]}")
    made = []
    for number, row in enumerate(rows[1:], 2):
        if not row:
            continue
        if len(row) != len(head):
            raise Refused(422, f"row {number} of the CSV file has {len(row)} values, the first {len(head)}")
        values = dict(zip(head, row))
        made.append({
            "inputs": {key: values[key] for key in input_keys},
            "outputs": {key: values[key] for key in output_keys} if output_keys else None,
        })  # fmt: skip
    return made


def fine_tuning(example: Dict[str, Any]) -> Dict[str, Any]:
    """Give a chat example as a line for fine-tuning: {"messages": [{"role", "content"}, …]}.

    Raises: Refused (422) for an example that holds no messages.
    """
    asked, answered = (said if isinstance(said, dict) else {} for said in (example["inputs"], example["outputs"]))
    messages = _messages(asked.get("input", asked.get("messages")))
    answer = _messages(answered.get("output", answered.get("messages")))
    if not messages:
        raise Refused(422, f"example {example['id']} holds no messages: only chat datasets can be fine-tuned on")
    return {"messages": messages + answer}


def _messages(value: Any) -> List[Dict[str, Any]]:
    found = []
    for message in value if isinstance(value, list) else [value]:
        fields: Optional[Dict[str, Any]] = None
        if isinstance(message, dict):
            fields = message["data"] if isinstance(message.get("data"), dict) else message
        role = _ROLES.get(str((message.get("type") or message.get("role")) if isinstance(message, dict) else None))
        if fields is None or role is None:
            continue
        made = {"role": role, "content": fields.get("content")}
        made.update({name: fields[name] for name in ("name", "tool_calls", "tool_call_id") if fields.get(name)})
        more = fields.get("additional_kwargs")
        made.update(more if isinstance(more, dict) else {})
        found.append(made)
    return found
