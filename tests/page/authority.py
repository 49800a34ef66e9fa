"""What the page is to show: authorities, certificates and hostile names, all through boto3."""

import warnings

import boto3
from botocore.config import Config
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

SCRIPT = "<script>window.ran = 1</script>"
QUOTES = "\"'><img src=x onerror=window.ran=1>"
TURNED = "invoice\u202egpj.exe"
HEBREW = "\u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627"
# About as long as a certification request may be; over 64 KB as text, since each override of direction is written as nine characters.
LONG = "W" * 1_000 + "\u202e" * 7_300
LONG_AS_TEXT = "W" * 1_000 + "\\E2\\80\\AE" * 7_300


def client(endpoint):
    return boto3.client(
        "acm-pca",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="AKIAIOSFODNN7EXAMPLE",
        aws_secret_access_key="wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        config=Config(retries={"max_attempts": 1}),
    )


def csr(common_name=None, organization=None, extensions=()):
    attributes = []
    for kind, text in ((NameOID.ORGANIZATION_NAME, organization), (NameOID.COMMON_NAME, common_name)):
        if text is not None:
            with warnings.catch_warnings():
                # Longer than RFC 5280 allows, as the service takes it.
                warnings.simplefilter("ignore")
                attributes.append(x509.NameAttribute(kind, text, _validate=False))
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name(attributes))
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    signed = builder.sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.PEM)


class Authorities:
    def __init__(self, endpoint):
        self.pca = client(endpoint)
        self.root = self.create("ROOT", "Page Root")
        self.import_own(self.root, self.root, "RootCACertificate", 10)
        self.subordinate = self.create("SUBORDINATE", f"Page Issuing {SCRIPT}")
        self.import_own(self.subordinate, self.root, "SubordinateCACertificate_PathLen0", 5)

    def create(self, kind, name):
        tags = [{"Key": "team", "Value": HEBREW}] if kind == "SUBORDINATE" else []
        arn = self.pca.create_certificate_authority(
            CertificateAuthorityConfiguration={
                "KeyAlgorithm": "EC_prime256v1",
                "SigningAlgorithm": "SHA256WITHECDSA",
                "Subject": {"CommonName": name, "Organization": "Example"},
            },
            RevocationConfiguration={
                "CrlConfiguration": {"Enabled": True, "ExpirationInDays": 7, "CustomCname": "crl.example.com", "S3BucketName": "lists"},
            },
            CertificateAuthorityType=kind,
            **({"Tags": tags} if tags else {}),
        )["CertificateAuthorityArn"]
        self.pca.get_waiter("certificate_authority_csr_created").wait(CertificateAuthorityArn=arn)
        return arn

    def import_own(self, arn, issuer, template, years):
        request = self.pca.get_certificate_authority_csr(CertificateAuthorityArn=arn)["Csr"].encode()
        own = self.issue(issuer, request, template, {"Type": "YEARS", "Value": years})
        certificate = self.pca.get_certificate(CertificateAuthorityArn=issuer, CertificateArn=own)
        chain = {"CertificateChain": certificate["CertificateChain"].encode()} if "CertificateChain" in certificate else {}
        self.pca.import_certificate_authority_certificate(
            CertificateAuthorityArn=arn, Certificate=certificate["Certificate"].encode(), **chain
        )

    def issue(self, authority, request, template="EndEntityCertificate", validity=None, **more):
        return self.pca.issue_certificate(
            CertificateAuthorityArn=authority,
            Csr=request,
            SigningAlgorithm="SHA256WITHECDSA",
            TemplateArn=f"arn:aws:acm-pca:::template/{template}/V1",
            Validity=validity or {"Type": "DAYS", "Value": 90},
            **more,
        )["CertificateArn"]

    def revoke(self, authority, certificate):
        self.pca.revoke_certificate(
            CertificateAuthorityArn=authority,
            CertificateSerial=certificate.rsplit("/", 1)[1],
            RevocationReason="KEY_COMPROMISE",
        )
