"""Reading the page in tests: ask for an address, send a form, and see the elements of what came."""

from __future__ import annotations

import http.client
import json
import re
from html.parser import HTMLParser
from urllib.parse import urlencode, urlsplit

VOID = {"br", "hr", "img", "input", "link", "meta"}


class Reader(HTMLParser):
    """Elements as (tag, attributes, text so far); complains about what is not balanced."""

    def __init__(self, markup):
        super().__init__(convert_charrefs=True)
        self.elements = []
        self.wrong = []
        self._open = []
        self.feed(markup)
        self.close()
        if self._open:
            self.wrong.append(f"not closed: {[one['tag'] for one in self._open]}")

    def handle_starttag(self, tag, attributes):
        element = {"tag": tag, "text": "", "above": [one["tag"] for one in self._open], **dict(attributes)}
        self.elements.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_endtag(self, tag):
        if not self._open or self._open[-1]["tag"] != tag:
            self.wrong.append(f"</{tag}> closes {self._open[-1]['tag'] if self._open else 'nothing'}")
            return
        self._open.pop()

    def handle_data(self, data):
        for element in self._open:
            element["text"] += data

    def all(self, tag, **attributes):
        """Give the elements with this tag whose attributes have these words in them."""
        return [
            element
            for element in self.elements
            if element["tag"] == tag
            and all(value in (element.get(name.rstrip("_")) or "").split() for name, value in attributes.items())
        ]


def ask(server, method, address, *, body=None, headers=None):
    """Give status, headers (lower case) and body of one request."""
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=20)
    try:
        connection.request(method, address, body, headers or {})
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    finally:
        connection.close()


def page(server, address, *, status=200):
    """Give a page, read; its status is checked."""
    got, headers, body = ask(server, "GET", address)
    assert got == status, body[:500]
    assert headers["content-type"] == "text/html; charset=utf-8"
    return Reader(body.decode("utf-8"))


def twin(server, address):
    """Give the JSON at an address."""
    status, _, body = ask(server, "GET", address)
    assert status == 200, body[:500]
    return json.loads(body)


def send(server, address, fields, **headers):
    """Post a form as a browser does."""
    return ask(server, "POST", address, body=urlencode(fields),
               headers={"Content-Type": "application/x-www-form-urlencoded", **headers})  # fmt: skip


def token(server, address):
    """Give the token in the forms of a page."""
    _, _, body = ask(server, "GET", address)
    return re.search(rb'name="token" value="([^"]+)"', body).group(1).decode()


def api(server, method, path, value=None):
    """Call the API as the SDK does and give the parsed answer."""
    status, _, body = ask(server, method, path, body=None if value is None else json.dumps(value),
                          headers={"x-api-key": server.key, "Content-Type": "application/json"})  # fmt: skip
    assert 200 <= status < 300, body[:500]
    return json.loads(body)


def project_address(server, name="demo"):
    return f"/projects/p/{server.store.project_named(name)['id']}"
