"""Rows about starting: what importing costs, and a whole program from its start to the answer it prints."""

from __future__ import annotations

import os
from typing import Any, Dict, Iterator

from .measure import Bench, Figure

BARE = "pass"
FLOOR = "import json, socket"
NAIVE = "import json, urllib.request"
MINICHAT = "from minichat import ChatOpenAI"

COLD_FLOOR = """
import json, socket
body = json.dumps({{"model": "gpt-4o-mini", "messages": [{{"role": "user", "content": "hi"}}]}}).encode()
s = socket.create_connection(("127.0.0.1", {port}))
s.sendall(b"POST /whole/v1/chat/completions HTTP/1.1\\r\\nHost: x\\r\\nAuthorization: Bearer sk-bench\\r\\n"
          b"Content-Type: application/json\\r\\nContent-Length: %d\\r\\n\\r\\n" % len(body) + body)
data = b""
while b"\\r\\n\\r\\n" not in data:
    data += s.recv(65536)
head, _, data = data.partition(b"\\r\\n\\r\\n")
headers = {{}}
for line in head.split(b"\\r\\n")[1:]:
    name, _, value = line.partition(b":")
    headers[name.lower()] = value.strip()
while len(data) < int(headers[b"content-length"]):
    data += s.recv(65536)
print(json.loads(data)["choices"][0]["message"]["content"])
"""
COLD_NAIVE = """
import json, urllib.request
body = json.dumps({{"model": "gpt-4o-mini", "messages": [{{"role": "user", "content": "hi"}}]}}).encode()
headers = {{"Authorization": "Bearer sk-bench", "Content-Type": "application/json"}}
url = "http://127.0.0.1:{port}/whole/v1/chat/completions"
with urllib.request.urlopen(urllib.request.Request(url, body, headers)) as reply:
    print(json.loads(reply.read())["choices"][0]["message"]["content"])
"""
COLD_MINICHAT = """
from minichat import ChatOpenAI
model = ChatOpenAI(model="gpt-4o-mini", api_key="sk-bench", base_url="http://127.0.0.1:{port}/whole/v1")
print(model.invoke("hi").content)
"""


def imports(bench: Bench) -> Iterator[Figure]:
    """CPU of a fresh interpreter that imports, less that of one that does nothing."""
    codes = {
        "bare": BARE, "floor": FLOOR, "minichat": MINICHAT, "naive": NAIVE,
        "package": "import minichat", "three": "import json, dataclasses, typing",
    }  # fmt: skip
    found = bench.programs(codes, rounds=bench.count(15, 5))
    bare = found.pop("bare")[0]
    cost: Dict[str, Any] = {name: cpu - bare for name, (cpu, _, _) in found.items()}
    yield Figure(
        "import", "from minichat import ChatOpenAI; floor: json, socket", "ms", cost, 2.5, more={"bare": bare}
    )
    plain = {"floor": cost["three"], "minichat": cost["package"]}
    yield Figure("import-package", "import minichat; floor: json, dataclasses, typing", "ms", plain, 2.0)


def cold(bench: Bench) -> Iterator[Figure]:
    """A program from its start to one answer printed: everything, the interpreter's start included."""
    port = bench.server.base.rpartition(":")[2]
    codes = {"floor": COLD_FLOOR, "minichat": COLD_MINICHAT, "naive": COLD_NAIVE}
    codes = {name: code.format(port=port) for name, code in codes.items()}
    found = bench.programs(codes, rounds=bench.count(15, 5))
    if len({text.strip(os.linesep) for _, _, text in found.values()}) != 1:
        raise RuntimeError(f"the programs printed different answers: {found}")
    cpu: Dict[str, Any] = {name: figures[0] for name, figures in found.items()}
    wall: Dict[str, Any] = {name: figures[1] for name, figures in found.items()}
    yield Figure("cold", "process, start to one answer printed: CPU", "ms", cpu, 2.3)
    yield Figure("cold-wall", "the same: wall clock", "ms", wall, 2.3)
