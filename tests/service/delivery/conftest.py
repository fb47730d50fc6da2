"""A certificate for this machine."""

from __future__ import annotations

import shutil
import ssl
import subprocess

import pytest

Contexts = tuple[ssl.SSLContext, ssl.SSLContext]


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Contexts:
    """The context of a server named localhost and 127.0.0.1, and one that trusts it alone."""
    if shutil.which("openssl") is None:
        pytest.skip("needs the openssl command to make a certificate")
    folder = tmp_path_factory.mktemp("tls")
    key, chain = folder / "key.pem", folder / "chain.pem"
    words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
    names = "subjectAltName=DNS:localhost,DNS:hook.example.org,IP:127.0.0.1"
    files = ["-keyout", str(key), "-out", str(chain)]
    subprocess.run(
        ["openssl", *words.split(), *files, "-subj", "/CN=localhost", "-addext", names],
        check=True,
        capture_output=True,
    )
    theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    theirs.load_cert_chain(chain, key)
    return theirs, ssl.create_default_context(cafile=str(chain))
