"""The recording proxy: asks a real provider what its client asked, passes the answer on as it comes, and keeps it.

One task per connection of a client, one connection to the provider per request. Pieces are passed on as they arrive;
kept are the chunks of the provider's own HTTP, so that a recording does not depend on how the network cut them. The
file is there before the client has the last byte. What is not kept, and said on stderr instead: an exchange whose
client left, one that did not reach the provider (the client gets 502 in words), one whose body cannot be read for
secrets.
"""

from __future__ import annotations

import asyncio
import os
import re
import time as clock
from typing import Callable, Dict, List, Mapping, Optional, Tuple

from ..control import api as control
from ..serving.http11 import (
    CONTINUE,
    LAST_CHUNK,
    Answer,
    BadRequest,
    Request,
    RequestParser,
    chunk,
    render,
    render_head,
)
from ..serving.listener import BASES, PROVIDERS, Listener
from ..session import Sessions
from . import store, surface
from .exchange import Recording
from .responses import End, Event, Head, Malformed, Piece, ResponseReader, unpacked
from .scrub import Scrubber, allowed_request, allowed_response, secrets_of
from .upstream import Link, Route, Unreachable, Upstream, connect, request_bytes, upstreams

__all__ = ["Recorder"]

HOP = frozenset("connection content-length keep-alive proxy-authenticate te trailer transfer-encoding upgrade".split())
MOST_KEPT = 256 << 20  # bytes of one answer; a longer one is passed on and not kept
MOST_PIPELINED = 100


class Unkept(Exception):
    """Why an exchange is not kept."""


