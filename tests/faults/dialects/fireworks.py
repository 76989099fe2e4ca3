"""Fireworks: Chat Completions, with flat errors. Source: ../shared/wire/fireworks.md, read 2026-11-23."""

from __future__ import annotations

from minichat import ChatFireworks

from ..framing import KEY
from .openai import ChatCompletions

__all__ = ["Fireworks"]


class Fireworks(ChatCompletions):
    name = provider = "fireworks"
    error = {"object": "error", "message": "because", "type": "some_error", "code": "some_code"}
    words = {"message": "because", "type": "some_error", "code": "some_code", "body": error}
    hopeless: list = []

    def model(self, url: str, **settings):
        return ChatFireworks(model="m", **{"api_key": KEY, "base_url": url, **settings})
