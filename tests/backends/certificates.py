"""An authority of our own, made with the `openssl` command: its files stand in a temporary folder."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from pathlib import Path
from typing import Dict

import pytest

__all__ = ["Authority", "authority"]

PASSWORD = "open-sesame"

CONFIG = """
[req]
distinguished_name = name
prompt = no
[name]
CN = {common}
[authority]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[leaf]
basicConstraints = CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = serverAuth,clientAuth
subjectAltName = {names}
authorityKeyIdentifier = keyid
[ca]
default_ca = here
[here]
database = {folder}/index.txt
serial = {folder}/serial
new_certs_dir = {folder}
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
"""


class Authority:
    """A certificate authority. `file`: its certificate; `folder` holds it under its hash, too."""

    def __init__(self, folder: Path) -> None:
        self.base = folder
        self.file = str(folder / "authority.pem")
        self._key = str(folder / "authority.key")
        (folder / "index.txt").touch()
        (folder / "serial").write_text("01\n")
        config = self._config("Test authority", "DNS:none.test")
        self._run(
            "req", "-x509", *self._new_key(self._key), "-days", "30", "-out", self.file,
            "-config", config, "-extensions", "authority",
        )  # fmt: skip
        hashed = self._run("x509", "-hash", "-noout", "-in", self.file).strip()
        hashes = folder / "hashed"
        hashes.mkdir()
        shutil.copy(self.file, hashes / f"{hashed}.0")
        self.folder = str(hashes)
        self._made: Dict[str, str] = {}

    def _run(self, *arguments: str) -> str:
        done = subprocess.run(
            ["openssl", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL
        )
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode()

    def _config(self, common: str, names: str) -> str:
        path = self.base / "openssl.cnf"
        path.write_text(CONFIG.format(common=common, names=names, folder=self.base))
        return str(path)

    @staticmethod
    def _new_key(path: str) -> list[str]:
        return ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", path]

    def leaf(
        self, name: str, *, names: str = "IP:127.0.0.1,DNS:localhost", expired: bool = False, signed: bool = True
    ) -> str:
        """Give the path of a PEM file with key and certificate, made at the first use."""
        if name in self._made:
            return self._made[name]
        key, asked, certificate = (str(self.base / f"{name}.{end}") for end in ("key", "csr", "crt"))
        config = self._config(name, names)
        if signed:
            self._run("req", "-new", *self._new_key(key), "-out", asked, "-config", config)
            dates = ["-startdate", "20200101000000Z", "-enddate", "20200102000000Z"] if expired else ["-days", "30"]
            self._run(
                "ca", "-batch", "-notext", "-config", config, "-cert", self.file, "-keyfile", self._key,
                "-in", asked, "-out", certificate, "-extensions", "leaf", *dates,
            )  # fmt: skip
        else:
            self._run(
                "req", "-x509", *self._new_key(key), "-out", certificate, "-days", "30",
                "-config", config, "-extensions", "leaf",
            )  # fmt: skip
        whole = self.base / f"{name}.pem"
        whole.write_text(Path(key).read_text() + Path(certificate).read_text())
        self._made[name] = str(whole)
        return str(whole)

    def locked_key(self, name: str) -> str:
        """Give the key of `name` under `PASSWORD`."""
        path = str(self.base / f"{name}.locked")
        key = str(self.base / f"{name}.key")
        self._run("pkey", "-in", key, "-aes256", "-passout", f"pass:{PASSWORD}", "-out", path)
        return path

    def server_context(self, leaf: str = "server", *, ask_client: bool = False, **options: object) -> ssl.SSLContext:
        """Give the context of a server with the certificate of that name."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.leaf(leaf, **options))
        if ask_client:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(self.file)
        return context


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    if shutil.which("openssl") is None:
        pytest.skip("the openssl command makes this test's certificates, and it is not here")
    return Authority(tmp_path_factory.mktemp("authority"))
