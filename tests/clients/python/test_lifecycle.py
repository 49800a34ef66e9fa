"""An authority from its creation to its deletion and back."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509

import pca
from certificates import extension, public_key_der
from pca import refused


def test_a_new_authority(client):
    before = datetime.now(UTC) - timedelta(seconds=2)
    subject = {"Country": "US", "Organization": "Example Corp", "CommonName": "New Root"}
    authority = pca.create(
        client,
        subject=subject,
        Tags=[{"Key": "made", "Value": "here"}],
        KeyStorageSecurityStandard="FIPS_140_2_LEVEL_3_OR_HIGHER",
    )
    authority.wait_for_csr()
    described = authority.describe()
    assert described["Arn"] == authority.arn
    assert described["OwnerAccount"] == authority.arn.split(":")[4]
    assert described["Type"] == "ROOT"
    assert described["Status"] == "PENDING_CERTIFICATE"
    assert described["UsageMode"] == "GENERAL_PURPOSE"
    assert described["KeyStorageSecurityStandard"] == "FIPS_140_2_LEVEL_3_OR_HIGHER"
    assert described["CertificateAuthorityConfiguration"]["KeyAlgorithm"] == "EC_prime256v1"
    assert described["CertificateAuthorityConfiguration"]["SigningAlgorithm"] == "SHA256WITHECDSA"
    assert described["CertificateAuthorityConfiguration"]["Subject"] == subject
    for member in ("CreatedAt", "LastStateChangeAt"):
        assert before <= described[member] <= datetime.now(UTC) + timedelta(seconds=2)
    assert not {"NotBefore", "NotAfter", "Serial", "RestorableUntil", "FailureReason"} & described.keys()


def test_its_request(pending):
    request = x509.load_pem_x509_csr(pending.csr().encode())
    assert request.is_signature_valid
    assert request.subject.rfc4514_string().endswith("O=Example Corp")
    constraints = extension(request, x509.BasicConstraints.oid)
    assert constraints.critical and constraints.value.ca


def test_the_ceremony_of_a_root(pending):
    issued = pending.get(pending.issue_arn(pending.csr().encode(), "RootCACertificate", days=3650))
    assert pending.status() == "PENDING_CERTIFICATE"
    assert "CertificateChain" not in issued
    pending.import_certificate(issued["Certificate"].encode())

    certificate = pca.pem(issued["Certificate"])
    certificate.verify_directly_issued_by(certificate)
    request = x509.load_pem_x509_csr(pending.csr().encode())
    assert public_key_der(certificate) == public_key_der(request)
    described = pending.describe()
    assert described["Status"] == "ACTIVE"
    assert described["NotBefore"] == certificate.not_valid_before_utc
    assert described["NotAfter"] == certificate.not_valid_after_utc
    assert described["Serial"] == pca.hex_pairs(certificate.serial_number)

    own = pending.client.get_certificate_authority_certificate(CertificateAuthorityArn=pending.arn)
    assert own["Certificate"] == issued["Certificate"]
    assert "CertificateChain" not in own
    assert not issued["Certificate"].endswith("\n")


def test_nothing_but_its_own_certificate_before_it_is_active(pending, csr):
    words = "The certificate authority is not in a valid state for issuing certificates"
    with refused("InvalidStateException", words=words):
        pending.issue_arn(csr)
    with refused("InvalidStateException", words=words):
        pending.issue_arn(csr, "SubordinateCACertificate_PathLen0")
    with refused("InvalidArgsException"):
        pending.issue_arn(csr, "RootCACertificate")


def test_questions_that_come_too_early(client, pending):
    with refused("InvalidStateException"):
        client.get_certificate_authority_certificate(CertificateAuthorityArn=pending.arn)
    words = f"The certificate authority {pending.arn} is not in the correct state to have issued certificates."
    with refused("InvalidStateException", words=words):
        pending.get(f"{pending.arn}/certificate/1234")


def test_disabled_and_enabled(own_root, csr):
    own_root.update(Status="DISABLED")
    assert own_root.status() == "DISABLED"
    with refused("InvalidStateException", words="is not in a valid state for issuing certificates"):
        own_root.issue_arn(csr)
    own_root.update(Status="ACTIVE")
    assert own_root.status() == "ACTIVE"
    own_root.issue(csr)


def test_a_disabled_authority_still_shows_what_it_issued(own_root, csr):
    certificate = own_root.issue_arn(csr)
    own_root.update(Status="DISABLED")
    assert own_root.get(certificate)["Certificate"]


@pytest.mark.parametrize("status", ["CREATING", "PENDING_CERTIFICATE", "DELETED", "EXPIRED", "FAILED"])
def test_other_states_cannot_be_set(root, status):
    with refused("InvalidArgsException"):
        root.update(Status=status)


def test_a_pending_authority_cannot_be_updated(pending):
    with refused("InvalidStateException"):
        pending.update(Status="ACTIVE")


def test_deleted_and_restored_as_it_was(own_root):
    own_root.update(Status="DISABLED")
    before = datetime.now(UTC)
    own_root.delete(PermanentDeletionTimeInDays=7)
    described = own_root.describe()
    assert described["Status"] == "DELETED"
    assert abs(described["RestorableUntil"] - before - timedelta(days=7)) < timedelta(minutes=1)
    own_root.client.restore_certificate_authority(CertificateAuthorityArn=own_root.arn)
    described = own_root.describe()
    assert described["Status"] == "DISABLED"
    assert "RestorableUntil" not in described
    own_root.update(Status="ACTIVE")


def test_a_pending_authority_is_restored_pending(pending):
    before = datetime.now(UTC)
    pending.delete()
    assert abs(pending.describe()["RestorableUntil"] - before - timedelta(days=30)) < timedelta(minutes=1)
    pending.client.restore_certificate_authority(CertificateAuthorityArn=pending.arn)
    assert pending.status() == "PENDING_CERTIFICATE"


def test_an_active_authority_cannot_be_deleted(root):
    with refused("InvalidStateException"):
        root.delete()
    assert root.status() == "ACTIVE"


def test_only_the_deleted_can_be_restored(client, root):
    with refused("InvalidStateException"):
        client.restore_certificate_authority(CertificateAuthorityArn=root.arn)


def test_a_deleted_authority_does_nothing(client, pending, csr):
    pending.delete()
    with refused("InvalidStateException"):
        pending.delete()
    with refused("InvalidStateException"):
        pending.update(Status="ACTIVE")
    with refused("InvalidStateException"):
        pending.issue_arn(csr)
    with refused("InvalidStateException"):
        pending.import_certificate(b"anything")
    with refused("InvalidStateException"):
        client.get_certificate_authority_csr(CertificateAuthorityArn=pending.arn)
    with refused("InvalidStateException"):
        client.tag_certificate_authority(CertificateAuthorityArn=pending.arn, Tags=[{"Key": "a"}])


def test_a_root_is_renewed(own_root):
    old = own_root.chain[0]
    own = own_root.get(own_root.issue_arn(own_root.csr().encode(), "RootCACertificate", days=7300))
    own_root.import_certificate(own["Certificate"].encode())
    described = own_root.describe()
    assert described["Status"] == "ACTIVE"
    assert described["NotAfter"] > old.not_valid_after_utc
