"""Requests that tests make, and the judges of what comes back."""

import subprocess
import tempfile
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtensionOID, NameOID
from cryptography.x509.verification import PolicyBuilder, Store

DATA = Path(__file__).resolve().parents[2] / "data"


@cache
def key():
    return ec.generate_private_key(ec.SECP256R1())


def name(**attributes):
    return x509.Name([x509.NameAttribute(getattr(NameOID, oid), value) for oid, value in attributes.items()])


def csr(subject=None, extensions=(), private_key=None):
    """A certification request in PEM; `extensions` holds (value, critical)."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(
        name(ORGANIZATION_NAME="Example Corp", COMMON_NAME="www.example.com") if subject is None else subject
    )
    for value, critical in extensions:
        builder = builder.add_extension(value, critical)
    return builder.sign(private_key or key(), hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def dns_csr(dns_name="www.example.com", **options):
    return csr(extensions=[(x509.SubjectAlternativeName([x509.DNSName(dns_name)]), False)], **options)


def extension(certificate, oid):
    """The extension, or None."""
    try:
        return certificate.extensions.get_extension_for_oid(oid)
    except x509.ExtensionNotFound:
        return None


def extension_bytes(certificate, oid):
    """The DER of an extension's value, whatever pyca makes of it."""
    found = extension(certificate, x509.ObjectIdentifier(oid))
    return None if found is None else found.value.public_bytes()


def key_identifier(certificate):
    return certificate.extensions.get_extension_for_oid(ExtensionOID.SUBJECT_KEY_IDENTIFIER).value.digest


def authority_key_identifier(certificate):
    return certificate.extensions.get_extension_for_oid(ExtensionOID.AUTHORITY_KEY_IDENTIFIER).value.key_identifier


def public_key_der(holder):
    return holder.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def pem_bytes(certificates):
    return b"".join(certificate.public_bytes(serialization.Encoding.PEM) for certificate in certificates)


def openssl_verify(certificate, chain, *options):
    """OpenSSL's verdict on the path from `certificate` over `chain`, whose last is the trusted root."""
    with tempfile.TemporaryDirectory() as directory:
        files = [Path(directory, name) for name in ("certificate", "untrusted", "root")]
        for path, content in zip(files, ([certificate], chain[:-1], chain[-1:])):
            path.write_bytes(pem_bytes(content))
        leaf, untrusted, root = map(str, files)
        command = ["openssl", "verify", "-x509_strict", *options, "-CAfile", root, "-no-CApath"]
        command += ["-untrusted", untrusted] if chain[:-1] else []
        outcome = subprocess.run([*command, leaf], capture_output=True, text=True, check=False)
    return outcome.returncode == 0, outcome.stdout + outcome.stderr


def assert_chains(certificate, chain):
    """Each link is signed by the next, the last by itself, and OpenSSL agrees."""
    for subject, issuer in zip([certificate, *chain], [*chain, chain[-1]]):
        subject.verify_directly_issued_by(issuer)
    valid, output = openssl_verify(certificate, chain)
    assert valid, output


def verify_server(certificate, chain, dns_name):
    """pyca's verdict under the rules of TLS; it raises."""
    verifier = PolicyBuilder().store(Store(chain[-1:])).build_server_verifier(x509.DNSName(dns_name))
    return verifier.verify(certificate, chain[:-1])
