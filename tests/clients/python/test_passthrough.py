"""Every member of ApiPassthrough, from the client's call to the octets of the certificate."""

import base64
import ipaddress

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID, NameOID

import shapes
from certificates import csr, extension, extension_bytes, name
from pca import refused

BLANK = "BlankEndEntityCertificate_APIPassthrough"
OF_MEMBER = {
    "Country": (NameOID.COUNTRY_NAME, "US"),
    "Organization": (NameOID.ORGANIZATION_NAME, "Org"),
    "OrganizationalUnit": (NameOID.ORGANIZATIONAL_UNIT_NAME, "Unit"),
    "DistinguishedNameQualifier": (NameOID.DN_QUALIFIER, "q"),
    "State": (NameOID.STATE_OR_PROVINCE_NAME, "WA"),
    "CommonName": (NameOID.COMMON_NAME, "héllo"),
    "SerialNumber": (NameOID.SERIAL_NUMBER, "17"),
    "Locality": (NameOID.LOCALITY_NAME, "Seattle"),
    "Title": (NameOID.TITLE, "Dr"),
    "Surname": (NameOID.SURNAME, "Roe"),
    "GivenName": (NameOID.GIVEN_NAME, "Jane"),
    "Initials": (NameOID.INITIALS, "JR"),
    "Pseudonym": (NameOID.PSEUDONYM, "jr"),
    "GenerationQualifier": (NameOID.GENERATION_QUALIFIER, "III"),
}
SUBJECT = {member: value for member, (_, value) in OF_MEMBER.items()}
CUSTOM_ATTRIBUTES = [
    {"ObjectIdentifier": "1.3.6.1.4.1.37244.2.1", "Value": "FFF1"},
    {"ObjectIdentifier": "2.5.4.3", "Value": "first"},
    {"ObjectIdentifier": "2.5.4.3", "Value": "second"},
]


def attributes(subject):
    return [(attribute.oid.dotted_string, attribute.value) for attribute in subject]


def issue(root, template=BLANK, subject=None, **extensions):
    asked = {"Extensions": extensions} if extensions else {}
    if subject is not None:
        asked["Subject"] = subject
    return root.issue(csr(), template, ApiPassthrough=asked)[0]


def test_no_member_is_forgotten():
    assert set(SUBJECT) | {"CustomAttributes"} == set(shapes.shape("ASN1Subject")["members"])
    assert {kind for kind, _, _ in NAMES} == set(shapes.shape("GeneralName")["members"])
    assert set(USAGES) == set(shapes.shape("KeyUsage")["members"])
    assert set(PURPOSES) == set(shapes.shape("ExtendedKeyUsageType")["enum"])
    assert set(shapes.shape("Extensions")["members"]) == {
        "CertificatePolicies",
        "ExtendedKeyUsage",
        "KeyUsage",
        "SubjectAlternativeNames",
        "CustomExtensions",
    }


def test_subject(root):
    wanted = [(oid.dotted_string, value) for oid, value in OF_MEMBER.values()]
    assert attributes(issue(root, subject=SUBJECT).subject) == wanted


@pytest.mark.parametrize("member", SUBJECT)
def test_subject_of_one_attribute(root, member):
    oid, value = OF_MEMBER[member]
    assert attributes(issue(root, subject={member: value}).subject) == [(oid.dotted_string, value)]


def test_subject_of_custom_attributes(root):
    certificate = issue(root, subject={"CustomAttributes": CUSTOM_ATTRIBUTES})
    assert attributes(certificate.subject) == [(a["ObjectIdentifier"], a["Value"]) for a in CUSTOM_ATTRIBUTES]


def test_subject_of_both_kinds(root):
    with refused("InvalidArgsException"):
        issue(root, subject={**SUBJECT, "CustomAttributes": CUSTOM_ATTRIBUTES})


