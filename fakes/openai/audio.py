"""A spoken answer: `modalities: ["text", "audio"]`. The sound is a tenth of a second of silence, the words are in
`transcript`. Streamed, the words come first, then the sound (pcm16, the only format OpenAI streams), then the expiry.
"""

from __future__ import annotations

import base64
import struct
from json.encoder import encode_basestring
from typing import Iterator, Sequence

from ..session import Moment

__all__ = ["deltas", "plain"]

RATE = 24_000  # samples a second
SILENCE = b"\0\0" * (RATE // 10)
LIFE = 3_600  # seconds until the audio may no longer be referred to
PLAIN = """
        "audio": {
          "id": "%s",
          "data": "%s",
          "expires_at": %d,
          "transcript": %s
        },"""


def plain(moment: Moment, index: int, transcript: str, form: str) -> str:
    """Give the `audio` object of a message as indented JSON, with its key."""
    return PLAIN % (_id(moment, index), _data(form), moment.created + LIFE, encode_basestring(transcript))


def deltas(moment: Moment, index: int, pieces: Sequence[str], form: str) -> Iterator[str]:
    """Give the deltas of a spoken answer as compact JSON."""
    name = _id(moment, index)
    yield f'{{"role":"assistant","content":null,"refusal":null,"audio":{{"id":"{name}","transcript":""}}}}'
    for piece in pieces:
        yield f'{{"audio":{{"id":"{name}","transcript":{encode_basestring(piece)}}}}}'
    yield f'{{"audio":{{"id":"{name}","data":"{_data(form)}"}}}}'
    yield f'{{"audio":{{"id":"{name}","expires_at":{moment.created + LIFE}}}}}'


def _id(moment: Moment, index: int) -> str:
    return "audio_" + moment.hexadecimal(f"audio/{index}", 32)


def _data(form: str) -> str:
    """Give silence in base64. Formats other than pcm16 get a WAV: there is no encoder for them here."""
    sound = SILENCE
    if form != "pcm16":
        size = len(SILENCE)
        form_of_pcm = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, RATE, RATE * 2, 2, 16)
        sound = struct.pack("<4sI4s", b"RIFF", 36 + size, b"WAVE") + form_of_pcm + struct.pack("<4sI", b"data", size)
        sound += SILENCE
    return base64.b64encode(sound).decode("ascii")
