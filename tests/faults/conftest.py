"""No proxy, key or address of the machine's environment reaches these tests; certificates on demand."""

from __future__ import annotations

import os
import random
import shutil
import ssl
import subprocess

import pytest

PROVIDERS = ("OPENAI_", "ANTHROPIC_", "MISTRAL_", "FIREWORKS_", "GOOGLE_", "GEMINI_", "TOGETHER_")


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch):
    for name in list(os.environ):
        if name.lower().endswith("_proxy") or name.startswith(PROVIDERS + ("SSL_CERT_",)):
            monkeypatch.delenv(name)
    monkeypatch.setattr(random, "random", lambda: 0.0)  # pauses without jitter


class Certificate:
    """A self-signed certificate: `file` (PEM, with key) and `context`, a server's SSLContext with it."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(file)


@pytest.fixture(scope="session")
def certificates(tmp_path_factory):
    """Self-signed certificates by name: "here" is for 127.0.0.1, "elsewhere" for another host."""
    if shutil.which("openssl") is None:
        pytest.skip("the openssl command is missing; it makes the certificate")
    folder = tmp_path_factory.mktemp("certificates")
    made = {}
    for name, subject in {"here": "IP:127.0.0.1", "elsewhere": "DNS:elsewhere.invalid"}.items():
        key, certificate = folder / f"{name}.key", folder / f"{name}.crt"
        command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=faults".split()
        command += ["-keyout", str(key), "-out", str(certificate), "-addext", f"subjectAltName={subject}"]
        subprocess.run(command, check=True, capture_output=True)
        both = folder / f"{name}.pem"
        both.write_bytes(key.read_bytes() + certificate.read_bytes())
        made[name] = Certificate(str(both))
    return made
