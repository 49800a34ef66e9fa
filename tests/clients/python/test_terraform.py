"""What the acceptance tests of Terraform's AWS provider expect of the live service, with the provider's own sequences of calls."""

import json
import threading
import time

import pytest
from botocore.exceptions import ClientError

import pca
from certificates import dns_csr
from terraform import (
    SELF_SIGNED,
    Certificate,
    CertificateAuthority,
    NotFound,
    Permission,
    Policy,
    import_certificate,
)

ROOT = pca.template_arn("RootCACertificate")


@pytest.fixture(scope="module")
def client():
    """The provider's SDK speaks AWS JSON."""
    return pca.client("json")


def created(client, **attributes):
    authority = CertificateAuthority(client, **attributes)
    authority.create()
    return authority


def root_certificate(client, authority):
    """The certificate of a root that is not imported yet."""
    request = authority.read()["certificate_signing_request"]
    years = {"Type": "YEARS", "Value": 5}
    return Certificate(client, authority.arn, request, template_arn=ROOT, validity=years)


@pytest.fixture
def active(client):
    authority = created(client, type="ROOT")
    import_certificate(client, authority.arn, root_certificate(client, authority).create())
    assert authority.read()["Status"] == "ACTIVE"
    return authority


def disabled(attributes):
    revocation = attributes["RevocationConfiguration"]
    return revocation["CrlConfiguration"]["Enabled"] is False and revocation["OcspConfiguration"]["Enabled"] is False


@pytest.mark.parametrize("key, signing", [("EC_prime256v1", pca.ECDSA), ("RSA_2048", "SHA512WITHRSA")])
def test_authority(client, key, signing):
    authority = CertificateAuthority(client, key_algorithm=key, signing_algorithm=signing)
    attributes = authority.create()
    assert attributes["Type"] == "SUBORDINATE" and attributes["enabled"]
    assert attributes["CertificateAuthorityConfiguration"]["Subject"] == authority.subject
    assert attributes["certificate"] == "" and attributes["certificate_chain"] == ""
    assert attributes["certificate_signing_request"].startswith("-----BEGIN CERTIFICATE REQUEST-----")
    assert attributes["KeyStorageSecurityStandard"] == "FIPS_140_2_LEVEL_3_OR_HIGHER"
    assert "Serial" not in attributes and attributes["tags"] == {}
    assert disabled(attributes)
    # A second plan finds nothing to change.
    assert authority.read() == attributes
    authority.delete()
    with pytest.raises(NotFound):
        authority.read()


def test_authority_that_disappears(client):
    authority = created(client)
    authority.delete()
    with pytest.raises(NotFound):
        authority.read()
    # Its deletion is not repeated by a provider that knows of it, and is no accident of one that does not.
    with pytest.raises(ClientError) as refused:
        authority.delete()
    assert refused.value.response["Error"]["Code"] == "InvalidStateException"
    client.restore_certificate_authority(CertificateAuthorityArn=authority.arn)
    assert authority.read()["Status"] == "PENDING_CERTIFICATE"


@pytest.mark.parametrize("activate", [False, True])
def test_revocation_configuration(client, activate):
    """Set, changed and taken away, before there is a certificate, too."""
    name = pca.unique("bucket").replace(" ", "-")
    crl = {"Enabled": True, "ExpirationInDays": 1, "S3BucketName": name}
    authority = created(client, type="ROOT", revocation_configuration={"CrlConfiguration": crl})
    if activate:
        import_certificate(client, authority.arn, root_certificate(client, authority).create())

    def shown(attributes):
        return attributes["RevocationConfiguration"]["CrlConfiguration"]

    assert shown(authority.read()) == {**crl, "S3ObjectAcl": "PUBLIC_READ"}
    for change in ({"CustomCname": "crl.example.com"}, {"ExpirationInDays": 2}, {"S3ObjectAcl": "BUCKET_OWNER_FULL_CONTROL"}):
        configuration = {"CrlConfiguration": {**crl, **change}}
        found = authority.update(revocation_configuration=configuration)
        assert shown(found) == {"S3ObjectAcl": "PUBLIC_READ", **crl, **change}
    ocsp = {"Enabled": True, "OcspCustomCname": "ocsp.example.com"}
    found = authority.update(revocation_configuration={"OcspConfiguration": ocsp})
    assert found["RevocationConfiguration"]["OcspConfiguration"] == ocsp
    nothing = {"CrlConfiguration": {"Enabled": False}, "OcspConfiguration": {"Enabled": False}}
    assert disabled(authority.update(revocation_configuration=nothing))
    # What changes nothing but the time of deletion is an update without members.
    assert disabled(authority.update())
    authority.delete()


def test_enabled(active):
    assert not active.update(enabled=False)["enabled"]
    attributes = active.update(enabled=True)
    assert attributes["enabled"] and attributes["certificate"] and attributes["Serial"]
    active.delete()


def test_deleted_while_active(active):
    active.delete()
    with pytest.raises(NotFound):
        active.read()