DIRECTORY = x509.DirectoryName(
    x509.Name([x509.NameAttribute(*OF_MEMBER[member]) for member in ("Country", "CommonName")])
)
NAMES = [
    (
        "OtherName",
        {"TypeId": "1.3.6.1.4.1.311.20.2.3", "Value": "user@example.com"},
        x509.OtherName(x509.ObjectIdentifier("1.3.6.1.4.1.311.20.2.3"), b"\x0c\x10user@example.com"),
    ),
    ("Rfc822Name", "user@example.com", x509.RFC822Name("user@example.com")),
    ("DnsName", "*.example.com", x509.DNSName("*.example.com")),
    ("DirectoryName", {"Country": "US", "CommonName": "héllo"}, DIRECTORY),
    # pyca does not know this form; [5] { [0] nameAssigner, [1] partyName }, each a DirectoryString.
    ("EdiPartyName", {"PartyName": "party", "NameAssigner": "us"}, b"\xa5\x0f\xa0\x04\x0c\x02us\xa1\x07\x0c\x05party"),
    ("EdiPartyName", {"PartyName": "party"}, b"\xa5\x09\xa1\x07\x0c\x05party"),
    ("UniformResourceIdentifier", "spiffe://example.com/x", x509.UniformResourceIdentifier("spiffe://example.com/x")),
    ("IpAddress", "192.0.2.1", x509.IPAddress(ipaddress.ip_address("192.0.2.1"))),
    ("IpAddress", "2001:db8::1", x509.IPAddress(ipaddress.ip_address("2001:db8::1"))),
    ("RegisteredId", "1.2.3.4", x509.RegisteredID(x509.ObjectIdentifier("1.2.3.4"))),
]


@pytest.mark.parametrize(
    "kind, value, wanted", NAMES, ids=[f"{kind}-{number}" for number, (kind, *_) in enumerate(NAMES)]
)
def test_alternative_name(root, kind, value, wanted):
    certificate = issue(root, SubjectAlternativeNames=[{kind: value}])
    if isinstance(wanted, bytes):
        der = certificate.tbs_certificate_bytes
        assert b"\x06\x03\x55\x1d\x11\x04" + bytes([len(wanted) + 2, 0x30, len(wanted)]) + wanted in der
    else:
        found = extension(certificate, ExtensionOID.SUBJECT_ALTERNATIVE_NAME)
        assert list(found.value) == [wanted]
        assert not found.critical


def test_alternative_names_keep_their_order(root):
    kinds = [(kind, value, wanted) for kind, value, wanted in NAMES if not isinstance(wanted, bytes)]
    certificate = issue(root, SubjectAlternativeNames=[{kind: value} for kind, value, _ in kinds])
    assert list(extension(certificate, ExtensionOID.SUBJECT_ALTERNATIVE_NAME).value) == [name for *_, name in kinds]


def test_alternative_name_of_custom_attributes(root):
    certificate = issue(root, SubjectAlternativeNames=[{"DirectoryName": {"CustomAttributes": CUSTOM_ATTRIBUTES}}])
    (found,) = extension(certificate, ExtensionOID.SUBJECT_ALTERNATIVE_NAME).value
    assert attributes(found.value) == [(a["ObjectIdentifier"], a["Value"]) for a in CUSTOM_ATTRIBUTES]


@pytest.mark.parametrize(
    "wrong",
    [
        {"DnsName": "www.example.com", "IpAddress": "192.0.2.1"},
        {},
        {"IpAddress": "192.0.2"},
        {"DnsName": "exämple.com"},
        {"DirectoryName": {}},
        {"DirectoryName": {"CommonName": "x", "CustomAttributes": CUSTOM_ATTRIBUTES}},
    ],
    ids=str,
)
def test_names_that_are_none(root, wrong):
    with refused("InvalidArgsException", words="subjectAlternativeNames.2.member"):
        issue(root, SubjectAlternativeNames=[{"DnsName": "www.example.com"}, wrong])


