"""Revocation, and the ways to write a serial number."""

import pytest

import pca
import shapes
from certificates import pem_bytes
from pca import refused


def revoke(authority, serial, reason="UNSPECIFIED"):
    authority.client.revoke_certificate(
        CertificateAuthorityArn=authority.arn, CertificateSerial=serial, RevocationReason=reason
    )


FORMS = {
    "plain": lambda serial: f"{serial:x}",
    "upper": lambda serial: f"{serial:X}",
    "pairs": pca.hex_pairs,
    "upper pairs": lambda serial: pca.hex_pairs(serial).upper(),
    "leading zeros": lambda serial: f"{serial:040x}",
    "leading pair": lambda serial: "00:" + pca.hex_pairs(serial),
}


@pytest.mark.parametrize("form", FORMS)
def test_forms_of_a_serial_number(root, csr, form):
    serial = pca.serial_of(root.issue_arn(csr))
    revoke(root, FORMS[form](serial))
    # Whatever the form was, it was this certificate.
    with refused("RequestAlreadyProcessedException"):
        revoke(root, f"{serial:x}")


@pytest.mark.parametrize("reason", shapes.shape("RevocationReason")["enum"])
def test_reasons(root, csr, reason):
    revoke(root, pca.hex_pairs(pca.serial_of(root.issue_arn(csr))), reason)


def test_what_openssl_prints(root, csr):
    """`openssl x509 -serial` prints upper case hex without colons."""
    certificate, _ = root.issue(csr)
    assert b"CERTIFICATE" in pem_bytes([certificate])
    digits = f"{certificate.serial_number:X}"
    revoke(root, digits.zfill(len(digits) + len(digits) % 2))


def test_twice(root, csr):
    serial = pca.hex_pairs(pca.serial_of(root.issue_arn(csr)))
    revoke(root, serial, "SUPERSEDED")
    with refused("RequestAlreadyProcessedException"):
        revoke(root, serial, "KEY_COMPROMISE")


def test_unknown(root):
    with refused("ResourceNotFoundException"):
        revoke(root, "12:34:56:78")


@pytest.mark.parametrize("serial", ["not hex", "0x12", "12 34", "", ":", "-12", "12:34:5g"])
def test_not_a_serial_number(root, serial):
    with refused("InvalidRequestException"):
        revoke(root, serial)


def test_of_another_authority(client, root, csr):
    serial = pca.hex_pairs(pca.serial_of(root.issue_arn(csr)))
    other = pca.create_root(client)
    with refused("ResourceNotFoundException"):
        revoke(other, serial)
    revoke(root, serial)


def test_a_root_does_not_revoke_itself(root):
    with refused("InvalidRequestException"):
        revoke(root, root.describe()["Serial"])


def test_a_subordinate_is_revoked_by_its_issuer(client, root):
    subordinate = pca.create_subordinate(client, root)
    with refused("ResourceNotFoundException", "InvalidRequestException"):
        revoke(subordinate, subordinate.describe()["Serial"])
    revoke(root, subordinate.describe()["Serial"], "CERTIFICATE_AUTHORITY_COMPROMISE")


def test_before_the_authority_is_active(pending):
    with refused("InvalidStateException"):
        revoke(pending, "12")


def test_a_revoked_certificate_is_still_shown(root, csr):
    certificate = root.issue_arn(csr)
    revoke(root, pca.hex_pairs(pca.serial_of(certificate)))
    assert root.get(certificate)["Certificate"]