def test_tags(client):
    authority = created(client, tags={"key1": "value1"})
    assert authority.read()["tags"] == {"key1": "value1"}
    for tags in ({"key1": "changed", "key2": "value2"}, {"key2": "value2"}, {"empty": ""}, {}):
        assert authority.update_tags(tags)["tags"] == tags
    authority.delete()


def test_root_certificate(client):
    authority = created(client, type="ROOT")
    certificate = root_certificate(client, authority)
    attributes = certificate.create()
    assert certificate.retries == 0
    assert attributes["certificate_chain"] == ""
    assert certificate.arn.startswith(f"{authority.arn}/certificate/")
    # Destroyed before it is imported: the provider goes on, whatever is said.
    imported = import_certificate(client, authority.arn, attributes)
    assert imported["Certificate"] == attributes["certificate"]
    certificate.revoke()
    assert certificate.read() == attributes
    authority.delete()


def test_words_for_a_root_that_would_be_revoked(active):
    with pca.refused("InvalidRequestException", words=SELF_SIGNED):
        active.client.revoke_certificate(
            CertificateAuthorityArn=active.arn, CertificateSerial=active.read()["Serial"], RevocationReason="UNSPECIFIED"
        )


def test_certificate_that_waits_for_the_import(client):
    """Issued in parallel to the activation: retried, as the provider does, until the authority is active."""
    authority = created(client, type="ROOT")
    own = root_certificate(client, authority).create()
    leaf = Certificate(client, authority.arn, dns_csr().decode())
    worker = threading.Thread(target=leaf.create)
    worker.start()
    deadline = time.monotonic() + 30
    while leaf.retries == 0 and time.monotonic() < deadline:
        time.sleep(0.05)
    import_certificate(client, authority.arn, own)
    worker.join(60)
    assert leaf.retries > 0 and leaf.arn is not None
    assert leaf.read()["certificate_chain"] == own["certificate"]
    authority.delete()


def test_subordinate(client, active):
    subordinate = created(client)
    issued = Certificate(
        client,
        active.arn,
        subordinate.read()["certificate_signing_request"],
        template_arn=pca.template_arn("SubordinateCACertificate_PathLen0"),
    ).create()
    imported = import_certificate(client, subordinate.arn, issued)
    assert imported["CertificateChain"] == issued["certificate_chain"] == active.read()["certificate"]
    assert subordinate.read()["Status"] == "ACTIVE"
    subordinate.delete()
    active.delete()


@pytest.mark.parametrize("validity", ["DAYS", "END_DATE", "ABSOLUTE"])
def test_end_entity_certificate(client, active, validity):
    later = time.time() + 600
    value = {"DAYS": 1, "ABSOLUTE": int(later), "END_DATE": int(time.strftime("%Y%m%d%H%M%S", time.gmtime(later)))}
    certificate = Certificate(client, active.arn, dns_csr().decode(), validity={"Type": validity, "Value": value[validity]})
    attributes = certificate.create()
    assert attributes["certificate_chain"] == active.read()["certificate"]
    certificate.revoke()
    certificate.revoke()
    # A revoked certificate is still read.
    assert certificate.read() == attributes
    active.delete()


def test_data_sources_of_nothing(client):
    """The provider's tests ask for identifiers that are not UUIDs."""
    nobody = pca.NOBODY.rpartition("/")[0]
    with pytest.raises(NotFound):
        CertificateAuthority(client, arn=f"{nobody}/tf-acc-test-does-not-exist").find()
    missing = f"{nobody}/does-not-exist"
    with pytest.raises(NotFound):
        Certificate(client, missing, "", arn=f"{missing}/certificate/does-not-exist").read()


def test_list_of_authorities(client):
    authority = created(client)
    pages = client.get_paginator("list_certificate_authorities").paginate()
    assert authority.arn in [one["Arn"] for page in pages for one in page["CertificateAuthorities"]]
    authority.delete()


@pytest.mark.parametrize("source_account", ["", "123456789012"])
def test_permission(client, source_account):
    authority = created(client)
    permission = Permission(client, authority.arn, source_account=source_account)
    attributes = permission.create()
    assert sorted(attributes["Actions"]) == sorted(permission.actions)
    assert attributes["SourceAccount"] == authority.arn.split(":")[4]
    (statement,) = json.loads(attributes["Policy"])["Statement"]
    assert statement["Principal"] == {"Service": "acm.amazonaws.com"} and statement["Resource"] == authority.arn
    permission.delete()
    permission.delete()
    with pytest.raises(NotFound):
        permission.read()
    permission.create()
    authority.delete()
    with pytest.raises(NotFound):
        permission.read()


def test_policy(client):
    authority = created(client)
    policy = Policy(client, authority.arn)
    statement = {
        "Sid": "1",
        "Effect": "Allow",
        "Principal": {"AWS": "123456789012"},
        "Action": ["acm-pca:DescribeCertificateAuthority", "acm-pca:GetCertificate"],
        "Resource": authority.arn,
    }
    given = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    assert json.loads(policy.put(given)) == json.loads(given)
    policy.delete()
    with pytest.raises(NotFound):
        policy.read()
    policy.delete()
    authority.delete()
