"""Forms as a browser has them: read from a page, filled in by the names that stand there, sent where they say."""

from __future__ import annotations

from html.parser import HTMLParser
from urllib.parse import urlencode, urljoin

from tests.fakes.langsmith.page_reading import ask


class Form:
    """One form: `method`, `action`, `fields` ([name, value] as they would go now), `choices`, and `boxes` to tick."""

    def __init__(self, attributes):
        self.method = (attributes.get("method") or "get").lower()
        self.action = attributes.get("action")
        self.fields = []
        self.choices = {}
        self.boxes = []
        self.buttons = 0

    def fill(self, **values):
        """Write into fields that are there; a select takes what it offers."""
        for name, value in values.items():
            places = [place for place, (known, _) in enumerate(self.fields) if known == name]
            assert len(places) == 1, (name, self.fields)
            assert name not in self.choices or value in self.choices[name], (name, value, self.choices[name])
            self.fields[places[0]] = [name, value]
        return self

    def tick(self, name, *values):
        """Tick the boxes of this name with these values."""
        for value in values:
            assert [name, value] in self.boxes, (name, value, self.boxes)
            self.fields.append([name, value])
        return self

    def value(self, name):
        [value] = [value for known, value in self.fields if known == name]
        return value

    def send(self, server, page):
        """Press its button on the page at this address; give status, headers and body."""
        assert self.buttons, "there is no button that sends it"
        address = urljoin(page, self.action or page)
        text = urlencode([(name, value.replace("\r\n", "\n").replace("\n", "\r\n")) for name, value in self.fields])
        if self.method == "get":
            return ask(server, "GET", address.partition("?")[0] + "?" + text)
        return ask(server, "POST", address, body=text, headers={
            "Content-Type": "application/x-www-form-urlencoded", "Origin": server.url, "Sec-Fetch-Site": "same-origin",
        })  # fmt: skip


class _Reader(HTMLParser):
    def __init__(self, markup):
        super().__init__(convert_charrefs=True)
        self.forms = []
        self._form = self._select = self._area = None
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag, pairs):
        attributes = dict(pairs)
        form = self._form
        if tag == "form":
            assert form is None, "a form in a form"
            self._form = Form(attributes)
            self.forms.append(self._form)
        elif form is None:
            return
        elif tag == "input" and attributes.get("name"):
            row = [attributes["name"], attributes.get("value") or ""]
            if attributes.get("type") == "checkbox":
                form.boxes.append([row[0], attributes.get("value", "on")])
                if "checked" in attributes:
                    form.fields.append(form.boxes[-1])
            else:
                form.fields.append(row)
        elif tag == "select":
            self._select = [attributes.get("name"), None]
            form.choices[attributes.get("name")] = []
        elif tag == "option" and self._select:
            value = attributes.get("value", "")
            form.choices[self._select[0]].append(value)
            if self._select[1] is None or "selected" in attributes:
                self._select[1] = value
        elif tag == "textarea":
            self._area = [attributes.get("name"), ""]
        elif tag == "button":
            form.buttons += attributes.get("type", "submit") == "submit"

    def handle_data(self, data):
        if self._area:
            self._area[1] += data

    def handle_endtag(self, tag):
        if tag == "form":
            self._form = None
        elif tag == "select" and self._select:
            self._form.fields.append(self._select)
            self._select = None
        elif tag == "textarea" and self._area:
            name, text = self._area
            self._form.fields.append([name, text[1:] if text[:1] == "\n" else text])
            self._area = None


def form(server, page, ending):
    """Give the one form of a page whose action ends so."""
    status, _, body = ask(server, "GET", page)
    assert status == 200, body[:300]
    [found] = [one for one in _Reader(body.decode()).forms if (one.action or page).endswith(ending)]
    return found
