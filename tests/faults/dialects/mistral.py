"""Mistral: Chat Completions with usage in the closing chunk. Source: ../shared/wire/mistral.md, read 2026-11-23."""

from __future__ import annotations

from minichat import AuthenticationError, BadRequest, ChatMistralAI, NotFound, Overloaded, PermissionDenied
from minichat import RateLimited, ServerError

from ..framing import KEY
from .openai import ChatCompletions

__all__ = ["Mistral"]


class Mistral(ChatCompletions):
    name = provider = "mistral"
    pauses = (0.5, 0.75, 1.125, 1.6875, 2.53125, 3.796875)  # half as much again each time
    error = {"object": "error", "message": "because", "type": "some_error", "param": "model", "code": "some_code"}
    words = {"message": "because", "type": "some_error", "param": "model", "code": "some_code", "body": error}
    statuses = [
        (400, BadRequest, False),
        (401, AuthenticationError, False),
        (403, PermissionDenied, False),
        (404, NotFound, False),
        (408, BadRequest, False),
        (409, BadRequest, False),
        (413, BadRequest, False),
        (422, BadRequest, False),
        (429, RateLimited, True),
        (500, ServerError, True),
        (502, ServerError, True),
        (503, Overloaded, True),
        (504, ServerError, True),
    ]
    hopeless: list = []
    # Arguments may be an object here.
    shapes = [row for row in ChatCompletions.shapes if row[0] != "arguments that are an object"]

    def model(self, url: str, **settings):
        return ChatMistralAI(model="m", **{"api_key": KEY, "base_url": url, **settings})