USAGES = {
    "DigitalSignature": "digital_signature",
    "NonRepudiation": "content_commitment",
    "KeyEncipherment": "key_encipherment",
    "DataEncipherment": "data_encipherment",
    "KeyAgreement": "key_agreement",
    "KeyCertSign": "key_cert_sign",
    "CRLSign": "crl_sign",
    "EncipherOnly": "encipher_only",
    "DecipherOnly": "decipher_only",
}


@pytest.mark.parametrize("member", USAGES)
def test_key_usage(root, member):
    # keyCertSign is for CA certificates; the last two say something only beside keyAgreement.
    template = "BlankSubordinateCACertificate_PathLen0_APIPassthrough" if member == "KeyCertSign" else BLANK
    asked = {member: True, **({"KeyAgreement": True} if member.endswith("Only") else {})}
    certificate = issue(root, template, KeyUsage=asked)
    found = extension(certificate, ExtensionOID.KEY_USAGE)
    assert found.critical
    # R-ENC-5: nine bits, as the live service writes them.
    assert b"\x55\x1d\x0f\x01\x01\xff\x04\x05\x03\x03\x07" in certificate.tbs_certificate_bytes
    usages = {word: bool(getattr(found.value, f"_{word}")) for word in USAGES.values()}
    assert usages == {word: bool(asked.get(usage)) for usage, word in USAGES.items()}


def test_key_usage_of_nothing(root):
    with refused("InvalidArgsException"):
        issue(root, KeyUsage=dict.fromkeys(USAGES, False))


PURPOSES = {
    "SERVER_AUTH": ExtendedKeyUsageOID.SERVER_AUTH.dotted_string,
    "CLIENT_AUTH": ExtendedKeyUsageOID.CLIENT_AUTH.dotted_string,
    "CODE_SIGNING": ExtendedKeyUsageOID.CODE_SIGNING.dotted_string,
    "EMAIL_PROTECTION": ExtendedKeyUsageOID.EMAIL_PROTECTION.dotted_string,
    "TIME_STAMPING": ExtendedKeyUsageOID.TIME_STAMPING.dotted_string,
    "OCSP_SIGNING": ExtendedKeyUsageOID.OCSP_SIGNING.dotted_string,
    "SMART_CARD_LOGIN": "1.3.6.1.4.1.311.20.2.2",
    "DOCUMENT_SIGNING": "1.3.6.1.4.1.311.10.3.12",
    "CERTIFICATE_TRANSPARENCY": "1.3.6.1.4.1.11129.2.4.4",
}


def test_extended_key_usages(root):
    asked = [{"ExtendedKeyUsageType": purpose} for purpose in PURPOSES]
    asked.append({"ExtendedKeyUsageObjectIdentifier": "1.0.18013.5.1.2"})
    found = extension(issue(root, ExtendedKeyUsage=asked), ExtensionOID.EXTENDED_KEY_USAGE)
    assert not found.critical
    assert [oid.dotted_string for oid in found.value] == [*PURPOSES.values(), "1.0.18013.5.1.2"]


@pytest.mark.parametrize(
    "wrong", [{}, {"ExtendedKeyUsageType": "SERVER_AUTH", "ExtendedKeyUsageObjectIdentifier": "1.2.3"}], ids=str
)
def test_extended_key_usage_of_none_or_two(root, wrong):
    with refused("InvalidArgsException", words="extendedKeyUsage.1.member"):
        issue(root, ExtendedKeyUsage=[wrong])


def test_policies(root):
    uri = "https://example.com/cps"
    asked = [
        {
            "CertPolicyId": "1.3.6.1.4.1.99999.1",
            "PolicyQualifiers": [{"PolicyQualifierId": "CPS", "Qualifier": {"CpsUri": uri}}],
        },
        {"CertPolicyId": "2.5.29.32.0"},
    ]
    found = extension(issue(root, CertificatePolicies=asked), ExtensionOID.CERTIFICATE_POLICIES)
    assert not found.critical
    assert [(policy.policy_identifier.dotted_string, policy.policy_qualifiers) for policy in found.value] == [
        ("1.3.6.1.4.1.99999.1", [uri]),
        ("2.5.29.32.0", None),
    ]


