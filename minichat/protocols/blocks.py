"""Media in a message, read from whichever shape it was written in, as one neutral value. Pure.

Users write images, sounds and documents in LangChain's standard form (`{"type": "image", "base64": ...,
"mime_type": ...}`), in its older one (`source_type`), as OpenAI's parts (of Chat Completions and of
Responses), as Anthropic's (`source`), as Google's (`media`) or as Mistral's (`document_url`), and a history
that was begun with one provider goes on with another. Every codec reads them here and writes its own.

A `data:` URL is taken apart wherever one stands, so a codec meets four kinds of place and no more: a URL,
base64 data, an id of a file that the provider holds, and plain text.
Source: langchain-core 1.8 `messages/content.py`; openai 3.54 and anthropic 2.12 `types/`; read 2026-11-23.
"""

from __future__ import annotations

from ..errors import ConfigurationError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, Dict, Optional, Tuple

    JSON = Any

__all__ = ["Media", "read_media"]

# The block's type -> the kind of thing in it.
KINDS = {
    "image": "image",
    "image_url": "image",
    "input_image": "image",
    "audio": "audio",
    "input_audio": "audio",
    "video": "video",
    "file": "file",
    "input_file": "file",
    "document": "file",
    "document_url": "file",
    "media": "file",
    "text-plain": "text",
}
NESTED = ("source", "image_url", "input_audio", "file", "document_url")  # where the place may stand inside
# What is said of the place itself; all else that a block says is in `extras`.
PLACE = frozenset(
    "type source source_type url image_url document_url input_audio file base64 data file_data file_id "
    "file_uri file_url mime_type media_type format text content extras metadata index id".split()
)
AUDIO_TYPES = {"mp3": "audio/mpeg", "pcm16": "audio/pcm", "m4a": "audio/mp4"}
TYPES_BY_ENDING = {"pdf": "application/pdf", "txt": "text/plain", "md": "text/markdown", "csv": "text/csv"}


class Media:
    """An image, a sound, a film, a document or a text: what it is and where it is.

    `kind`: image, audio, video, file or text. Exactly one of the places is not None: `url` (http, https, gs
    and the like, never `data:`), `base64` (then `mime_type` is known), `file_id`, `text` (a document's
    plain text). `mime_type` may be None with the other three. `extras`: what else the block says
    (`cache_control`, `detail`, `filename`, `title`, `citations`, ...), its own `extras` and `metadata` among it.

    >>> media = read_media({"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA", "detail": "low"}})
    >>> media.kind, media.mime_type, media.base64, media.extras
    ('image', 'image/png', 'AAAA', {'detail': 'low'})
    """

    __slots__ = ("kind", "url", "base64", "file_id", "text", "mime_type", "extras")

    def __init__(
        self,
        kind: str,
        *,
        url: Optional[str] = None,
        base64: Optional[str] = None,
        file_id: Optional[str] = None,
        text: Optional[str] = None,
        mime_type: Optional[str] = None,
        extras: Optional[Dict[str, JSON]] = None,
    ) -> None:
        self.kind = kind
        self.url = url
        self.base64 = base64
        self.file_id = file_id
        self.text = text
        self.mime_type = mime_type
        self.extras: Dict[str, JSON] = {} if extras is None else extras

    @property
    def address(self) -> Optional[str]:
        """The URL, or the data as a `data:` URL; None for a file's id and for text."""
        if self.base64 is not None:
            return f"data:{self.mime_type};base64,{self.base64}"
        return self.url

    @property
    def name(self) -> Optional[str]:
        """The name of the file, or the title of the document, where the block gives one."""
        name = self.extras.get("filename") or self.extras.get("name") or self.extras.get("title")
        return name if isinstance(name, str) else None


