"""Fetching over TLS: certificates count, and a slow drip ends there too."""

from __future__ import annotations

import datetime
import ssl
import time
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from runs import fetch
from tests.servers import send, serve

if TYPE_CHECKING:
    from collections.abc import Iterator
    from http.server import BaseHTTPRequestHandler
    from pathlib import Path

    from tests.servers import Site


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and a certificate that it signed itself, for the name localhost."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def site(certificate: Path) -> Iterator[Site]:
    """A file and a drip behind that certificate."""

    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        while True:
            handler.wfile.write(b"x")
            handler.wfile.flush()
            time.sleep(0.02)

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    answers: dict[str, Any] = {"/file": lambda handler: send(handler, b"hello"), "/drip": drip}
    with serve(answers, tls=context) as running:
        running.address = running.address.replace("127.0.0.1", "localhost")
        yield running


def test_a_certificate_that_nobody_vouches_for_is_refused(site: Site, tmp_path: Path) -> None:
    with pytest.raises(fetch.FetchError, match="valid certificate"):
        fetch.fetch(f"{site.address}/file", tmp_path / "a", max_bytes=99, timeout=5, allow=["localhost"])


def test_a_good_certificate_must_carry_the_name(
    site: Site, certificate: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "DEFAULT_CA_BUNDLE_PATH", str(certificate))
    fetch.fetch(f"{site.address}/file", tmp_path / "a", max_bytes=99, timeout=5, allow=["localhost"])
    assert (tmp_path / "a").read_bytes() == b"hello"
    other = site.address.replace("localhost", "127.0.0.1")
    with pytest.raises(fetch.FetchError, match="valid certificate"):
        fetch.fetch(f"{other}/file", tmp_path / "b", max_bytes=99, timeout=5, allow=["127.0.0.1"])


def test_a_slow_drip_ends(site: Site, certificate: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "DEFAULT_CA_BUNDLE_PATH", str(certificate))
    began = time.monotonic()
    with pytest.raises(fetch.FetchError, match="longer than the limit"):
        fetch.fetch(f"{site.address}/drip", tmp_path / "a", max_bytes=9999, timeout=0.4, allow=["localhost"])
    assert time.monotonic() - began < 2
