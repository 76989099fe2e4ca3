"""Citations: what a request lets the model cite, and the citation that the fake makes of it.

A document with `citations.enabled` or a search result is quoted by its first words, in the form that Anthropic has for
its kind. Forms and key order from the recordings test_citations_1 and
chat_citations_…_cites_tool_results_returned_as_search_results; `char_location` and `page_location` from the docs.
"""

from __future__ import annotations

import json
from json.encoder import encode_basestring
from typing import Any, Dict, List, Optional

__all__ = ["citation"]

CHARS = (
    '{"type":"char_location","cited_text":%s,"document_index":%d,"document_title":%s,"start_char_index":0,'
    '"end_char_index":%d,"file_id":null}'
)
PAGES = (
    '{"type":"page_location","cited_text":%s,"document_index":%d,"document_title":%s,"start_page_number":1,'
    '"end_page_number":2,"file_id":null}'
)
BLOCKS = (
    '{"type":"content_block_location","cited_text":%s,"document_index":%d,"document_title":%s,"start_block_index":0,'
    '"end_block_index":1}'
)
FOUND = (
    '{"type":"search_result_location","cited_text":%s,"source":%s,"title":%s,"search_result_index":%d,'
    '"start_block_index":0,"end_block_index":1}'
)


def citation(messages: List[Dict[str, Any]]) -> Optional[str]:
    """Give the citation of the first thing that may be cited, as JSON, or None when nothing may be."""
    documents = results = 0
    for block in _blocks(messages):
        if block["type"] == "search_result":
            if _citable(block):
                text = block["content"][0]["text"] if block["content"] else ""
                return FOUND % (_quoted(text), _quoted(block["source"]), _quoted(block["title"]), results)
            results += 1
        elif block["type"] == "document":
            if _citable(block):
                return _of_document(block, documents)
            documents += 1
    return None


def _citable(block: Dict[str, Any]) -> bool:
    return bool((block.get("citations") or {}).get("enabled"))


def _blocks(messages: List[Dict[str, Any]]) -> List[Dict[str, Any]]:
    found: List[Dict[str, Any]] = []
    for message in messages:
        for block in message["content"] if isinstance(message["content"], list) else ():
            inner = block.get("content") if block["type"] == "tool_result" else None
            found += inner if isinstance(inner, list) else [block]
    return found


def _of_document(document: Dict[str, Any], index: int) -> str:
    source = document["source"]
    title = json.dumps(document.get("title"), ensure_ascii=False)
    if source["type"] == "content":
        inner = source["content"]
        texts = [inner] if isinstance(inner, str) else [one["text"] for one in inner if one["type"] == "text"]
        return BLOCKS % (_quoted(texts[0] if texts else ""), index, title)
    if source["type"] == "text":
        sentence = source["data"].partition(". ")[0]
        sentence += ". " if len(sentence) < len(source["data"]) else ""
        return CHARS % (_quoted(sentence), index, title, len(sentence))
    return PAGES % (_quoted("(a page that the fake did not read)"), index, title)


def _quoted(text: str) -> str:
    return encode_basestring(text)
