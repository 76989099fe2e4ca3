"""Media blocks: every shape in which users write them, and the one value that comes of each."""

from __future__ import annotations

import pytest

from minichat.errors import ConfigurationError
from minichat.protocols.blocks import read_media

PNG = {"base64": "QUJD", "mime_type": "image/png"}
PDF = {"base64": "QUJD", "mime_type": "application/pdf"}
WEB = {"url": "https://example.org/a.png"}

# the block -> kind, place, extras
SHAPES = {
    "LangChain's image by URL": ({"type": "image", **WEB}, "image", WEB, {}),
    "LangChain's image": ({"type": "image", **PNG}, "image", PNG, {}),
    "LangChain's image, held by the provider": (
        {"type": "image", "file_id": "f1"},
        "image",
        {"file_id": "f1"},
        {},
    ),
    "LangChain's image with id and index": (
        {"type": "image", "id": "lc_1", "index": 0, **PNG},
        "image",
        PNG,
        {},
    ),
    "LangChain's older image": (
        {"type": "image", "source_type": "base64", "data": "QUJD", "mime_type": "image/png"},
        "image",
        PNG,
        {},
    ),
    "LangChain's older image by URL": ({"type": "image", "source_type": "url", **WEB}, "image", WEB, {}),
    "LangChain's older file by id": (
        {"type": "file", "source_type": "id", "id": "f1"},
        "file",
        {"file_id": "f1"},
        {},
    ),
    "LangChain's older text": (
        {"type": "file", "source_type": "text", "text": "hi", "mime_type": "text/plain"},
        "text",
        {"text": "hi", "mime_type": "text/plain"},
        {},
    ),
    "LangChain's plain text": (
        {"type": "text-plain", "text": "hi", "title": "T"},
        "text",
        {"text": "hi", "mime_type": "text/plain"},
        {"title": "T"},
    ),
    "LangChain's file with extras": (
        {"type": "file", **PDF, "extras": {"filename": "a.pdf"}},
        "file",
        PDF,
        {"filename": "a.pdf"},
    ),
    "LangChain's older metadata": (
        {"type": "file", **PDF, "metadata": {"cache_control": {"type": "ephemeral"}}},
        "file",
        PDF,
        {"cache_control": {"type": "ephemeral"}},
    ),
    "LangChain's audio": (
        {"type": "audio", "base64": "QUJD", "mime_type": "audio/wav"},
        "audio",
        {"base64": "QUJD", "mime_type": "audio/wav"},
        {},
    ),
    "LangChain's video": (
        {"type": "video", "url": "https://example.org/v"},
        "video",
        {"url": "https://example.org/v"},
        {},
    ),
    "OpenAI's image": (
        {"type": "image_url", "image_url": {**WEB, "detail": "low"}},
        "image",
        WEB,
        {"detail": "low"},
    ),
    "OpenAI's image, the URL alone": ({"type": "image_url", "image_url": WEB["url"]}, "image", WEB, {}),
    "OpenAI's image as data": (
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,QUJD"}},
        "image",
        PNG,
        {},
    ),
    "Responses' image": (
        {"type": "input_image", "image_url": WEB["url"], "detail": "high"},
        "image",
        WEB,
        {"detail": "high"},
    ),
    "Responses' image by id": ({"type": "input_image", "file_id": "f1"}, "image", {"file_id": "f1"}, {}),
    "OpenAI's audio": (
        {"type": "input_audio", "input_audio": {"data": "QUJD", "format": "mp3"}},
        "audio",
        {"base64": "QUJD", "mime_type": "audio/mpeg"},
        {},
    ),
    "OpenAI's file": (
        {"type": "file", "file": {"file_data": "data:application/pdf;base64,QUJD", "filename": "a.pdf"}},
        "file",
        PDF,
        {"filename": "a.pdf"},
    ),
    "OpenAI's file, bare data": (
        {"type": "file", "file": {"file_data": "QUJD", "filename": "a.PDF"}},
        "file",
        PDF,
        {"filename": "a.PDF"},
    ),
    "OpenAI's file by id": ({"type": "file", "file": {"file_id": "f1"}}, "file", {"file_id": "f1"}, {}),
    "Responses' file by URL": (
        {"type": "input_file", "file_url": WEB["url"]},
        "file",
        WEB,
        {},
    ),
    "Responses' file": (
        {"type": "input_file", "file_data": "data:application/pdf;base64,QUJD", "filename": "a.pdf"},
        "file",
        PDF,
        {"filename": "a.pdf"},
    ),
    "Anthropic's image": (
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "QUJD"}},
        "image",
        PNG,
        {},
    ),
    "Anthropic's image by URL": ({"type": "image", "source": {"type": "url", **WEB}}, "image", WEB, {}),
    "Anthropic's document by id": (
        {"type": "document", "source": {"type": "file", "file_id": "f1"}, "title": "T"},
        "file",
        {"file_id": "f1"},
        {"title": "T"},
    ),
    "Anthropic's plain text": (
        {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "hi"}},
        "text",
        {"text": "hi", "mime_type": "text/plain"},
        {},
    ),
    "Anthropic's document of blocks": (
        {
            "type": "document",
            "source": {"type": "content", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]},
            "citations": {"enabled": True},
        },
        "text",
        {"text": "a\n\nb", "mime_type": "text/plain"},
        {"citations": {"enabled": True}},
    ),
    "Google's media": (
        {"type": "media", "mime_type": "image/png", "data": b"ABC"},
        "image",
        PNG,
        {},
    ),
    "Google's file": (
        {"type": "media", "mime_type": "application/pdf", "file_uri": "gs://a/b"},
        "file",
        {"url": "gs://a/b", "mime_type": "application/pdf"},
        {},
    ),
    "Mistral's document": ({"type": "document_url", "document_url": WEB["url"]}, "file", WEB, {}),
    "Mistral's audio": (
        {"type": "input_audio", "input_audio": "https://example.org/a.mp3"},
        "audio",
        {"url": "https://example.org/a.mp3"},
        {},
    ),
    "a data URL of percent signs": (
        {"type": "file", "url": "data:text/plain,a%20b"},
        "file",
        {"base64": "YSBi", "mime_type": "text/plain"},
        {},
    ),
    "a data URL with a charset": (
        {"type": "file", "url": "data:text/csv;charset=utf-8;base64,QUJD"},
        "file",
        {"base64": "QUJD", "mime_type": "text/csv"},
        {},
    ),
    "a generic data URL whose type the block knows better": (
        {"type": "file", "url": "data:application/octet-stream;base64,QUJD", "mime_type": "application/pdf"},
        "file",
        PDF,
        {},
    ),
}


