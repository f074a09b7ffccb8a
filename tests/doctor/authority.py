"""A certificate authority of the tests' own, which issues bad certificates too."""

from __future__ import annotations

import datetime
import ipaddress
import itertools
import ssl
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from meshvoice.doctor.turn_client import trust


class Authority:
    """Signs certificates for any name."""

    def __init__(self, folder: Path, name: str = "an authority of the tests") -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name(name)
        self._certificate = (
            _builder(self._name, self._name, self._key, days=30)
            .add_extension(x509.BasicConstraints(ca=True, path_length=1), critical=True)
            .sign(self._key, hashes.SHA256())
        )
        self._serial = itertools.count()

    def between(self) -> Authority:
        """Make an authority that this one vouches for, and nobody else."""
        folder = self._folder / "between"
        folder.mkdir(exist_ok=True)
        other = Authority(folder, "an authority between")
        other._certificate = (
            _builder(other._name, self._name, other._key, days=30)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .sign(self._key, hashes.SHA256())
        )
        return other

    def trust(self) -> ssl.SSLContext:
        """Trust this authority, and no other."""
        return trust(self._pem())

    def write(self) -> Path:
        """Write the authority's own certificate."""
        path = self._folder / "authority.pem"
        path.write_text(self._pem())
        return path

    def _pem(self) -> str:
        return self._certificate.public_bytes(serialization.Encoding.PEM).decode()

    def issue(
        self, name: str, *, days: int = 30, by_itself: bool = False, chained: bool = False
    ) -> tuple[Path, Path]:
        """Write a certificate that ends in `days`, perhaps its authority's with it, and its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = _name(name)
        certificate = (
            _builder(subject, subject if by_itself else self._name, key, days=days)
            .add_extension(x509.SubjectAlternativeName([_alternative(name)]), critical=False)
            .sign(key if by_itself else self._key, hashes.SHA256())
        )
        number = next(self._serial)
        paths = self._folder / f"{number}-cert.pem", self._folder / f"{number}-key.pem"
        chain = self._pem() if chained else ""
        paths[0].write_text(certificate.public_bytes(serialization.Encoding.PEM).decode() + chain)
        paths[1].write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return paths


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, *, days: int
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=60))
        .not_valid_after(now + datetime.timedelta(days=days))
    )