def read_media(block: Mapping[str, JSON]) -> Optional[Media]:
    """Read a content block; None for one that is no medium (text, a tool call, what is unknown).

    Raises: `ConfigurationError` for a medium without a place, or with data whose MIME type nobody says.
    """
    said = block.get("type")
    kind = KINDS.get(said) if isinstance(said, str) else None
    if kind is None:
        return None
    extras = _extras(block)
    place: Dict[str, JSON] = dict(block)
    for name in NESTED:
        inner = block.get(name)
        if isinstance(inner, dict):
            extras.update((key, value) for key, value in inner.items() if key not in PLACE)
            place = {**inner, "source_type": inner.get("type", inner.get("source_type"))}
        elif isinstance(inner, str) and name != "source":
            place["url" if "://" in inner[:10] or name != "input_audio" else "data"] = inner
    mime_type = place.get("mime_type") or place.get("media_type") or _told_by_name(place, extras)
    if kind == "file" and said == "media" and isinstance(mime_type, str):
        kind = _kind_of(mime_type)
    media = _placed(kind, place, mime_type, extras)
    if media is None:
        raise ConfigurationError(
            f"a block of type {said!r} needs 'url', or 'base64' with 'mime_type', or 'file_id'; "
            f"this one has {sorted(map(str, block))}"
        )
    if media.base64 is not None and media.mime_type is None:
        raise ConfigurationError(f"a block of type {said!r} with base64 data needs its 'mime_type', as 'image/png'")
    return media


def _extras(block: Mapping[str, JSON]) -> Dict[str, JSON]:
    extras: Dict[str, JSON] = {}
    for name in ("metadata", "extras"):
        told = block.get(name)
        extras.update(told if isinstance(told, dict) else {})
    extras.update((key, value) for key, value in block.items() if key not in PLACE)
    return extras


def _placed(
    kind: str, place: Mapping[str, JSON], mime_type: Optional[str], extras: Dict[str, JSON]
) -> Optional[Media]:
    """Give the value for the place that is said first; None where none is."""
    form = place.get("source_type")
    file_id = place.get("file_id") or (place.get("id") if form == "id" else None)
    if file_id:
        return Media(kind, file_id=str(file_id), mime_type=mime_type, extras=extras)
    data = _first(place, "base64", "data", "file_data")
    text = place.get("text") if isinstance(place.get("text"), str) else None
    if form == "text" and isinstance(data, str):  # Anthropic's plain text document calls it data
        text = data
    elif form == "content":  # Anthropic's document of blocks: all that is text in it
        text = _text_of(place.get("content"))
    if text is not None:
        return Media("text", text=text, mime_type=mime_type or "text/plain", extras=extras)
    if isinstance(data, (bytes, bytearray)):
        from base64 import b64encode

        data = b64encode(data).decode("ascii")
    url = _first(place, "url", "file_url", "file_uri")
    for one in (data, url):
        if isinstance(one, str) and one[:5].lower() == "data:":
            told, data = _open_data_url(one)
            # A type that the block names itself is the user's word, the URL's is often generic.
            return Media(kind, base64=data, mime_type=mime_type or told, extras=extras)
    if isinstance(data, str):
        return Media(kind, base64=data, mime_type=mime_type, extras=extras)
    if isinstance(url, str) and url:
        return Media(kind, url=url, mime_type=mime_type, extras=extras)
    return None


def _first(place: Mapping[str, JSON], *names: str) -> JSON:
    for name in names:
        if place.get(name) is not None:
            return place[name]
    return None


def _open_data_url(url: str) -> Tuple[str, str]:
    """Give the MIME type and the base64 data of a `data:` URL. Source: RFC 2397."""
    head, comma, data = url[5:].partition(",")
    if not comma:
        raise ConfigurationError("a data: URL needs a comma before its data, as 'data:image/png;base64,...'")
    mime_type, *parameters = head.split(";")
    if "base64" not in [parameter.strip().lower() for parameter in parameters]:
        from base64 import b64encode
        from urllib.parse import unquote_to_bytes

        data = b64encode(unquote_to_bytes(data)).decode("ascii")
    return mime_type.strip() or "text/plain", data


def _told_by_name(place: Mapping[str, JSON], extras: Mapping[str, JSON]) -> Optional[str]:
    """Give the MIME type that OpenAI's `format` or the ending of a file's name says."""
    told = place.get("format")
    if isinstance(told, str) and told:
        return AUDIO_TYPES.get(told, told if "/" in told else f"audio/{told}")
    name = extras.get("filename")
    return TYPES_BY_ENDING.get(name.rpartition(".")[2].lower()) if isinstance(name, str) else None


def _kind_of(mime_type: str) -> str:
    family = mime_type.partition("/")[0]
    return family if family in ("image", "audio", "video") else "file"


def _text_of(content: JSON) -> Optional[str]:
    if isinstance(content, str):
        return content
    texts = [part.get("text") for part in content if isinstance(part, dict)] if isinstance(content, list) else []
    known = [text for text in texts if isinstance(text, str)]
    return "\n\n".join(known) if known else None
