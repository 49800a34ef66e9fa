"""What an authority was made with comes back, and shows in its request and its certificates."""

import pytest
from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtensionOID

import pca
from certificates import extension

SUBJECT = {
    "Country": "US",
    "Organization": "Example Corp",
    "OrganizationalUnit": "PKI",
    "DistinguishedNameQualifier": "q",
    "State": "WA",
    "CommonName": "Every Attribute",
    "SerialNumber": "17",
    "Locality": "Seattle",
    "Title": "Dr",
    "Surname": "Roe",
    "GivenName": "Jane",
    "Initials": "JR",
    "Pseudonym": "jr",
    "GenerationQualifier": "III",
}


def test_every_attribute_of_the_subject(client):
    root = pca.create_root(client, subject=SUBJECT)
    assert root.describe()["CertificateAuthorityConfiguration"]["Subject"] == SUBJECT
    assert [attribute.value for attribute in root.chain[0].subject] == list(SUBJECT.values())


def test_custom_attributes(client):
    subject = {
        "CustomAttributes": [
            {"ObjectIdentifier": "2.5.4.3", "Value": "Custom"},
            {"ObjectIdentifier": "1.3.6.1.4.1.37244.2.1", "Value": "FFF1"},
            {"ObjectIdentifier": "0.9.2342.19200300.100.1.25", "Value": "example"},
            {"ObjectIdentifier": "0.9.2342.19200300.100.1.25", "Value": "com"},
        ]
    }
    root = pca.create_root(client, subject=subject)
    assert root.describe()["CertificateAuthorityConfiguration"]["Subject"] == subject
    assert [attribute.value for attribute in root.chain[0].subject] == ["Custom", "FFF1", "example", "com"]


def test_extensions_of_the_request(client):
    wanted = {
        "KeyUsage": {"KeyCertSign": True, "CRLSign": True},
        "SubjectInformationAccess": [
            {
                "AccessMethod": {"AccessMethodType": "CA_REPOSITORY"},
                "AccessLocation": {"UniformResourceIdentifier": "http://example.com/repository"},
            },
            {
                "AccessMethod": {"CustomObjectIdentifier": "1.3.6.1.4.1.99999.1"},
                "AccessLocation": {"DnsName": "example.com"},
            },
        ],
    }
    authority = pca.create(client, configuration={"CsrExtensions": wanted})
    request = x509.load_pem_x509_csr(authority.csr().encode())
    usage = extension(request, ExtensionOID.KEY_USAGE).value
    assert usage.key_cert_sign and usage.crl_sign and not usage.digital_signature
    access = list(extension(request, ExtensionOID.SUBJECT_INFORMATION_ACCESS).value)
    assert [found.access_method.dotted_string for found in access] == ["1.3.6.1.5.5.7.48.5", "1.3.6.1.4.1.99999.1"]
    assert access[0].access_location == x509.UniformResourceIdentifier("http://example.com/repository")
    described = authority.describe()["CertificateAuthorityConfiguration"]["CsrExtensions"]
    assert described["SubjectInformationAccess"] == wanted["SubjectInformationAccess"]
    assert {usage for usage, given in described["KeyUsage"].items() if given} == {"KeyCertSign", "CRLSign"}


def test_two_access_methods_are_refused(client):
    both = {"AccessMethodType": "CA_REPOSITORY", "CustomObjectIdentifier": "1.2.3"}
    access = [{"AccessMethod": both, "AccessLocation": {"DnsName": "example.com"}}]
    with pca.refused("InvalidArgsException"):
        pca.create(client, configuration={"CsrExtensions": {"SubjectInformationAccess": access}})


def test_standard_and_custom_attributes_are_refused(client):
    subject = {"CommonName": "Both", "CustomAttributes": [{"ObjectIdentifier": "2.5.4.10", "Value": "Both"}]}
    with pca.refused("InvalidArgsException"):
        pca.create(client, subject=subject)


REVOCATION = {
    "CrlConfiguration": {
        "Enabled": True,
        "ExpirationInDays": 7,
        "S3BucketName": "example-bucket",
        "S3ObjectAcl": "BUCKET_OWNER_FULL_CONTROL",
        "CrlType": "COMPLETE",
        "CustomPath": "path/of/ours",
        "CrlDistributionPointExtensionConfiguration": {"OmitExtension": False},
    },
    "OcspConfiguration": {"Enabled": True, "OcspCustomCname": "ocsp.example.com"},
}


def locations(certificate):
    points = extension(certificate, ExtensionOID.CRL_DISTRIBUTION_POINTS)
    access = extension(certificate, ExtensionOID.AUTHORITY_INFORMATION_ACCESS)
    responders = [
        found.access_location.value
        for found in (access.value if access else [])
        if found.access_method == AuthorityInformationAccessOID.OCSP
    ]
    return [name.value for point in (points.value if points else []) for name in point.full_name], responders


def test_revocation_configuration(client, csr):
    root = pca.create_root(client, RevocationConfiguration=REVOCATION)
    described = root.describe()["RevocationConfiguration"]
    for kind, members in REVOCATION.items():
        assert members.items() <= described[kind].items()
    # A root does not point at lists that it signs itself.
    assert locations(root.chain[0]) == ([], [])
    name = root.arn.rpartition("/")[2]
    certificate, _ = root.issue(csr)
    assert locations(certificate) == (
        [f"http://example-bucket.s3.{pca.REGION}.amazonaws.com/path/of/ours/{name}.crl"],
        ["http://ocsp.example.com"],
    )


def test_revocation_configuration_is_replaced(own_root, csr):
    assert locations(own_root.issue(csr)[0]) == ([], [])
    crl = {"Enabled": True, "ExpirationInDays": 7, "S3BucketName": "example-bucket", "CustomCname": "crl.example.com"}
    own_root.update(RevocationConfiguration={"CrlConfiguration": crl})
    assert crl.items() <= own_root.describe()["RevocationConfiguration"]["CrlConfiguration"].items()
    name = own_root.arn.rpartition("/")[2]
    assert locations(own_root.issue(csr)[0]) == ([f"http://crl.example.com/crl/{name}.crl"], [])
    own_root.update(RevocationConfiguration={"OcspConfiguration": {"Enabled": True}})
    assert locations(own_root.issue(csr)[0])[1] == [f"http://ocsp.acm-pca.{pca.REGION}.amazonaws.com"]


@pytest.mark.parametrize(
    "crl",
    [
        # Enabled without a bucket; an omitted extension with a name that only it would show.
        {"Enabled": True, "ExpirationInDays": 7},
        {
            "Enabled": True,
            "ExpirationInDays": 7,
            "S3BucketName": "example-bucket",
            "CustomCname": "crl.example.com",
            "CrlDistributionPointExtensionConfiguration": {"OmitExtension": True},
        },
    ],
)
def test_contradictory_revocation_configuration(client, crl):
    with pca.refused("InvalidArgsException"):
        pca.create(client, RevocationConfiguration={"CrlConfiguration": crl})


def test_short_lived_certificates(client, csr):
    root = pca.create_root(client, UsageMode="SHORT_LIVED_CERTIFICATE")
    assert root.describe()["UsageMode"] == "SHORT_LIVED_CERTIFICATE"
    root.issue(csr, days=7)
    with pca.refused("ValidationException"):
        root.issue_arn(csr, days=8)
