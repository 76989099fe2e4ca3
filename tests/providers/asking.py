"""See the request a model would send: the body as JSON, the headers and the URL; nothing is opened."""

import json

from minichat.backends import blocking


class Sent(BaseException):
    """Thrown in place of sending."""


def request_of(monkeypatch, model, messages="hi", /, *, stream=False, **kwargs):
    """Give (body, headers, url) of the request that this call makes."""
    seen = []

    async def send(self, request, transport, timeouts):
        seen.append((request, timeouts))
        raise Sent

    with monkeypatch.context() as patch:
        patch.setattr(blocking.Blocking, "send", send)
        try:
            list(model.stream(messages, **kwargs)) if stream else model.invoke(messages, **kwargs)
        except Sent:
            pass
    request, timeouts = seen[0]
    return Asked(request, timeouts)


class Asked:
    def __init__(self, request, timeouts):
        self.url = request.url
        self.headers = request.headers
        self.body = json.loads(request.body)
        self.raw = request.body
        self.timeouts = timeouts