class Recorder(Listener):
    """The proxy as a listener. `say` is told a line for each exchange: the name of its file, or why there is none."""

    def __init__(
        self,
        directory: str,
        bases: Mapping[str, str],
        *,
        scrubber: Scrubber,
        route: Route,
        say: Callable[[str], None],
        time: Callable[[], float] = clock.monotonic,
    ) -> None:
        """Make it, and the directory.

        Raises: ValueError for an upstream that is none; OSError when the directory cannot be had.
        """
        super().__init__(Sessions())
        self.upstreams: Dict[str, Upstream] = upstreams(bases)
        if not self.upstreams:
            raise ValueError("upstream: give at least one")
        os.makedirs(directory, exist_ok=True)
        self.directory = directory
        self.scrubber = scrubber
        self.kept: List[str] = []  # names of files
        self.problems: List[str] = []  # why exchanges were not kept
        self._route = route
        self._say = say
        self._time = time
        self._number = store.next_number(directory)
        self._clients: Dict["asyncio.Task[None]", asyncio.StreamWriter] = {}

    async def start(self, host: str, port: int) -> None:
        """Begin to listen; port 0 takes a free one.

        Raises: OSError when the address cannot be had.
        """
        self._server = await asyncio.start_server(self._client, host, port)
        self.host = host
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Close the listening socket and every connection; what is half recorded is not kept."""
        if self._server is not None:
            self._server.close()
            clients = dict(self._clients)
            for task, writer in clients.items():
                task.cancel()
                writer.transport.abort()  # close() would wait for a client that does not read
            await asyncio.gather(*clients, return_exceptions=True)
            await self._server.wait_closed()

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._clients[task] = writer
        self.connections += 1
        waiting: "asyncio.Queue[object]" = asyncio.Queue(MOST_PIPELINED)
        pump = asyncio.ensure_future(_pump(reader, waiting))
        try:
            keep = True
            while keep:
                asked = await waiting.get()
                if asked is CONTINUE:
                    writer.write(CONTINUE)
                    continue
                if isinstance(asked, BadRequest):
                    writer.write(render(control.error(asked.status, asked.why), keep_alive=False))
                    break
                if not isinstance(asked, Request):
                    break
                # A client that closes its side has left, as other proxies see it too: nobody reads on.
                exchange = asyncio.ensure_future(self._exchange(asked, writer))
                try:
                    await asyncio.wait({exchange, pump}, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    exchange.cancel()
                    (done,) = await asyncio.gather(exchange, return_exceptions=True)
                if isinstance(done, (asyncio.CancelledError, ConnectionError)):
                    self._not_kept("the client left before the end")
                elif isinstance(done, BaseException):
                    raise done
                keep = done is True
        except (asyncio.CancelledError, ConnectionError):  # the recorder stops, or the client is gone
            pass
        finally:
            pump.cancel()
            writer.close()
            self._clients.pop(task, None)

    def _not_kept(self, why: str) -> None:
        self.problems.append(why)
        self._say(f"not kept: {why}")

    async def _exchange(self, request: Request, writer: asyncio.StreamWriter) -> bool:
        """Do one exchange, and tell whether the client's connection may be used again."""
        if request.path.startswith("/__fakes/"):
            return await _write(writer, request, control.answer(request, self))
        prefix, _, rest = request.path[1:].partition("/")
        provider = PROVIDERS.get(prefix, "")
        upstream = self.upstreams.get(provider)
        if upstream is None:
            known = ", ".join(base for name, base in sorted(BASES.items()) if PROVIDERS[name] in self.upstreams)
            return await _write(writer, request, control.error(404, f"no upstream for this path; there are {known}"))
        self.scrubber.learn(secrets_of(request))
        number, self._number = self._number, self._number + 1
        target = f"/{rest}" + (f"?{request.query}" if request.query else "")
        taken = Taken(request, provider, target, self._time())
        try:
            link, proxy = await connect(upstream, self._route, self._time)
        except Unreachable as problem:
            return await self._failed(writer, request, str(problem))
        try:
            await link.send(request_bytes(request, target, upstream, proxy))
            return await self._answer(link, taken, number, writer)
        except (Unreachable, Malformed) as problem:
            if taken.head is not None:  # too late for an answer of our own
                self._not_kept(f"{upstream.netloc}: {problem}")
                return False
            return await self._failed(writer, request, f"{upstream.netloc}: {problem}")
        finally:
            link.close()

    async def _failed(self, writer: asyncio.StreamWriter, request: Request, why: str) -> bool:
        self._not_kept(why)
        return await _write(writer, request, control.error(502, why))

    async def _answer(self, link: Link, taken: "Taken", number: int, writer: asyncio.StreamWriter) -> bool:
        """Pass the answer on; keep it before the client can see its end."""
        request = taken.request
        reader = ResponseReader(head_only=request.method == "HEAD")
        ended: Optional[End] = None
        chunked = keep = False
        while ended is None:
            at, data = await link.next()
            events: List[Event] = reader.feed(data) if data else [reader.eof()]
            taken.add(events, at)
            out = []
            for event in events:
                if isinstance(event, Head):
                    chunked = event.framing != "length" and not request.version_1_0
                    keep = request.keep_alive and (chunked or event.framing == "length")
                    out.append(_head(event, chunked=chunked, keep=keep))
                elif isinstance(event, Piece):
                    out.append(chunk(event.data) if chunked else event.data)
                else:
                    ended = event
                    self._keep(taken, number)
                    if event.ended == "complete" and chunked:
                        out.append(LAST_CHUNK)
            writer.write(b"".join(out))
            await writer.drain()
        return keep and ended.ended == "complete"

    def _keep(self, taken: "Taken", number: int) -> None:
        try:
            recording = taken.recording(self.scrubber)
            if _hidden(recording, self.scrubber):
                raise Unkept("the request's key is in the answer in a way that cannot be masked")
            name = store.write(self.directory, recording, number)
        except Unkept as problem:
            self._not_kept(str(problem))
        except OSError as problem:
            self._not_kept(f"the file cannot be written: {problem.strerror or problem}")
        else:
            self.kept.append(name)
            self._say(f"{name}: {recording.status}, {len(recording.body)} bytes in {len(recording.chunks)} chunks")