def custom(oid, value, **members):
    return {"ObjectIdentifier": oid, "Value": base64.b64encode(value).decode(), **members}


def test_custom_extensions(root):
    certificate = issue(
        root,
        CustomExtensions=[
            custom("1.3.6.1.4.1.99999.1", b"\x05\x00", Critical=True),
            custom("1.3.6.1.4.1.99999.2", b"\x0c\x02hi", Critical=False),
            custom("1.3.6.1.4.1.99999.3", b"\x30\x00"),
        ],
    )
    found = [
        (e.oid.dotted_string, e.critical, e.value.value)
        for e in certificate.extensions
        if e.oid.dotted_string.startswith("1.3.6.1.4.1.99999.")
    ]
    assert found == [
        ("1.3.6.1.4.1.99999.1", True, b"\x05\x00"),
        ("1.3.6.1.4.1.99999.2", False, b"\x0c\x02hi"),
        ("1.3.6.1.4.1.99999.3", False, b"\x30\x00"),
    ]


def test_the_longest_custom_extension(root):
    value = b"\x04\x82\x0b\xfc" + bytes(3068)
    certificate = issue(root, CustomExtensions=[custom("1.3.6.1.4.1.99999.1", value)])
    assert extension_bytes(certificate, "1.3.6.1.4.1.99999.1") == value


@pytest.mark.parametrize(
    "extensions",
    [
        [custom("1.2.3.4", b"\x05\x00"), custom("1.2.3.4", b"\x05\x00")],
        [custom("1.2.3.4", b"not DER")],
        [custom("1.2.3.4", b"\x05\x00\x05\x00")],
        [custom("1", b"\x05\x00")],
    ],
    ids=["repeated", "text", "two values", "short identifier"],
)
def test_custom_extensions_that_are_refused(root, extensions):
    with refused("InvalidArgsException", "ValidationException", words="customExtensions"):
        issue(root, CustomExtensions=extensions)


def test_the_template_goes_first(root):
    certificate = issue(
        root, "EndEntityServerAuthCertificate_APIPassthrough", KeyUsage={"DecipherOnly": True, "KeyAgreement": True}
    )
    found = extension(certificate, ExtensionOID.KEY_USAGE).value
    assert found.digital_signature and found.key_encipherment and not found.key_agreement


def test_templates_without_passthrough_ignore_it(root):
    certificate = issue(
        root,
        "EndEntityCertificate",
        subject={"CommonName": "From the API"},
        CustomExtensions=[custom("1.3.6.1.4.1.99999.1", b"\x05\x00", Critical=True)],
    )
    assert certificate.subject == name(ORGANIZATION_NAME="Example Corp", COMMON_NAME="www.example.com")
    assert extension(certificate, x509.ObjectIdentifier("1.3.6.1.4.1.99999.1")) is None


def test_a_matter_attestation_certificate(root):
    """The guide's sample: subject of custom attributes, keyUsage as a critical custom extension."""
    certificate = issue(
        root,
        "BlankEndEntityCertificate_CriticalBasicConstraints_APIPassthrough",
        subject={
            "CustomAttributes": [
                {"ObjectIdentifier": "2.5.4.3", "Value": "Matter Test DAC 0001"},
                {"ObjectIdentifier": "1.3.6.1.4.1.37244.2.1", "Value": "FFF1"},
                {"ObjectIdentifier": "1.3.6.1.4.1.37244.2.2", "Value": "8000"},
            ]
        },
        CustomExtensions=[{"ObjectIdentifier": "2.5.29.15", "Value": "AwIHgA==", "Critical": True}],
    )
    assert extension_bytes(certificate, "2.5.29.15") == base64.b64decode("AwIHgA==")
    assert extension(certificate, ExtensionOID.KEY_USAGE).critical
    assert extension(certificate, ExtensionOID.BASIC_CONSTRAINTS).critical
