"""Together: Chat Completions. Source: ../shared/wire/together.md, read 2026-11-23."""

from __future__ import annotations

from minichat import BadRequest, ChatTogether

from ..framing import KEY
from .openai import STATUSES, ChatCompletions

__all__ = ["Together"]


class Together(ChatCompletions):
    name = provider = "together"
    pauses = (1.0, 2.0, 4.0, 8.0, 10.0, 10.0)
    hopeless: list = []
    # Its 403 is no question of permission.
    statuses = [(status, BadRequest if status == 403 else raises, tried) for status, raises, tried in STATUSES]
    remarks = {
        403: " (Together's 403 says that the input and max_tokens exceed the model's context; the key is good)",
        404: " (the model asked for is m)",
    }

    def model(self, url: str, **settings):
        return ChatTogether(model="m", **{"api_key": KEY, "base_url": url, **settings})