@pytest.mark.parametrize("name", SHAPES)
def test_a_media_block_is_read_from_every_shape(name):
    block, kind, place, extras = SHAPES[name]
    media = read_media(block)
    found = {field: getattr(media, field) for field in ("url", "base64", "file_id", "text", "mime_type")}
    assert media.kind == kind
    assert {field: value for field, value in found.items() if value is not None} == place
    assert media.extras == extras


@pytest.mark.parametrize(
    "block",
    [{"type": "text", "text": "hi"}, {"type": "tool_use", "id": "1"}, {"type": "brand_new"}, {}, {"type": ["image"]}],
)
def test_what_is_no_medium_is_none(block):
    assert read_media(block) is None


@pytest.mark.parametrize(
    "block, said",
    [
        ({"type": "image"}, "needs 'url'"),
        ({"type": "image_url", "image_url": {"detail": "low"}}, "needs 'url'"),
        ({"type": "image", "base64": "QUJD"}, "mime_type"),
        ({"type": "image", "url": "data:image/png"}, "comma"),
    ],
)
def test_a_medium_without_a_place_is_refused(block, said):
    with pytest.raises(ConfigurationError, match=said):
        read_media(block)


def test_the_address_is_the_url_or_the_data_as_url():
    assert read_media({"type": "image", **PNG}).address == "data:image/png;base64,QUJD"
    assert read_media({"type": "image", **WEB}).address == WEB["url"]
    assert read_media({"type": "image", "file_id": "f1"}).address is None


def test_the_name_of_a_file_is_its_file_name_or_title():
    assert read_media({"type": "file", **PDF, "filename": "a.pdf"}).name == "a.pdf"
    assert read_media({"type": "text-plain", "text": "x", "title": "T"}).name == "T"
    assert read_media({"type": "file", **PDF}).name is None
