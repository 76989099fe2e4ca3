"""The command line: one question in, the answer streamed out.

Without a key and without an address it asks the embedded fake server, so that the first command of a
newcomer works offline. That is the only place where this package knows of `fakes`, by an import inside
a function; a copy without it says so in words. Standard output carries the answer and nothing else,
standard error everything said about it.

Exit codes: 0 answered; 1 the provider, the network or the output failed; 2 the command was wrong or
something it needs is missing; 130 interrupted.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator
    from typing import Any, Dict, List, Optional

    from .messages import AIMessage

__all__ = ["main"]

FAKE_MODEL = "fake-quickstart"
FAKE_KEY = "sk-fake"  # the fake takes any; one is needed

# What a reader of the answer alone would not notice.
UNFINISHED = {
    "length": "the answer was cut off at the token limit; raise --max-tokens",
    "filtered": "the provider's content filter cut the answer off",
}


class Refused(Exception):
    """The command cannot be carried out as it was given; the text names the remedy."""


def main(argv: Optional[List[str]] = None) -> int:
    """Run the command and give its exit code. Chat is the default, and the only command yet."""
    from .errors import ChatError

    options = _parser().parse_args(argv)
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")  # a terminal without a character still shows the rest
    try:
        _chat(options)
        return 0
    except Refused as refusal:
        _say(str(refusal))
        return 2
    except ChatError as error:
        _say(str(error))
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Whoever read the answer has had enough. Python would try to flush once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        _say(f"cannot write the answer: {error.strerror or error}")
        return 1


def _parser() -> argparse.ArgumentParser:
    import argparse

    from .version import __version__

    parser = argparse.ArgumentParser(
        prog=f"python3 -m {__package__}",
        description="Ask a chat model and print its answer as it comes.",
        epilog="Environment: OPENAI_API_KEY, OPENAI_BASE_URL. With neither, the embedded fake server answers.",
    )
    parser.add_argument("prompt", nargs="*", help="the question; none, or -, reads it from standard input")
    parser.add_argument("--model", metavar="NAME", help="the model to ask")
    parser.add_argument("--base-url", metavar="URL", help="a server that speaks OpenAI's Chat Completions")
    parser.add_argument("--system", metavar="TEXT", help="the system message")
    parser.add_argument("--temperature", type=float, metavar="NUMBER", help="how far the wording may vary")
    parser.add_argument("--max-tokens", type=int, metavar="N", help="the longest answer, in tokens")
    parser.add_argument("--timeout", type=float, metavar="SECONDS", help="for the connection and between pieces")
    parser.add_argument("--no-stream", action="store_true", help="print the answer when it is whole")
    parser.add_argument("--version", action="version", version=f"{_name()} {__version__}")
    return parser


def _chat(options: argparse.Namespace) -> None:
    from contextlib import ExitStack

    prompt = _prompt(options.prompt)
    messages = [("system", options.system)] if options.system is not None else []
    messages.append(("human", prompt))
    given = {
        "model": options.model,
        "base_url": options.base_url,
        "temperature": options.temperature,
        "max_tokens": options.max_tokens,
        "timeout": options.timeout,
    }
    settings = {name: value for name, value in given.items() if value is not None}
    with ExitStack() as stack:
        if not os.environ.get("OPENAI_API_KEY"):
            settings = {**_without_key(stack, options.base_url), **settings}
        from .providers.openai import ChatOpenAI

        model = stack.enter_context(ChatOpenAI(**settings))
        if options.no_stream:
            pieces = iter([model.invoke(messages)])
        else:
            pieces = model.stream(messages)
            stack.callback(pieces.close)
        remark = _show(pieces)
    if remark:
        _say(remark)


def _prompt(words: List[str]) -> str:
    """Give the question: the words, or what standard input says."""
    if words and words != ["-"]:
        prompt = " ".join(words)
    else:
        if sys.stdin is None:
            raise Refused("there is no question, and no standard input to read one from")
        if sys.stdin.isatty():
            _say("reading the question from the terminal; Ctrl-D ends it")
        try:
            prompt = sys.stdin.read()
        except UnicodeDecodeError as error:
            raise Refused(f"standard input is not {error.encoding} text") from None
    if not prompt.strip():
        raise Refused("the question is empty; give it as an argument or on standard input")
    return prompt


def _without_key(stack: Any, base_url: Optional[str]) -> Dict[str, Any]:
    """Give the settings that reach the embedded fake server, which ends with `stack`."""
    address = base_url or os.environ.get("OPENAI_API_BASE") or os.environ.get("OPENAI_BASE_URL")
    if address:
        raise Refused(
            f"OPENAI_API_KEY is not set, and {address} is asked with a key; "
            "a server of your own that checks none takes any value"
        )
    try:
        from fakes import serve
    except ImportError as error:
        if error.name != "fakes":
            raise  # it is here and broken
        raise Refused(
            "OPENAI_API_KEY is not set, and this copy came without the package `fakes` that would answer "
            "instead; set OPENAI_API_KEY (and OPENAI_BASE_URL for another server than OpenAI's), "
            "or put `fakes` on the Python path"
        ) from None
    server = stack.enter_context(serve())
    _say(
        "OPENAI_API_KEY is not set, so the embedded fake server answers, not a model; for a real provider set "
        "OPENAI_API_KEY, and OPENAI_BASE_URL (or --base-url) and --model where it is not OpenAI's default"
    )
    # proxy="": the way to this machine itself leads through no proxy, whatever the environment says.
    return {"model": FAKE_MODEL, "base_url": server.url("openai"), "api_key": FAKE_KEY, "proxy": ""}


def _show(pieces: Iterator[AIMessage]) -> str:
    """Print the pieces as they come; give what else there is to say about the answer, or ""."""
    from .messages.ending import ending_of

    remark = ""
    last = "\n"
    try:
        for piece in pieces:
            text = piece.text
            if text:
                print(text, end="", flush=True)
                last = text[-1]
            remark = UNFINISHED.get(ending_of(piece) or "", remark)
            refusal = piece.additional_kwargs.get("refusal")
            if refusal:
                print(refusal, end="", flush=True)
                last = refusal[-1]
    finally:
        if last != "\n":
            print(flush=True)  # an error, or the shell's prompt, begins on a line of its own
    return remark


def _say(text: str) -> None:
    if sys.stderr is not None:
        print(f"{_name()}: {text}", file=sys.stderr, flush=True)


def _name() -> str:
    return (__package__ or "").rpartition(".")[2]
