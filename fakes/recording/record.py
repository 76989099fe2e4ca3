"""`python -m fakes record`, and the same from Python: a proxy in a thread of its own.

>>> with record("recordings", anthropic="https://api.anthropic.com") as proxy:    # doctest: +SKIP
...     client = anthropic.Anthropic(base_url=proxy.url("anthropic"))
"""

from __future__ import annotations

import argparse
import os
import sys
from typing import Iterable, List, Mapping, Optional, Union

from ..cli import add_listen_options, run
from ..serving.listener import BASES, PROVIDERS
from ..serving.threaded import Threaded, shown_host
from .recorder import Recorder
from .scrub import Scrubber
from .upstream import Route, tls_context

__all__ = ["RecordingProxy", "main", "record"]

LONGEST_SILENCE = 600.0  # seconds; a model may think for minutes before its first byte


def record(
    directory: Union[str, "os.PathLike[str]"],
    *,
    scrub: Iterable[str] = (),
    ca_file: Optional[str] = None,
    proxies: Optional[Mapping[str, str]] = None,
    timeout: float = LONGEST_SILENCE,
    host: str = "127.0.0.1",
    port: int = 0,
    **upstreams: str,
) -> "RecordingProxy":
    """Start a recording proxy and give its handle; `upstreams` are the real base URLs by provider.

    `scrub` are regular expressions of what else is masked in bodies, or the word "emails". `ca_file` is trusted beside
    the machine's certificates. `proxies` (scheme -> URL) take the place of the environment's. `timeout` is the longest
    silence of a provider, in seconds.

    Raises: OSError when address, directory or CA file cannot be had; ValueError for arguments that cannot be meant.
    """
    route = Route(tls_context(ca_file), proxies, timeout)
    recorder = Recorder(os.fspath(directory), upstreams, scrubber=Scrubber(scrub), route=route, say=lambda line: None)
    return RecordingProxy(recorder, host, port)


class RecordingProxy:
    """A running recording proxy. Use it with `with`, or call `close()`."""

    def __init__(self, recorder: Recorder, host: str, port: int) -> None:
        self.host = host
        self._recorder = recorder
        self._running = Threaded(recorder, host, port, name="fakes-record", depth=3)

    @property
    def port(self) -> int:
        """The TCP port it listens on."""
        return self._recorder.port

    @property
    def files(self) -> List[str]:
        """The names of the files written so far, in the order in which the exchanges ended."""
        return list(self._recorder.kept)

    @property
    def problems(self) -> List[str]:
        """Why exchanges were not kept, oldest first."""
        return list(self._recorder.problems)

    def url(self, provider: Optional[str] = None) -> str:
        """Give the base URL that a client of the provider takes, or of the proxy when none is named.

        Raises: ValueError for a provider that has no upstream here.
        """
        if provider is not None and PROVIDERS.get(provider) not in self._recorder.upstreams:
            raise ValueError(f"no upstream for {provider!r}; there are {', '.join(self._recorder.upstreams)}")
        return f"http://{shown_host(self.host)}:{self.port}{BASES[provider] if provider else ''}"

    def close(self) -> None:
        """Close every socket and end the thread; a second call does nothing."""
        self._running.close()

    def __enter__(self) -> "RecordingProxy":
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def main(argv: Optional[List[str]] = None) -> int:
    """Record until told to end: 0 then, 1 when it cannot listen or write, 2 for bad arguments."""
    parser = argparse.ArgumentParser(
        prog=f"python -m {(__package__ or '').rpartition('.')[0]} record",
        description="Pass requests on to real providers and keep what they say, one JSON file for each exchange. Keys "
        "are not kept: headers go by a list of those allowed, bodies are searched for them.",
        epilog="Base URLs of the proxy: " + ", ".join(sorted(BASES.values())) + ". An HTTPS_PROXY is obeyed.",
    )
    parser.add_argument(
        "--upstream", action="append", required=True, metavar="NAME=URL", help="a provider and its base URL"
    )
    parser.add_argument("--out", required=True, metavar="DIR", help="where the files go; made when it is not there")
    parser.add_argument(
        "--scrub",
        action="append",
        default=[],
        metavar="REGEX",
        help='what else is masked in bodies; the word "emails" stands for e-mail addresses. Tell replay the same',
    )
    parser.add_argument("--ca-file", metavar="FILE", help="a certificate to trust beside the machine's (PEM)")
    parser.add_argument(
        "--timeout",
        type=float,
        default=LONGEST_SILENCE,
        metavar="SECONDS",
        help="longest silence of a provider (default: 600)",
    )
    add_listen_options(parser)
    args = parser.parse_args(argv)

    def say(line: str) -> None:
        if not args.quiet or line.startswith("not kept"):
            print(f"fakes: {line}", file=sys.stderr, flush=True)

    try:
        bases = _bases(args.upstream)
        if not args.timeout > 0:
            raise ValueError("timeout: is a number of seconds above 0")
        scrubber = Scrubber(args.scrub)
    except ValueError as problem:
        parser.error(str(problem))
    try:
        route = Route(tls_context(args.ca_file), None, args.timeout)
        recorder = Recorder(args.out, bases, scrubber=scrubber, route=route, say=say)
    except ValueError as problem:
        parser.error(str(problem))
    except OSError as problem:
        why = problem.strerror or os.strerror(problem.errno or 0)  # PyPy's ssl tells the number only
        print(f"fakes: {problem.filename or args.ca_file}: {why}", file=sys.stderr)
        return 1
    return run(recorder, args)


def _bases(given: List[str]) -> Mapping[str, str]:
    bases = {}
    for one in given:
        name, equals, url = one.partition("=")
        if not equals:
            raise ValueError(f"upstream: {one!r} is not NAME=URL, such as anthropic=https://api.anthropic.com")
        if name in bases:
            raise ValueError(f"upstream: {name} is given twice")
        bases[name] = url
    return bases
