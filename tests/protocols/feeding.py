"""Feed a codec as a backend would, without one: bytes of any size in, chunks out."""

from minichat.errors import ChatError
from minichat.messages import Accumulator
from minichat.wire.sse import SSEDecoder


def cuts(body):
    """Give the ways a stream's bytes may arrive: (name, list of blocks)."""
    crlf = body.replace(b"\n", b"\r\n")
    return [
        ("whole", [body]),
        ("per byte", [body[i : i + 1] for i in range(len(body))]),
        ("CRLF", [crlf]),
        ("CRLF per byte", [crlf[i : i + 1] for i in range(len(crlf))]),
        ("CR", [body.replace(b"\n", b"\r")]),
        ("by 7", [body[i : i + 7] for i in range(0, len(body), 7)]),
        ("with comments", [body.replace(b"\n\n", b"\n\n: keep-alive\n\n")]),
    ]


def decode_stream(codec, blocks, message_id="run-1"):
    """Give (chunks, error): what came, and the exception that ended it, or None."""
    events = SSEDecoder()
    decoder = codec.stream_decoder(message_id)
    chunks = []
    try:
        for block in blocks:
            chunks += decoder.feed(events.feed(block))
            if decoder.failure is not None or decoder.done:
                break
        else:
            chunks += decoder.feed(events.close())
            if decoder.failure is None and not decoder.done:
                chunks += decoder.close()
    except ChatError as error:
        return chunks + decoder.held(), error
    return chunks + decoder.held(), decoder.failure


def add_up(chunks):
    total = Accumulator()
    total.extend(chunks)
    return total.message
