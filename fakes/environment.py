"""Which environment variables lead the providers' SDKs to a fake: their names, and what each of them holds.

An SDK reads its base URL and its key from the environment when the program gives neither, so a program that was
written for the real API runs against the fake unchanged. Some variables would lead it elsewhere, or make it send a
secret of the user's; they are named too, to be taken away. Nothing is set here: `variables` is a table, `child` the
whole environment for a process that is about to be started.

The official SDK of Mistral reads no base URL from the environment; its clients need `server_url=`.
"""

from __future__ import annotations

from typing import Dict, Mapping

from .serving.listener import BASES

__all__ = ["ELSEWHERE", "child", "variables"]

# Variable of a base URL -> path that it ends in; the SDKs differ in how much of the path they add themselves. As read
# by openai 3.54, anthropic 2.12, google-genai 3.4, together 3.1 and fireworks-ai 1.2, by langchain-openai 1.7,
# -anthropic 1.7, -google-genai 4.4, -mistralai 1.1, -fireworks 1.7 and -together 0.4, and by minichat.
URLS = {
    "OPENAI_BASE_URL": BASES["openai"],
    "OPENAI_API_BASE": BASES["openai"],  # langchain-openai
    "ANTHROPIC_BASE_URL": BASES["anthropic"],
    "ANTHROPIC_API_URL": BASES["anthropic"],  # langchain-anthropic
    "GOOGLE_GEMINI_BASE_URL": BASES["google"],
    "MISTRAL_BASE_URL": BASES["mistral"],  # langchain-mistralai
    "FIREWORKS_BASE_URL": "/fireworks/inference",  # the SDK adds /v1 itself
    "FIREWORKS_API_BASE": "/fireworks/inference",  # langchain-fireworks gives it to the SDK
    "TOGETHER_BASE_URL": "/together",  # the SDK adds /v1 itself
    "TOGETHER_API_BASE": BASES["together"],  # langchain-together
}
KEYS = (
    "OPENAI_API_KEY",
    "ANTHROPIC_API_KEY",
    "GOOGLE_API_KEY",
    "GEMINI_API_KEY",
    "MISTRAL_API_KEY",
    "FIREWORKS_API_KEY",
    "TOGETHER_API_KEY",
)
# Variables that win over those above or send the user's own credentials along.
ELSEWHERE = (
    "ANTHROPIC_AUTH_TOKEN",
    "ANTHROPIC_PROXY",
    "GOOGLE_GENAI_USE_ENTERPRISE",
    "GOOGLE_GENAI_USE_VERTEXAI",
    "LANGSMITH_GATEWAY",
    "OPENAI_API_TYPE",
    "OPENAI_PROXY",
)


def variables(url: str, key: str) -> Dict[str, str]:
    """Give the variables for all providers, by name; `url` is the server's own, such as http://127.0.0.1:40123."""
    root = url.rstrip("/")
    return {"FAKES_URL": root, **{name: root + path for name, path in URLS.items()}, **{name: key for name in KEYS}}


def child(inherited: Mapping[str, str], url: str, key: str) -> Dict[str, str]:
    """Give the environment of a process that is to talk to the fake, past every proxy."""
    made = {name: value for name, value in inherited.items() if name not in ELSEWHERE}
    made.update(variables(url, key))
    host = url.partition("://")[2].partition("/")[0].rpartition(":")[0].strip("[]")
    for name in ("NO_PROXY", "no_proxy"):  # libraries differ in which of the two they read
        others = [one for one in (made.get(name) or "").split(",") if one.strip()]
        made[name] = ",".join([*others, host] if host not in others else others)
    return made
