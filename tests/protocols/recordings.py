"""The recordings of real traffic beside this repository, and what their raw bodies say.

The reading here is deliberately naive and knows nothing of minichat: `json` and `str.split`.
"""

import json
import pathlib

import pytest

FOLDER = pathlib.Path(__file__).resolve().parents[3] / "shared" / "cassettes"


def recordings(provider, path):
    """Give (name, exchange) of the recordings whose request went to `path`."""
    folder = FOLDER / provider
    if not folder.is_dir():
        return []
    found = []
    for file in sorted(folder.glob("*.json")):
        exchange = json.loads(file.read_text(encoding="utf-8"))
        if exchange["request"]["path"].endswith(path):
            found.append((file.stem, exchange))
    return found


def parametrize(provider, path, count):
    """Parametrize a test over the recordings; skipped, saying so, where they are not.

    `count`: how many there were when the test was written: fewer means some are no longer found.
    """
    found = recordings(provider, path)
    if not found:
        reason = f"no recordings: {FOLDER.name}/{provider} is not beside this repository"
        return pytest.mark.parametrize("name, exchange", [pytest.param("", {}, marks=pytest.mark.skip(reason=reason))])
    assert len(found) >= count, f"only {len(found)} recordings of {provider} {path} found, {count} are known"
    return pytest.mark.parametrize("name, exchange", found, ids=[name for name, _ in found])


def parametrize_over(*rows):
    """As `parametrize`, over several providers: rows of (provider, path, count); the test gets `provider` too."""
    found = [(row[0], *one) for row in rows for one in recordings(row[0], row[1])]
    if not found:
        reason = f"no recordings: {FOLDER.name} is not beside this repository"
        skipped = pytest.param("", "", {}, marks=pytest.mark.skip(reason=reason))
        return pytest.mark.parametrize("provider, name, exchange", [skipped])
    for provider, path, count in rows:
        known = len([one for one in found if one[0] == provider])
        assert known >= count, f"only {known} recordings of {provider} {path} found, {count} are known"
    return pytest.mark.parametrize("provider, name, exchange", found, ids=[f"{one[0]}-{one[1]}" for one in found])


def read_whole(body, index=0):
    """Give what the choice `index` of a whole chat completion says."""
    reply = json.loads(body)
    choice = [one for one in reply["choices"] if one["index"] == index][0]
    message = choice["message"]
    calls = [
        (call["id"], call["function"]["name"], call["function"]["arguments"])
        for call in message.get("tool_calls") or []
    ]
    return {
        "text": message.get("content") or "",
        "calls": calls,
        "finish": choice["finish_reason"],
        "usage": reply.get("usage"),
        "id": reply["id"],
        "model": reply["model"],
        "extra": {key: message[key] for key in ("refusal", "function_call", "audio") if message.get(key)},
    }


def read_stream(body):
    """Give what a streamed chat completion says."""
    said = {"text": "", "calls": [], "finish": None, "usage": None, "id": None, "model": None, "extra": {}}
    calls = {}
    for frame in body.split("\n\n"):
        data = frame.partition("data: ")[2]
        if not data or data == "[DONE]":
            continue
        payload = json.loads(data)
        said["id"], said["model"] = payload["id"], payload["model"]
        said["usage"] = payload.get("usage") or said["usage"]
        for choice in payload["choices"]:
            assert choice["index"] == 0
            delta = choice["delta"]
            said["text"] += delta.get("content") or ""
            said["finish"] = choice["finish_reason"] or said["finish"]
            for call in delta.get("tool_calls") or []:
                known = calls.setdefault(call["index"], ["", "", ""])
                known[0] += call.get("id") or ""
                known[1] += call["function"].get("name") or ""
                known[2] += call["function"].get("arguments") or ""
    said["calls"] = [tuple(calls[index]) for index in sorted(calls)]
    return said


def usage_said(usage):
    """Give (input, output, total, cached, reasoning) as the raw usage says; None where it is silent."""
    if not usage:
        return None
    told_in = usage.get("prompt_tokens_details") or {}
    told_out = usage.get("completion_tokens_details") or {}
    counts = (usage["prompt_tokens"], usage["completion_tokens"], usage["total_tokens"])
    return (*counts, told_in.get("cached_tokens"), told_out.get("reasoning_tokens"))


def usage_read(message):
    """Give the same of a decoded message."""
    usage = message.usage_metadata
    if usage is None:
        return None
    return (
        usage["input_tokens"],
        usage["output_tokens"],
        usage["total_tokens"],
        usage["input_token_details"].get("cache_read"),
        usage["output_token_details"].get("reasoning"),
    )
