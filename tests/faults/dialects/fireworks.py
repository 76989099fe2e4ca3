"""Fireworks: Chat Completions, with flat errors. Source: ../shared/wire/fireworks.md, read 2026-11-23."""

from __future__ import annotations

from minichat import ChatFireworks, ServerError

from ..framing import KEY
from .openai import STATUSES, ChatCompletions

__all__ = ["Fireworks"]


class Fireworks(ChatCompletions):
    name = provider = "fireworks"
    error = {"object": "error", "message": "because", "type": "some_error", "code": "some_code"}
    words = {"message": "because", "type": "some_error", "code": "some_code", "body": error}
    hopeless: list = []
    remarks = {404: " (the model asked for is m)"}
    # wire/fireworks.md: "Retry 408, 429, 500, 502, 503, 504"
    statuses = [(status, raises, tried and status not in (409, 529)) for status, raises, tried in STATUSES]
    # Its `type` cannot be trusted: a 429 has been seen as invalid_request_error.
    errors = [
        ("wrong request", row[1], ServerError, None, True) if row[0] == "wrong request" else row
        for row in ChatCompletions.errors
    ]

    def model(self, url: str, **settings):
        return ChatFireworks(model="m", **{"api_key": KEY, "base_url": url, **settings})
