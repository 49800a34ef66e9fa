"""Every modelled exception, by name, message and class of the client."""

import base64

import pytest
from cryptography import x509

import pca
import shapes
from certificates import csr as request_of
from certificates import dns_csr, name, pem_bytes
from pca import method, refused

# Exceptions of the model that nothing a client does leads to, and why.
NOT_PROVOKED = {
    "ConcurrentModificationException": "changes of an authority wait for each other",
    "LockoutPreventedException": "policies are stored, not evaluated, so none can lock anybody out",
    "RequestFailedException": "certificates and reports are made before the call returns",
    "RequestInProgressException": "only while a slow key is made, which test_algorithms.py looks for",
}


def too_large():
    """Names of more than a megabyte, each within the bounds of the model."""
    attributes = [{"ObjectIdentifier": "2.5.4.3", "Value": "a" * 256}] * 150
    names = [{"DirectoryName": {"CustomAttributes": attributes}}] * 40
    return {"Extensions": {"SubjectAlternativeNames": names}}


def provoke(exception, client, root):
    """What leads to the exception."""
    arn = {"CertificateAuthorityArn": root.arn}
    match exception:
        case "CertificateMismatchException":
            other = pca.create(client)
            other.wait_for_csr()
            other.import_certificate(pem_bytes(root.chain))
        case "InvalidArgsException":
            root.issue_arn(dns_csr(), "NoSuchTemplate")
        case "InvalidArnException":
            client.describe_certificate_authority(CertificateAuthorityArn="arn:aws:s3:::bucket")
        case "InvalidNextTokenException":
            client.list_certificate_authorities(NextToken="none")
        case "InvalidPolicyException":
            client.put_policy(ResourceArn=root.arn, Policy="none")
        case "InvalidRequestException":
            client.revoke_certificate(**arn, CertificateSerial="none", RevocationReason="UNSPECIFIED")
        case "InvalidStateException":
            client.restore_certificate_authority(**arn)
        case "InvalidTagException":
            client.tag_certificate_authority(**arn, Tags=[{"Key": "aws:none"}])
        case "LimitExceededException":
            root.issue_arn(dns_csr(), "BlankEndEntityCertificate_APIPassthrough", ApiPassthrough=too_large())
        case "MalformedCSRException":
            root.issue_arn(b"none")
        case "MalformedCertificateException":
            other = pca.create(client)
            other.wait_for_csr()
            other.import_certificate(b"none")
        case "PermissionAlreadyExistsException":
            for _ in range(2):
                client.create_permission(**arn, Principal="acm.amazonaws.com", Actions=["GetCertificate"])
        case "RequestAlreadyProcessedException":
            serial = f"{pca.serial_of(root.issue_arn(dns_csr())):x}"
            for _ in range(2):
                client.revoke_certificate(**arn, CertificateSerial=serial, RevocationReason="UNSPECIFIED")
        case "ResourceNotFoundException":
            client.describe_certificate_authority(CertificateAuthorityArn=pca.NOBODY)
        case "TooManyTagsException":
            for part in range(2):
                tags = [{"Key": f"key{part}-{number}"} for number in range(30)]
                client.tag_certificate_authority(**arn, Tags=tags)
        case _:
            pytest.fail(f"{exception} is neither provoked nor said to be impossible")


@pytest.mark.parametrize("exception", [name for name in shapes.exceptions() if name not in NOT_PROVOKED])
def test_exception(client, own_root, exception):
    with pytest.raises(getattr(client.exceptions, exception)) as raised:
        provoke(exception, client, own_root)
    answer = raised.value.response
    assert answer["Error"]["Code"] == exception
    assert answer["Error"]["Message"]
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert answer["ResponseMetadata"]["RequestId"]


def test_the_list_of_the_impossible_is_of_the_model():
    assert set(NOT_PROVOKED) <= set(shapes.exceptions())


OF_AUTHORITIES = [
    (operation, member)
    for operation in shapes.operations()
    for member in ("CertificateAuthorityArn", "ResourceArn")
    if shapes.takes(operation, member)
]


@pytest.mark.parametrize("operation, member", OF_AUTHORITIES)
def test_nobody(client, operation, member):
    with refused("ResourceNotFoundException"):
        method(client, operation)(**shapes.base(shapes.input_shape(operation)))


@pytest.mark.parametrize("operation, member", OF_AUTHORITIES)
def test_nobody_where_the_account_is_another(client, root, operation, member):
    """The same identifier in another region or account is another authority."""
    for position, word in ((3, "eu-north-1"), (4, "000000000000")):
        parts = root.arn.split(":")
        parts[position] = word
        with refused("ResourceNotFoundException"):
            request = shapes.base(shapes.input_shape(operation))
            method(client, operation)(**{**request, member: ":".join(parts)})


