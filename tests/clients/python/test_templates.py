"""Each of the templates, judged by the table of them."""

import base64
import json

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID

import pca
from certificates import DATA, authority_key_identifier, csr, extension, extension_bytes, key_identifier, name

TEMPLATES = json.loads((DATA / "templates.json").read_text())["templates"]
BITS = {
    "digitalSignature": "digital_signature",
    "nonRepudiation": "content_commitment",
    "keyEncipherment": "key_encipherment",
    "dataEncipherment": "data_encipherment",
    "keyAgreement": "key_agreement",
    "keyCertSign": "key_cert_sign",
    "cRLSign": "crl_sign",
}
# What the request and the API ask for, each in its own way, so that the certificate says who was heard.
OF_CSR = {"usage": ["keyAgreement"], "eku": "1.3.6.1.4.1.99999.10", "custom": b"\x0c\x03csr"}
OF_API = {"usage": ["nonRepudiation"], "eku": "1.3.6.1.4.1.99999.20", "custom": b"\x0c\x03api"}
CUSTOM = "1.3.6.1.4.1.99999.1"


def usage(bits):
    return x509.KeyUsage(**{word: bit in bits for bit, word in BITS.items()}, encipher_only=False, decipher_only=False)


def request():
    return csr(
        name(COMMON_NAME="From the CSR"),
        [
            (x509.SubjectAlternativeName([x509.DNSName("csr.example.com")]), False),
            (x509.BasicConstraints(False, None), False),
            (usage(OF_CSR["usage"]), True),
            (x509.ExtendedKeyUsage([x509.ObjectIdentifier(OF_CSR["eku"])]), False),
            (x509.UnrecognizedExtension(x509.ObjectIdentifier(CUSTOM), OF_CSR["custom"]), False),
        ],
    )


def passthrough(subject):
    asked = {
        "Extensions": {
            "KeyUsage": {"NonRepudiation": True},
            "ExtendedKeyUsage": [{"ExtendedKeyUsageObjectIdentifier": OF_API["eku"]}],
            "SubjectAlternativeNames": [{"DnsName": "api.example.com"}],
            "CustomExtensions": [{"ObjectIdentifier": CUSTOM, "Value": base64.b64encode(OF_API["custom"]).decode()}],
        }
    }
    if subject:
        asked["Subject"] = {"CommonName": "From the API"}
    return asked


def test_the_table_is_whole():
    assert len(TEMPLATES) == 61


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template["name"])
def test_template(client, root, template):
    wanted, kind = template["name"], template["kind"]
    own = "RootCACertificate" in wanted
    issuer = pca.create(client) if own else root
    certificate, chain = issuer.issue(
        issuer.csr().encode() if own else request(), wanted, ApiPassthrough=passthrough(subject=not own)
    )
    by_api = kind in ("api", "apicsr")
    # The service's own request has nothing but basicConstraints.
    by_csr = kind in ("csr", "apicsr") and not own
    heard = OF_API if by_api else OF_CSR if by_csr else None

    if own:
        certificate.verify_directly_issued_by(certificate)
        assert chain == []
    else:
        certificate.verify_directly_issued_by(root.chain[0])
        assert chain == root.chain

    rule = template["basic_constraints"]
    found = extension(certificate, ExtensionOID.BASIC_CONSTRAINTS)
    assert (found.critical, found.value.ca, found.value.path_length) == (rule["critical"], rule["ca"], rule["path_len"])

    found = extension(certificate, ExtensionOID.KEY_USAGE)
    if rule := template["key_usage"]:
        assert (found.critical, found.value) == (rule["critical"], usage(rule["bits"]))
    else:
        assert found.value == usage(heard["usage"])

    found = extension(certificate, ExtensionOID.EXTENDED_KEY_USAGE)
    if rule := template["eku"]:
        assert (found.critical, [oid.dotted_string for oid in found.value]) == (rule["critical"], rule["oids"])
    elif heard:
        assert [oid.dotted_string for oid in found.value] == [heard["eku"]]
    else:
        assert found is None

    assert extension_bytes(certificate, CUSTOM) == (heard["custom"] if heard else None)

    public_key = x509.SubjectKeyIdentifier.from_public_key(certificate.public_key())
    assert key_identifier(certificate) == public_key.digest
    if template["aki"] == "ca_ski":
        assert authority_key_identifier(certificate) == key_identifier(root.chain[0])
    else:
        assert extension(certificate, ExtensionOID.AUTHORITY_KEY_IDENTIFIER) is None

    names = extension(certificate, ExtensionOID.SUBJECT_ALTERNATIVE_NAME)
    if not own:
        source = "API" if by_api else "CSR"
        assert [attribute.value for attribute in certificate.subject] == [f"From the {source}"]
        assert names.value.get_values_for_type(x509.DNSName) == [f"{source.lower()}.example.com"]
    elif not by_api:
        assert names is None
    assert extension(certificate, ExtensionOID.CRL_DISTRIBUTION_POINTS) is None


def test_no_template_is_the_end_entity_template(root):
    certificate, _ = root.issue(request())
    found = extension(certificate, ExtensionOID.EXTENDED_KEY_USAGE).value
    assert list(found) == [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]


@pytest.mark.parametrize("wanted", ["EndEntityCertificat", "NoSuchTemplate", "RootCACertificate_PathLen0"])
def test_unknown_templates(root, wanted):
    with pca.refused("InvalidArgsException", words=wanted):
        root.issue_arn(request(), wanted)


def test_a_root_with_a_key_identifier_of_its_own(client):
    """RootCACertificate_APIPassthrough takes authorityKeyIdentifier from custom extensions, as Matter needs it."""
    root = pca.create(client)
    identifier = x509.SubjectKeyIdentifier.from_public_key(x509.load_pem_x509_csr(root.csr().encode()).public_key())
    value = base64.b64encode(x509.AuthorityKeyIdentifier(identifier.digest, None, None).public_bytes()).decode()
    certificate, _ = root.issue(
        root.csr().encode(),
        "RootCACertificate_APIPassthrough",
        ApiPassthrough={"Extensions": {"CustomExtensions": [{"ObjectIdentifier": "2.5.29.35", "Value": value}]}},
    )
    assert authority_key_identifier(certificate) == identifier.digest
