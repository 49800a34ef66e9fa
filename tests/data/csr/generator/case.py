"""What a file of the corpus is, and what issuing a certificate for it must come to."""

from dataclasses import dataclass
from typing import Callable

from der import attributes, bits, common_name, extension_request, integer, seq
from keys import p256

CASES = []
HERE = "this generator"


@dataclass
class Case:
    file: str
    special: str
    rule: str
    make: bytes | Callable[[], bytes]
    made_by: str = HERE
    # None where a certificate must be issued, else stage, variant of CsrError, and text without " at byte …".
    refusal: tuple[str, str, str] | None = None
    # Why a judge that can read and verify the rest says no to what we accept.
    differs: str = ""


def accepted(file, special, rule, make, **rest):
    CASES.append(Case(f"accepted/{file}", special, rule, make, **rest))


def refused(file, special, rule, refusal, make, **rest):
    CASES.append(Case(f"refused/{file}", special, rule, make, refusal=refusal, **rest))


# --- refusals

LENGTH = "length that is not DER (indefinite, or not in its shortest form)"
TRAILING = "trailing bytes"
TRUNCATED = "truncated element"
HIGH_TAG = "unexpected high tag number"
BAD_OID = "object identifier that is not DER (empty, truncated, or an arc with leading zeros)"
ORDER = "SET OF whose elements are not in DER order"


def wrong_tag(expected, found):
    return f"tag {found:#04x} where {expected:#04x} was expected"


def malformed(element, fault):
    return ("decode", "Malformed", f"CSR has a malformed {element}: {fault}")


def pem(fault):
    return ("decode", "Pem", f"CSR cannot be read: {fault}")


def key(fault):
    return ("policy", "Key", f"CSR has an unacceptable key: {fault}")


def malformed_key(fault):
    return key(f"the public key is malformed: {fault}")


NAMES = {
    "1.2.840.10040.4.1": "id-dsa",
    "1.2.840.10045.2.1": "id-ecPublicKey",
    "1.2.840.10045.3.1.1": "prime192v1",
    "1.2.840.10045.3.1.7": "prime256v1",
    "1.2.840.10045.4.3.1": "ecdsa-with-SHA224",
    "1.2.840.10045.4.3.2": "ecdsa-with-SHA256",
    "1.2.840.113549.1.1.1": "rsaEncryption",
    "1.2.840.113549.1.1.10": "id-RSASSA-PSS",
    "1.2.840.113549.1.1.11": "sha256WithRSAEncryption",
    "1.2.840.113549.1.1.14": "sha224WithRSAEncryption",
    "1.2.840.113549.1.1.4": "md5WithRSAEncryption",
    "1.2.840.113549.1.1.7": "id-RSAES-OAEP",
    "1.2.840.113549.1.3.1": "dhKeyAgreement",
    "1.3.101.110": "id-X25519",
    "1.3.101.112": "id-Ed25519",
    "1.3.101.113": "id-Ed448",
    "1.3.132.0.10": "secp256k1",
    "1.3.132.0.33": "secp224r1",
    "1.3.132.1.12": "id-ecDH",
    "1.3.36.3.3.2.8.1.1.7": "brainpoolP256r1",
    "2.16.840.1.101.3.4.3.2": "id-dsa-with-sha256",
    "2.16.840.1.101.3.4.3.32": "id-hash-ml-dsa-44-with-sha512",
}


def with_name(oid):
    return f"{oid} ({NAMES[oid]})" if oid in NAMES else oid


def algorithm(oid):
    text = f"CSR is signed with algorithm {with_name(oid)}, which is not supported, or not with these parameters"
    return ("policy", "UnsupportedSignatureAlgorithm", text)


def proof(fault):
    return ("proof", "Proof", f"CSR does not prove possession of its private key: {fault}")


INVALID_KEY = proof("the public key is malformed, not on its curve, or of a size or form that is not supported")
KEY_MISMATCH = proof("the algorithm of the public key does not fit the signature algorithm")
INVALID_SIGNATURE = proof("the signature does not verify")
RAW_SIGNATURE = proof(
    "the signature does not verify: its 64 bytes are r and s without DER; "
    "encode them as an ECDSA-Sig-Value (RFC 3279 section 2.2.3)"
)
POINT = key("the elliptic curve point is not an uncompressed point of the named curve")
EXPLICIT = key("the elliptic curve is given by explicit parameters; use a named curve")
VERSION = ("decode", "Version", "CSR must have version v1 (0)")
MISSING_ATTRIBUTES = ("decode", "MissingAttributes", "CSR is missing required element 'attributes'.")
NO_NAME = ("merge", "NoName", "CSR must provide a subject or a subject alternative name")
SAN_TEXT = "CSR must mark the SAN extension critical when it has an empty subject"
SAN_NOT_CRITICAL = ("merge", "SanNotCritical", SAN_TEXT)


def twice(what, oid):
    if what == "attribute":
        return ("decode", "DuplicateAttribute", f"CSR has the attribute {oid} more than once")
    return ("decode", "DuplicateExtension", f"CSR requests the extension {oid} more than once")


def too_many(what, most):
    return ("decode", "TooMany", f"CSR has more than {most} {what}")


def too_long(octets):
    return ("decode", "Size", f"CSR has {octets} bytes; 1 to 32768 are allowed")


# --- requests


def request(
    signer=None,
    subject=None,
    extensions=(),
    *,
    version=integer(0),
    others=(),
    attributes_element=None,
    after=b"",
    algorithm=None,
    change_info=lambda info: info,
    whole=lambda info, algorithm, signature: seq(info, algorithm, signature),
):
    """A request with a true signature, over whatever its parts make of it."""
    signer = signer or p256()
    subject = subject or common_name("csr.example.com")
    if attributes_element is None:
        wanted = [extension_request(*extensions)] if extensions else []
        attributes_element = attributes(*wanted, *others)
    info = change_info(seq(version, subject, signer.spki, attributes_element, after))
    return whole(info, algorithm or signer.algorithm, bits(signer.sign(info)))


def to_pem(der, label="CERTIFICATE REQUEST", end="\n", width=64):
    import base64

    text = base64.b64encode(der).decode()
    lines = [f"-----BEGIN {label}-----", *(text[i : i + width] for i in range(0, len(text), width))]
    return end.join([*lines, f"-----END {label}-----", ""]).encode()