@pytest.mark.parametrize("operation, member", OF_AUTHORITIES)
def test_nobody_where_the_identifier_is_not_a_uuid(client, operation, member):
    request = shapes.base(shapes.input_shape(operation))
    arn = pca.NOBODY.rpartition("/")[0] + "/tf-acc-test-does-not-exist"
    with refused("ResourceNotFoundException"):
        method(client, operation)(**{**request, member: arn})


@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws:acm-pca:us-west-2:123456789012:certificate-authority/not a uuid",
        "arn:aws:acm-pca:us-west-2:123456789012:something-else/00000000-0000-4000-8000-000000000000",
        "arn:aws:s3:::bucket",
        "nothing of the kind",
        f"{pca.NOBODY}/certificate/1",
    ],
)
@pytest.mark.parametrize("operation, member", OF_AUTHORITIES)
def test_no_arn_of_an_authority(client, operation, member, arn):
    request = shapes.base(shapes.input_shape(operation))
    with refused("InvalidArnException"):
        method(client, operation)(**{**request, member: arn})


def test_no_arn_of_a_certificate(client, root):
    for arn in (root.arn, f"{root.arn}/certificate/", f"{root.arn}/certificate/x y", "arn:aws:s3:::bucket"):
        with refused("InvalidArnException"):
            client.get_certificate(CertificateAuthorityArn=root.arn, CertificateArn=arn)


def test_no_certificate(client, root, csr):
    for serial in ("1234", "0", "00", "f" * 40, "9" * 60, "does-not-exist"):
        with refused("ResourceNotFoundException"):
            root.get(f"{root.arn}/certificate/{serial}")
    # A certificate of another authority is not this one's.
    certificate = root.issue_arn(csr)
    other = pca.create_root(client)
    with refused("ResourceNotFoundException", "InvalidArnException"):
        client.get_certificate(CertificateAuthorityArn=other.arn, CertificateArn=certificate)
    with refused("ResourceNotFoundException"):
        other.get(f"{other.arn}/certificate/{pca.serial_of(certificate)}")


def test_no_arn_of_a_template(root, csr):
    for arn in ("arn:aws:acm-pca:::template", "arn:aws:acm-pca:::template/EndEntityCertificate", root.arn):
        with refused("InvalidArnException", "InvalidArgsException"):
            root.issue_arn(csr, TemplateArn=arn)


def test_words_for_the_wrong_algorithm(client, csr):
    """Tools in the field look for this sentence."""
    root = pca.create_root(client)
    with refused("InvalidArgsException") as error:
        root.issue_arn(csr, SigningAlgorithm="SHA384WITHRSA")
    assert error.message == (
        "Signing algorithm SHA384WITHRSA cannot be used with key type EC_prime256v1. "
        "Valid signing algorithms are: SHA256WITHECDSA, SHA384WITHECDSA, SHA512WITHECDSA."
    )


def test_words_for_a_san_that_must_be_critical(root):
    request = request_of(x509.Name([]), [(x509.SubjectAlternativeName([x509.DNSName("a.example.com")]), False)])
    with refused("MalformedCSRException") as error:
        root.issue_arn(request)
    assert error.message == "CSR must mark the SAN extension critical when it has an empty subject"
    critical = request_of(x509.Name([]), [(x509.SubjectAlternativeName([x509.DNSName("a.example.com")]), True)])
    certificate, _ = root.issue(critical)
    assert certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).critical


def without_attributes(pem):
    """The request without its attributes element, and so with a broken signature."""
    der = bytearray(base64.b64decode(b"".join(pem.splitlines()[1:-1])))
    at = der.rindex(b"\xa0\x00")
    del der[at : at + 2]
    # The outer length has two octets here, the inner one has one or two.
    outer = int.from_bytes(der[2:4]) if der[1] == 0x82 else der[2]
    header = 4 if der[1] == 0x82 else 3
    if der[1] == 0x82:
        der[2:4] = (outer - 2).to_bytes(2)
    else:
        der[2] -= 2
    assert der[header] == 0x30
    if der[header + 1] == 0x81:
        der[header + 2] -= 2
    else:
        der[header + 1] -= 2
    lines = base64.encodebytes(bytes(der)).strip()
    return b"-----BEGIN CERTIFICATE REQUEST-----\n" + lines + b"\n-----END CERTIFICATE REQUEST-----\n"


def test_words_for_missing_attributes(root):
    with refused("MalformedCSRException") as error:
        root.issue_arn(without_attributes(request_of(name(COMMON_NAME="x"))))
    assert error.message == "CSR is missing required element 'attributes'."


def test_a_request_that_names_nothing(root):
    with refused("MalformedCSRException"):
        root.issue_arn(request_of(x509.Name([])))


def test_a_request_that_proves_nothing(root):
    lines = request_of().splitlines()
    body = bytearray(base64.b64decode(b"".join(lines[1:-1])))
    body[-1] ^= 1
    with refused("MalformedCSRException"):
        root.issue_arn(b"\n".join([lines[0], base64.b64encode(bytes(body)), lines[-1]]))