class Taken:
    """What is taken down of an exchange while it goes on."""

    def __init__(self, request: Request, provider: str, target: str, began: float) -> None:
        self.request = request
        self.provider = provider
        self.target = target
        self.head: Optional[Head] = None
        self._began = began
        self._head_at = 0.0
        self._chunks: List[Tuple[float, bytes]] = []
        self._part: List[bytes] = []
        self._size = 0
        self._end = End("cut")
        self._ended_at = 0.0

    def add(self, events: List[Event], at: float) -> None:
        """Take down what came; `at` is the clock's."""
        since = max(0.0, at - self._began)
        for event in events:
            if isinstance(event, Head):
                self.head, self._head_at = event, since
            elif isinstance(event, Piece):
                self._size += len(event.data)
                if self._size <= MOST_KEPT:
                    self._part.append(event.data)
                if event.ends:
                    self._close_chunk(since)
            else:
                self._close_chunk(since)
                self._end, self._ended_at = event, since

    def _close_chunk(self, since: float) -> None:
        if self._part:
            self._chunks.append((since, b"".join(self._part)))
            self._part = []

    def recording(self, scrubber: Scrubber) -> Recording:
        """Give the recording, with every secret masked.

        Raises: Unkept.
        """
        head, request = self.head, self.request
        assert head is not None
        if self._size > MOST_KEPT:
            raise Unkept(f"the answer has more than {MOST_KEPT} bytes")
        if not 200 <= head.status <= 599:
            raise Unkept(f"the provider's status {head.status} is none")
        try:
            asked = b"".join(unpacked([request.body], request.headers.get("content-encoding", "")))
        except ValueError as problem:
            raise Unkept(f"the request: {problem}") from None
        try:
            chunks = unpacked([data for _, data in self._chunks], head.header("content-encoding"))
        except ValueError as problem:
            raise Unkept(f"the answer: {problem}") from None
        scrubbed = zip([at for at, _ in self._chunks], scrubber.chunks(chunks))
        headers: Dict[str, str] = {}
        for name, value in scrubber.headers(allowed_response(head.headers)):
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
        return Recording(
            "",
            self.provider,
            request.method,
            scrubber.target(self.target),
            dict(scrubber.headers(allowed_request(request.headers).items())),
            scrubber.body(asked),
            head.status,
            tuple(headers.items()),
            tuple((at, data) for at, data in scrubbed if data),
            head.framing,
            self._head_at,
            self._end.ended,
            self._ended_at,
            self._end.owing,
        )


def _hidden(recording: Recording, scrubber: Scrubber) -> bool:
    """Tell whether a known secret is in the answer behind escapes, or spread over the events of a stream."""
    spread: Dict[str, List[str]] = {}
    for _, value in surface.events(recording):
        for path, text in surface.texts(value):
            # By exact place, and with all places of a list as one: a stream may be a list of chunks.
            for place in {path, re.sub(r"\[\d+\]", "[]", path)}:
                spread.setdefault(place, []).append(text)
    return any(scrubber.knows("".join(texts)) for texts in spread.values())


def _head(head: Head, *, chunked: bool, keep: bool) -> bytes:
    answer = Answer(head.status, [row for row in head.headers if row[0] not in HOP])
    length = head.length if head.framing == "length" else None
    return render_head(answer, length, keep_alive=keep, version_1_0=not chunked and length is None)


async def _write(writer: asyncio.StreamWriter, request: Request, answer: Answer) -> bool:
    head_only = request.method == "HEAD"
    data = render(answer, head_only=head_only, keep_alive=request.keep_alive, version_1_0=request.version_1_0)
    writer.write(data)
    await writer.drain()
    return request.keep_alive


async def _pump(reader: asyncio.StreamReader, waiting: "asyncio.Queue[object]") -> None:
    """Read requests until the client has said everything; None stands for that, CONTINUE for a wish to go on."""
    parser = RequestParser()
    try:
        while True:
            data = await reader.read(65536)
            for one in parser.feed(data):
                await waiting.put(one)
            if parser.wants_continue:
                parser.wants_continue = False
                await waiting.put(CONTINUE)  # behind the answers to the requests before
            if not data:
                break
    except ConnectionError:
        pass  # told below, as an end is
    await waiting.put(None)
