"""Root, two subordinates and certificates under them, as verifiers see them."""

import pytest
from cryptography.x509.verification import VerificationError

import pca
from certificates import (
    assert_chains,
    authority_key_identifier,
    dns_csr,
    key_identifier,
    name,
    pem_bytes,
    verify_server,
)
from certificates import (
    csr as request_of,
)
from pca import refused


@pytest.fixture(scope="module")
def levels(client):
    root = pca.create_root(client)
    policy = pca.create_subordinate(client, root, path_len=1)
    issuing = pca.create_subordinate(client, policy, path_len=0, days=900)
    return root, policy, issuing


def test_three_levels(levels):
    root, policy, issuing = levels
    certificate, chain = issuing.issue(dns_csr())
    # From the issuer up to the root.
    assert chain == [issuing.chain[0], policy.chain[0], root.chain[0]]
    assert_chains(certificate, chain)
    verify_server(certificate, chain, "www.example.com")
    with pytest.raises(VerificationError):
        verify_server(certificate, chain, "other.example.com")
    for subject, issuer in zip([certificate, *chain], chain):
        assert subject.issuer == issuer.subject
        assert authority_key_identifier(subject) == key_identifier(issuer)


def test_what_authorities_say_of_themselves(client, levels):
    root, policy, issuing = levels
    for position, authority in enumerate((root, policy, issuing)):
        own = client.get_certificate_authority_certificate(CertificateAuthorityArn=authority.arn)
        assert pca.pem(own["Certificate"]) == authority.chain[0]
        assert len(authority.chain) == position + 1
        assert pca.chain(own.get("CertificateChain")) == authority.chain[1:]
        assert not own.get("CertificateChain", "").endswith("\n")
        assert authority.describe()["Serial"] == pca.hex_pairs(authority.chain[0].serial_number)


def test_the_certificate_below_the_root(levels):
    root, _, _ = levels
    certificate, chain = root.issue(dns_csr())
    assert chain == [root.chain[0]]
    assert_chains(certificate, chain)
    verify_server(certificate, chain, "www.example.com")


@pytest.mark.parametrize("level, path_len", [(1, 1), (1, 2), (2, 0)])
def test_no_room_in_the_path(levels, level, path_len):
    with refused("ValidationException"):
        levels[level].issue_arn(dns_csr(), f"SubordinateCACertificate_PathLen{path_len}")


def test_no_certificate_outlives_its_issuer(levels):
    issuing = levels[2]
    end = int(issuing.chain[0].not_valid_after_utc.timestamp())
    certificate, _ = issuing.issue(dns_csr(), Validity={"Value": end, "Type": "ABSOLUTE"})
    assert certificate.not_valid_after_utc == issuing.chain[0].not_valid_after_utc
    with refused("ValidationException"):
        issuing.issue_arn(dns_csr(), Validity={"Value": end + 1, "Type": "ABSOLUTE"})
    with refused("ValidationException"):
        issuing.issue_arn(dns_csr(), days=901)


def test_root_templates_are_for_roots(levels):
    with refused("InvalidArgsException"):
        levels[1].issue_arn(levels[1].csr().encode(), "RootCACertificate")


def test_two_subordinates_do_not_mix(client, levels):
    root, policy, issuing = levels
    other = pca.create(client, "SUBORDINATE")
    other.wait_for_csr()
    with refused("CertificateMismatchException"):
        other.import_certificate(pem_bytes(issuing.chain[:1]), pem_bytes(issuing.chain[1:]))
    own = root.get(root.issue_arn(other.csr().encode(), "SubordinateCACertificate_PathLen0"))
    # The chain of another branch does not lead anywhere.
    with refused("MalformedCertificateException", "CertificateMismatchException", "InvalidRequestException"):
        other.import_certificate(own["Certificate"].encode(), pem_bytes(policy.chain))
    assert other.status() == "PENDING_CERTIFICATE"
    other.import_certificate(own["Certificate"].encode(), own["CertificateChain"].encode())
    assert other.status() == "ACTIVE"


def test_imports_that_are_refused(client, levels):
    root, policy, _ = levels
    other = pca.create(client, "SUBORDINATE")
    own = root.get(root.issue_arn(other.csr().encode(), "SubordinateCACertificate_PathLen0"))
    leaf, _ = root.issue(other.csr().encode(), "EndEntityCertificate")
    root_pem = pem_bytes(root.chain)
    with refused("InvalidRequestException"):
        other.import_certificate(own["Certificate"].encode())
    with refused("MalformedCertificateException"):
        other.import_certificate(b"not a certificate", root_pem)
    with refused("MalformedCertificateException"):
        other.import_certificate(own["Certificate"].encode(), b"not a certificate")
    with refused("MalformedCertificateException"):
        other.import_certificate(pem_bytes([leaf]), root_pem)
    with refused("MalformedCertificateException", "InvalidRequestException"):
        other.import_certificate(own["Certificate"].encode() + b"\n" + root_pem, root_pem)
    assert other.status() == "PENDING_CERTIFICATE"


def test_a_subordinate_of_another_service(client, levels):
    """The chain may end anywhere: here the key of the subordinate's parent was never the service's."""
    from datetime import UTC, datetime, timedelta

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP384R1())
    now = datetime.now(UTC)
    outside = name(COMMON_NAME="Offline Root")

    def sign(subject, public_key, path_len, days):
        usage = dict.fromkeys(
            "digital_signature content_commitment key_encipherment data_encipherment key_agreement encipher_only "
            "decipher_only".split(),
            False,
        )
        return (
            x509.CertificateBuilder(outside, subject, public_key, x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(days=days))
            .add_extension(x509.BasicConstraints(True, path_len), True)
            .add_extension(x509.KeyUsage(**usage, key_cert_sign=True, crl_sign=True), True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), False)
            .sign(key, hashes.SHA384())
        )

    anchor = sign(outside, key.public_key(), None, 400)
    other = pca.create(client, "SUBORDINATE")
    request = x509.load_pem_x509_csr(other.csr().encode())
    own = sign(request.subject, request.public_key(), 0, 200)
    other.import_certificate(pem_bytes([own]), pem_bytes([anchor]))
    assert other.describe()["Serial"] == pca.hex_pairs(own.serial_number)
    certificate, chain = other.issue(request_of(), "EndEntityCertificate")
    assert chain == [own, anchor]
    assert_chains(certificate, chain)
