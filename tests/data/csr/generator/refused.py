"""Requests that must be refused, each with its reason. Wherever a signature can be true, it is."""

import hashlib
import subprocess

from case import *
from case import key as refused_key
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from der import *
from keys import *

from accepted import OTHER, P256_ORDER, SAN_DNS, ecdsa_pair, of_size

OK_EXTENSION = extension(OTHER, b"x")


def with_extension(element):
    return request(extensions=[element])


def with_attribute(element):
    return request(others=[element])


# --- R-CSR-2: strict DER


def lengths():
    rule = "R-CSR-2: lengths are definite and in their shortest form"
    good = request()
    content = good[2 + (good[1] & 0x7F) :]
    size = len(content)
    fault = malformed("CertificationRequest", LENGTH)
    refused("length-indefinite.der", "indefinite length of the whole", rule, fault, b"\x30\x80" + content + bytes(2))
    long = b"\x30\x83" + size.to_bytes(3, "big") + content
    refused("length-leading-zero.der", "length with a leading zero", rule, fault, long)
    five = b"\x30\x85" + size.to_bytes(5, "big") + content
    refused("length-five-octets.der", "length of five octets", rule, fault, five)
    refused("length-reserved.der", "length octet 0xff (X.690 section 8.1.3.5)", rule, fault, b"\x30\xff" + content)
    made = b"\x30\x84\xff\xff\xff\xff" + content
    cut = malformed("CertificationRequest", TRUNCATED)
    refused("length-of-4-gib.der", "length of 2^32 - 1 octets", rule, cut, made)
    longer = b"\x30" + length(size + 1) + content
    refused("length-one-too-many.der", "length of one octet more than there is", rule, cut, longer)
    change = lambda info: b"\x30\x80" + info[2 + (info[1] & 0x7F) * (info[1] > 0x80) :] + bytes(2)
    made = request(change_info=change)
    refused("length-indefinite-info.der", "indefinite length of the signed part", rule, fault, made)
    made = request(version=b"\x02\x81\x01\x00")
    refused("length-long-form-version.der", "version in the long form", rule, malformed("version", LENGTH), made)
    value = relength(octets(b"x"), b"\x81\x01")
    made = with_extension(seq(oid(OTHER), value))
    refused("length-long-form-extension.der", "extnValue in the long form", rule, malformed("extension", LENGTH), made)
    made = with_attribute(relength(attribute(OTHER, utf8("x")), b"\x80"))
    fault = malformed("attribute", LENGTH)
    refused("length-indefinite-attribute.der", "attribute of indefinite length, without its end", rule, fault, made)
    made = request(subject=seq(set_of(seq(oid(CN), b"\x0c\x81\x01a"))))
    refused("length-long-form-subject.der", "CN in the long form", rule, malformed("subject", LENGTH), made)
    element = relength(dns("a"), b"\x81\x01")
    fault = malformed("subjectAltName", LENGTH)
    refused("length-long-form-san.der", "dNSName in the long form", rule, fault, with_extension(san(element)))
    wrap = lambda info, algorithm, signature: seq(info, algorithm, relength(signature, b"\x82\x00" + signature[1:2]))
    fault = malformed("signature", LENGTH)
    refused("length-long-form-signature.der", "signature in the long form", rule, fault, request(whole=wrap))
    good = p256()
    key = Changed(good, spki=seq(good.spki[2:23], relength(good.spki[23:], b"\x81\x42")))
    fault = malformed_key(LENGTH)
    refused("length-long-form-key.der", "subjectPublicKey in the long form", rule, fault, request(key))


def trailing():
    rule = "R-CSR-2: trailing octets"
    good = request()
    fault = malformed("CertificationRequest", TRAILING)
    for file, special, after in [
        ("nul", "a NUL after the request", b"\0"),
        ("line-feed", "a line feed after the request", b"\n"),
        ("second-request", "another request after the request", good),
    ]:
        refused(f"trailing-{file}.der", special, rule, fault, good + after)
    made = request(whole=lambda *parts: seq(*parts, NULL))
    refused("trailing-in-request.der", "NULL after the signature", rule, fault, made)
    made = request(after=NULL)
    fault = malformed("CertificationRequestInfo", TRAILING)
    refused("trailing-in-info.der", "NULL after the attributes", rule, fault, made)
    made = with_attribute(seq(oid(OTHER), set_of(utf8("x")), NULL))
    fault = malformed("attribute", TRAILING)
    refused("trailing-in-attribute.der", "NULL after an attribute's values", rule, fault, made)
    made = with_extension(seq(oid(OTHER), octets(b"x"), NULL))
    fault = malformed("extension", TRAILING)
    refused("trailing-in-extension.der", "NULL after extnValue", rule, fault, made)
    made = request(subject=seq(set_of(seq(oid(CN), utf8("x"), NULL))))
    fault = malformed("subject", TRAILING)
    refused("trailing-in-subject.der", "NULL after the value of the CN", rule, fault, made)
    made = with_extension(extension(SAN, seq(dns("a")) + b"\0"))
    fault = malformed("subjectAltName", TRAILING)
    refused("trailing-in-san.der", "a NUL after GeneralNames", rule, fault, made)
    good = p256()
    fault = malformed_key(TRAILING)
    made = request(Changed(good, spki=seq(good.spki[2:], NULL)))
    refused("trailing-in-key.der", "NULL after subjectPublicKey", rule, fault, made)
    identifier = seq(oid(EC_PUBLIC_KEY), oid(P256), NULL)
    made = request(Changed(good, spki=seq(identifier, good.spki[23:])))
    refused("trailing-in-key-algorithm.der", "NULL after the named curve", rule, fault, made)
    good = rsa_2048()
    numbers = good.key.public_key().public_numbers()
    pair = [integer(numbers.n), integer(numbers.e)]
    info = seq(oid(RSA_ENCRYPTION), NULL)
    made = request(Changed(good, spki=seq(info, bits(seq(*pair, integer(0))))))
    refused("trailing-in-rsa-key.der", "a third INTEGER in RSAPublicKey", rule, fault, made)
    made = request(Changed(good, spki=seq(info, bits(seq(*pair) + b"\0"))))
    refused("trailing-after-rsa-key.der", "a NUL after RSAPublicKey", rule, fault, made)


def constructed():
    rule = "R-CSR-2: strings are primitive (X.690 section 10.2)"
    parts = [tlv(0x0C, b"csr.exa"), tlv(0x0C, b"mple.com")]
    form = malformed("subject", "value in a form that DER does not have")
    refused(
        "constructed-cn.der",
        "CN as a constructed UTF8String",
        rule,
        form,
        request(subject=common_name(tlv(0x2C, *parts))),
    )
    made = request(subject=common_name(tlv(0x33, printable("csr"))))
    refused("constructed-printable.der", "CN as a constructed PrintableString", rule, form, made)
    indefinite = tlv(0x2C, *parts)
    indefinite = b"\x2c\x80" + indefinite[2:] + bytes(2)
    fault = malformed("subject", LENGTH)
    made = request(subject=common_name(indefinite))
    refused("constructed-cn-indefinite.der", "CN as a constructed UTF8String of indefinite length", rule, fault, made)
    made = request(subject=common_name(tlv(0x10)))
    rule_ = "R-CSR-2: a SEQUENCE is constructed (X.690 section 8.9.1)"
    refused("primitive-sequence.der", "CN as a primitive SEQUENCE", rule_, form, made)
    made = request(subject=common_name(bytes(2)))
    rule_ = "R-CSR-2: end-of-contents octets belong to indefinite lengths"
    refused("end-of-contents.der", "CN as end-of-contents octets", rule_, form, made)
    made = with_extension(seq(oid(OTHER), tlv(0x24, octets(b"x"))))
    fault = malformed("extension", wrong_tag(0x04, 0x24))
    refused("constructed-extension-value.der", "extnValue as a constructed OCTET STRING", rule, fault, made)
    wrap = lambda info, algorithm, signature: seq(info, algorithm, tlv(0x23, signature))
    fault = malformed("signature", wrong_tag(0x03, 0x23))
    refused("constructed-signature.der", "signature as a constructed BIT STRING", rule, fault, request(whole=wrap))
    good = p256()
    made = request(Changed(good, spki=seq(good.spki[2:23], tlv(0x23, good.spki[23:]))))
    fault = malformed_key(wrong_tag(0x03, 0x23))
    refused("constructed-key.der", "subjectPublicKey as a constructed BIT STRING", rule, fault, made)
    none = malformed("subjectAltName", "element that is none of the nine forms of GeneralName")
    made = with_extension(san(tlv(0xA2, ia5("csr.example.com"))))
    refused("constructed-dns.der", "dNSName as a constructed string", rule, none, made)


def versions():
    rule = "R-CSR-2: version v1 alone"
    for file, special, element in [
        ("v2", "version v2 (1)", integer(1)),
        ("v3", "version v3 (2), as certificates have it", integer(2)),
        ("negative", "version -1", integer(-1)),
        ("padded", "version 0 in two octets", tlv(2, bytes(2))),
        ("huge", "version 2^64", integer(2**64)),
    ]:
        refused(f"version-{file}.der", special, rule, VERSION, request(version=element))
    fault = malformed("version", "INTEGER without content")
    refused("version-empty.der", "version without an octet", rule, fault, request(version=tlv(2)))
    made = request(version=b"")
    refused("version-missing.der", "no version", rule, malformed("version", wrong_tag(2, 0x30)), made)
    made = request(version=tlv(0x0A, b"\0"))
    refused("version-enumerated.der", "version as ENUMERATED", rule, malformed("version", wrong_tag(2, 0x0A)), made)
    made = request(version=tlv(0xA0, integer(0)))
    special = "version with an explicit tag, as certificates have it"
    refused("version-explicit.der", special, rule, malformed("version", wrong_tag(2, 0xA0)), made)


def missing_attributes():
    rule = "R-CSR-2: attributes present, empty or not"
    made = request(attributes_element=b"")
    refused("attributes-missing.der", "no attributes element", rule, MISSING_ATTRIBUTES, made)
    rule = "R-CSR-2: attributes are [0], constructed"
    inner = extension_request(SAN_DNS)
    for file, special, tag in [("set", "a SET", 0x31), ("context-1", "[1]", 0xA1), ("primitive", "primitive", 0x80)]:
        made = request(attributes_element=tlv(tag, inner))
        fault = malformed("attributes", wrong_tag(0xA0, tag))
        refused(f"attributes-as-{file}.der", f"attributes element as {special}", rule, fault, made)
    made = request(attributes_element=attributes(inner), after=attributes())
    fault = malformed("CertificationRequestInfo", TRAILING)
    refused("attributes-twice.der", "two attributes elements", rule, fault, made)


def orders():
    rule = "R-CSR-2: SET OF is in DER order (X.690 section 11.6)"
    parts = sorted([extension_request(SAN_DNS), attribute(CHALLENGE_PASSWORD, utf8("secret"))])
    made = request(attributes_element=tlv(0xA0, *reversed(parts)))
    fault = malformed("attributes", ORDER)
    refused("order-attributes.der", "attributes not in order", rule, fault, made)
    made = with_attribute(seq(oid(OTHER), tlv(0x31, utf8("b"), utf8("a"))))
    refused("order-attribute-values.der", "values not in order", rule, malformed("attribute", ORDER), made)
    pair = sorted([name_attribute(CN, utf8("a")), name_attribute(O, utf8("b"))])
    fault = malformed("subject", "relative distinguished name that is not in DER order")
    made = request(subject=seq(tlv(0x31, *reversed(pair))))
    refused("order-rdn.der", "RDN whose attributes are not in order", rule, fault, made)
    rule = "silent; X.501 lets no type stand twice in an RDN, and the octets here are the same"
    fault = malformed("subject", "attribute that stands twice in a relative distinguished name")
    made = request(subject=seq(tlv(0x31, pair[0], pair[0])))
    refused("repeated-in-rdn.der", "the same attribute twice in an RDN", rule, fault, made)


def identifiers():
    wide = "object identifier with an arc of more than 32 bits"
    rdn = lambda element: request(subject=seq(set_of(seq(element, utf8("x")))))
    of_attribute = lambda element: with_attribute(seq(element, set_of(utf8("x"))))
    of_extension = lambda element: with_extension(seq(element, octets(b"x")))
    padded = tlv(6, b"\x55\x80\x1d\x11")
    rule = "R-CSR-2: object identifiers are DER (X.690 section 8.19.2)"
    for file, special, element in [
        ("padded", "with an arc that starts with zeros", padded),
        ("cut", "that ends inside an arc", tlv(6, b"\x55\x9d")),
        ("empty", "without an octet", tlv(6)),
    ]:
        for place, build in {"subject": rdn, "attribute": of_attribute, "extension": of_extension}.items():
            made = build(element)
            refused(f"oid-{file}-{place}.der", f"identifier {special} ({place})", rule, malformed(place, BAD_OID), made)
    rule = "silent; an arc over 32 bits is another identifier to much software"
    # 2.5.29.17 to whoever keeps 32 bits of the last arc.
    element = oid(f"2.5.29.{2**32 + 17}")
    fault = malformed("subject", wide)
    refused(
        "oid-wide-subject.der", "attribute type with an arc of 33 bits", rule, fault, rdn(oid(f"2.5.4.{2**32 + 3}"))
    )
    for place, build in {"attribute": of_attribute, "extension": of_extension}.items():
        special = f"identifier with an arc of 33 bits, whose lower 32 make another ({place})"
        refused(f"oid-wide-{place}.der", special, rule, malformed(place, wide), build(element))
    element = oid(f"2.5.29.{2**64 + 17}")
    special = "identifier with an arc of 65 bits, whose lower 64 make another"
    refused("oid-wide-65-bits.der", special, rule, malformed("extension", wide), of_extension(element))
    fault = malformed("subjectAltName", wide)
    made = with_extension(san(tlv(0x88, oid_content(f"1.2.{2**32 + 3}"))))
    refused("oid-wide-registered-id.der", "registeredID with an arc of 33 bits", rule, fault, made)
    made = with_extension(san(tlv(0xA0, oid(f"1.2.{2**32 + 3}"), tlv(0xA0, utf8("x")))))
    refused("oid-wide-other-name.der", "otherName whose type has an arc of 33 bits", rule, fault, made)
    rule = "budget: object identifiers of 63 octets"
    fault = malformed("extension", "object identifier of more than 63 bytes")
    made = of_extension(oid(".".join(["1", "2", *["3"] * 63])))
    refused("oid-of-64-octets.der", "identifier of 64 octets", rule, fault, made)
    rule = "R-CSR-2: object identifiers are DER (X.690 section 8.19.2)"
    good = p256()
    made = request(good, algorithm=seq(tlv(6, b"\x2a\x80" + oid_content("1.2.840.10045.4.3.2")[1:])))
    fault = malformed("signatureAlgorithm", BAD_OID)
    refused("oid-padded-signature-algorithm.der", "padded ecdsa-with-SHA256", rule, fault, made)
    curve = tlv(6, b"\x2a\x80" + oid_content(P256)[1:])
    made = request(Changed(good, spki=ec_spki(curve, good.spki[26:])))
    refused("oid-padded-curve.der", "padded identifier of P-256", rule, malformed_key(BAD_OID), made)


def booleans():
    bad = malformed("extension", "BOOLEAN that is not DER")
    explicit = malformed("extension", "critical FALSE spelled out")
    rule = "R-CSR-2: BOOLEAN TRUE is 0xff (X.690 section 11.1)"
    made = request(extensions=[san(dns("a"), critical=tlv(1, b"\0"))])
    rule_ = "R-CSR-2: a default value is left out (X.690 section 11.5)"
    refused("critical-false.der", "critical FALSE spelled out", rule_, explicit, made)
    for file, special, element in [
        ("one", "critical TRUE as 0x01", tlv(1, b"\x01")),
        ("empty", "critical without an octet", tlv(1)),
        ("two-octets", "critical of two octets", tlv(1, b"\xff\xff")),
    ]:
        refused(f"critical-{file}.der", special, rule, bad, request(extensions=[san(dns("a"), critical=element)]))
    made = request(extensions=[san(dns("a"), critical=TRUE + TRUE)])
    rule = "R-CSR-2: Extension of RFC 5280 section 4.1"
    refused("critical-twice.der", "critical twice", rule, malformed("extension", wrong_tag(4, 1)), made)
    made = request(extensions=[san(dns("a"), critical=integer(1))])
    refused("critical-integer.der", "critical as INTEGER 1", rule, malformed("extension", wrong_tag(4, 2)), made)


def high_tags():
    rule = "silent; nothing in a request has a tag beyond 30, so the reader knows none"
    high = b"\x5f\x81\x01\x01x"
    made = request(subject=common_name(high))
    refused("high-tag-subject.der", "CN with the tag [APPLICATION 129]", rule, malformed("subject", HIGH_TAG), made)
    made = with_attribute(attribute(OTHER, high))
    refused("high-tag-attribute.der", "attribute value with a high tag", rule, malformed("attribute", HIGH_TAG), made)
    made = with_extension(san(b"\x9f\x02\x01a"))
    rule = "R-CSR-2: tags up to 30 have the short form (X.690 section 8.1.2.2)"
    fault = malformed("subjectAltName", HIGH_TAG)
    refused("high-tag-form-of-low-tag.der", "dNSName [2] in the high-tag form", rule, fault, made)
    made = b"\x3f\x10" + request()[1:]
    refused_form = pem("there is no line '-----BEGIN CERTIFICATE REQUEST-----'")
    special = "the whole with SEQUENCE in the high-tag form"
    refused("high-tag-form-of-sequence.der", special, rule, refused_form, made)


# --- R-CSR-5: subjects that readers disagree on


def subjects():
    rule = "R-CSR-2: the content fits its type"
    nul = "NUL in the text of an attribute"
    beyond = "UTF8String that is not UTF-8"
    for file, special, value, fault in [
        ("utf8-invalid", "UTF8String with the octet 0xff", tlv(0x0C, b"a\xff"), beyond),
        ("utf8-surrogate", "UTF8String with a surrogate", tlv(0x0C, b"\xed\xa0\x80"), beyond),
        ("utf8-overlong", "UTF8String with an overlong NUL", tlv(0x0C, b"a\xc0\x80"), beyond),
        ("utf8-overlong-slash", "UTF8String with an overlong `/`", tlv(0x0C, b"a\xc0\xaf"), beyond),
        ("utf8-beyond", "UTF8String beyond U+10FFFF", tlv(0x0C, b"\xf4\x90\x80\x80"), beyond),
        ("utf8-cut", "UTF8String that ends inside a character", tlv(0x0C, b"a\xe2\x82"), beyond),
        ("utf8-latin-1", "UTF8String that holds Latin-1", tlv(0x0C, b"Gr\xfc\xdfe"), beyond),
        (
            "printable-latin-1",
            "PrintableString that holds Latin-1",
            tlv(0x13, b"\xe4"),
            "PrintableString that is not ASCII",
        ),
        ("ia5-latin-1", "IA5String that holds Latin-1", tlv(0x16, b"\xe4"), "IA5String that is not ASCII"),
        ("bmp-odd", "BMPString of three octets", tlv(0x1E, b"\0ab"), "BMPString with an odd number of bytes"),
        (
            "universal-short",
            "UniversalString of three octets",
            tlv(0x1C, b"\0\0a"),
            "UniversalString that is not whole characters",
        ),
    ]:
        made = request(subject=common_name(value))
        refused(f"subject-{file}.der", special, rule, malformed("subject", fault), made)
    rule = "silent; readers in C take a name to end at NUL (R-CSR-5 passes what is left)"
    for file, special, value in [
        ("utf8", "UTF8String", utf8("good.example\0.bad.example")),
        ("printable", "PrintableString", printable("good.example\0.bad.example")),
        ("ia5", "IA5String", ia5("good.example\0.bad.example")),
        ("bmp", "BMPString", bmp("good\0bad")),
        ("universal", "UniversalString", tlv(0x1C, "good\0bad".encode("utf-32-be"))),
    ]:
        made = request(subject=common_name(value))
        refused(f"subject-nul-{file}.der", f"NUL in a {special}", rule, malformed("subject", nul), made)
    rule = "R-CSR-2: Name of RFC 5280 section 4.1.2.4"
    empty = malformed("subject", "relative distinguished name without an attribute")
    refused("subject-empty-rdn.der", "RDN without an attribute", rule, empty, request(subject=seq(tlv(0x31))))
    made = request(subject=seq(seq(name_attribute(CN, utf8("a")))))
    refused("subject-rdn-sequence.der", "RDN as a SEQUENCE", rule, malformed("subject", wrong_tag(0x31, 0x30)), made)
    made = request(subject=seq(set_of(seq(oid(CN)))))
    refused("subject-no-value.der", "attribute without a value", rule, malformed("subject", TRUNCATED), made)
    made = request(subject=tlv(0x31))
    refused("subject-set.der", "subject as a SET", rule, malformed("subject", wrong_tag(0x30, 0x31)), made)
    made = request(subject=name(*[(OU, utf8("x"))] * 257))
    fault = malformed("subject", "name with too many attributes")
    refused(
        "subject-257-attributes.der", "one attribute more than the budget has", "budget: 256 attributes", fault, made
    )
    rule = "R-CSR-7: neither subject nor SAN"
    refused("subject-empty.der", "empty subject, no SAN", rule, NO_NAME, request(subject=name()))


# --- R-CSR-6: attributes and extensions


def attribute_sets():
    rule = "R-CSR-6: one such attribute, no OID twice"
    lists = [extension_request(extension(f"1.2.{n}", b"x")) for n in (3, 4)]
    fault = twice("attribute", EXTENSION_REQUEST)
    refused("twice-extension-request.der", "two extensionRequest attributes", rule, fault, request(others=lists))
    lists = [extension_request(extension(f"1.2.{n}", b"x"), kind=MS_EXTENSIONS) for n in (3, 4)]
    fault = twice("attribute", MS_EXTENSIONS)
    refused("twice-microsoft.der", "two of Microsoft's extension attributes", rule, fault, request(others=lists))
    made = request(extensions=[san(dns("a.example")), OK_EXTENSION, san(dns("b.example"))])
    refused("twice-san.der", "two SANs", rule, twice("extension", SAN), made)
    made = request(extensions=[OK_EXTENSION, OK_EXTENSION])
    refused("twice-unknown-extension.der", "the same extension twice", rule, twice("extension", OTHER), made)
    rule = "silent; PKCS#9 calls both attributes SINGLE VALUE"
    made = request(others=[attribute(CHALLENGE_PASSWORD, utf8(text)) for text in "ab"])
    refused(
        "twice-challenge-password.der", "two challengePasswords", rule, twice("attribute", CHALLENGE_PASSWORD), made
    )
    made = with_attribute(attribute(EXTENSION_REQUEST, seq(OK_EXTENSION), seq(extension("1.2.3.5", b"x"))))
    fault = malformed("extensionRequest", TRAILING)
    refused("extension-request-two-values.der", "extensionRequest with two values", rule, fault, made)
    rule = "R-CSR-2: Attribute of RFC 2986 section 4.1"
    none = malformed("attribute", "attribute without a value")
    made = with_attribute(attribute(OTHER))
    refused("attribute-without-value.der", "attribute with an empty SET", rule, none, made)
    made = with_attribute(attribute(EXTENSION_REQUEST))
    refused("extension-request-without-value.der", "extensionRequest with an empty SET", rule, none, made)
    fault = malformed("attribute", wrong_tag(0x31, 0x30))
    made = with_attribute(seq(oid(EXTENSION_REQUEST), seq(seq(SAN_DNS))))
    refused("attribute-values-sequence.der", "values in a SEQUENCE", rule, fault, made)
    made = with_attribute(seq(oid(OTHER)))
    refused("attribute-type-alone.der", "attribute that is a type alone", rule, malformed("attribute", TRUNCATED), made)
    rule = "R-CSR-6: extensionRequest holds Extensions (RFC 2985 section 5.4.2)"
    made = with_attribute(attribute(EXTENSION_REQUEST, octets(seq(SAN_DNS))))
    fault = malformed("extensionRequest", wrong_tag(0x30, 4))
    refused("extension-request-octets.der", "Extensions inside an OCTET STRING", rule, fault, made)
    made = with_attribute(attribute(EXTENSION_REQUEST, tlv(0x31, SAN_DNS)))
    fault = malformed("extensionRequest", wrong_tag(0x30, 0x31))
    refused("extension-request-set.der", "Extensions as a SET", rule, fault, made)
    made = with_attribute(attribute(EXTENSION_REQUEST, SAN_DNS))
    fault = malformed("extension", wrong_tag(0x30, 6))
    refused("extension-request-one-extension.der", "an Extension in the place of Extensions", rule, fault, made)
    fault = malformed("extension", TRUNCATED)
    refused("extension-without-value.der", "extension without extnValue", rule, fault, with_extension(seq(oid(SAN))))
    made = with_extension(seq(oid(SAN), bits(seq(dns("a")))))
    refused(
        "extension-value-bits.der", "extnValue as a BIT STRING", rule, malformed("extension", wrong_tag(4, 3)), made
    )
    made = with_extension(seq(octets(b"x"), oid(OTHER)))
    refused("extension-reversed.der", "extnValue before extnID", rule, malformed("extension", wrong_tag(6, 4)), made)
    made = request(others=[attribute(f"1.2.3.{n}", utf8("x")) for n in range(65)])
    special = "one attribute more than the budget has"
    refused("attributes-65.der", special, "budget: 64 attributes", too_many("attributes", 64), made)
    made = request(extensions=[extension(f"1.2.3.{n}", b"x") for n in range(257)])
    special = "one extension more than the budget has"
    refused("extensions-257.der", special, "budget: 256 extensions", too_many("extensions", 256), made)


def alternative_names():
    text = "general name with a control character or one beyond ASCII"
    form = "element that is none of the nine forms of GeneralName"
    address = "iPAddress of neither 4 nor 16 bytes"
    rule = "R-CSR-2: GeneralName of RFC 5280 section 4.2.1.6"
    for file, special, element, fault in [
        ("dns-utf8", "dNSName in UTF-8", dns("grüße.example"), text),
        ("dns-nul", "dNSName with a NUL", dns("good.example\0.bad.example"), text),
        ("dns-line-feed", "dNSName with a line feed", dns("a.example\nb.example"), text),
        ("dns-empty", "empty dNSName", dns(""), "empty dNSName"),
        ("dns-space", 'the dNSName " "', dns(" "), "empty dNSName"),
        ("rfc822-utf8", "rfc822Name in UTF-8", tlv(0x81, "ü@example.com".encode()), text),
        ("rfc822-nul", "rfc822Name with a NUL", tlv(0x81, b"a@example.com\0.bad"), text),
        ("rfc822-empty", "empty rfc822Name", tlv(0x81), "empty rfc822Name"),
        ("uri-utf8", "URI in UTF-8", tlv(0x86, "https://ü.example".encode()), text),
        ("uri-escape", "URI with an escape character", tlv(0x86, b"https://a\x1b[2J"), text),
        ("uri-empty", "empty URI", tlv(0x86), "empty uniformResourceIdentifier"),
        ("ip-empty", "iPAddress without an octet", tlv(0x87), address),
        ("ip-3", "iPAddress of 3 octets", tlv(0x87, bytes(3)), address),
        ("ip-5", "iPAddress of 5 octets", tlv(0x87, bytes(5)), address),
        ("ip-8", "iPAddress with a mask, as name constraints have it", tlv(0x87, b"\xc0\0\2\0\xff\xff\xff\0"), address),
        ("ip-15", "iPAddress of 15 octets", tlv(0x87, bytes(15)), address),
        ("ip-17", "iPAddress of 17 octets", tlv(0x87, bytes(17)), address),
        ("ip-32", "IPv6 address with a mask", tlv(0x87, bytes(16), b"\xff" * 16), address),
        ("ip-text", "iPAddress as text", tlv(0x87, b"192.0.2.1"), address),
        ("context-9", "[9], which no GeneralName has", tlv(0x89, b"a"), form),
        ("bare-string", "IA5String without the tag of a form", ia5("a.example"), form),
        ("primitive-directory", "directoryName, primitive", tlv(0x84, name((CN, utf8("a")))), form),
        (
            "directory-implicit",
            "directoryName with an implicit tag",
            tlv(0xA4, name((CN, utf8("a")))[2:]),
            wrong_tag(0x30, 0x31),
        ),
        ("directory-two", "directoryName of two Names", tlv(0xA4, name(), name()), TRAILING),
        (
            "directory-utf8",
            "directoryName with invalid UTF-8",
            tlv(0xA4, common_name(tlv(12, b"\xff"))),
            "UTF8String that is not UTF-8",
        ),
        ("other-name-bare", "otherName whose value has no [0]", tlv(0xA0, oid(OTHER), utf8("a")), wrong_tag(0xA0, 12)),
        ("other-name-empty", "otherName without a value", tlv(0xA0, oid(OTHER), tlv(0xA0)), TRUNCATED),
        ("other-name-two", "otherName of two values", tlv(0xA0, oid(OTHER), tlv(0xA0, NULL, NULL)), TRAILING),
        ("edi-party-empty", "ediPartyName without partyName", tlv(0xA5, tlv(0xA0, utf8("a"))), TRUNCATED),
        (
            "rid-padded",
            "registeredID with a padded arc",
            tlv(0x88, b"\x2a\x80\x03"),
            "registeredID that is not an object identifier in DER",
        ),
        (
            "rid-empty",
            "registeredID without an octet",
            tlv(0x88),
            "registeredID that is not an object identifier in DER",
        ),
        ("cut", "dNSName that is longer than the SAN", b"\x82\x20a", TRUNCATED),
    ]:
        fault = malformed("subjectAltName", fault)
        refused(f"san-{file}.der", special, rule, fault, with_extension(san(element)))
    none = malformed("subjectAltName", "GeneralNames without a name")
    refused("san-empty.der", "SAN without a name", rule, none, with_extension(san()))
    made = with_extension(extension(SAN, b""))
    refused("san-no-octets.der", "SAN with an empty value", rule, malformed("subjectAltName", TRUNCATED), made)
    made = with_extension(extension(SAN, octets(seq(dns("a")))))
    fault = malformed("subjectAltName", wrong_tag(0x30, 4))
    refused("san-octets-twice.der", "SAN inside a second OCTET STRING", rule, fault, made)
    made = request(others=[extension_request(san(dns("")), kind=MS_EXTENSIONS)])
    fault = malformed("subjectAltName", "empty dNSName")
    refused("san-microsoft-empty-dns.der", "empty dNSName in Microsoft's attribute", rule, fault, made)
    fault = malformed("subjectAltName", "too many general names")
    made = with_extension(san(*[dns("a")] * 2049))
    refused("san-2049-names.der", "one name more than the budget has", "budget: 2,048 names", fault, made)


# --- R-CSR-3: proof


def whole_signature(change):
    return lambda info, algorithm, signature: seq(info, algorithm, change(signature))


def signatures():
    rule = "R-CSR-2: signatures are whole octets"
    unused = "BIT STRING with unused bits where whole bytes belong"
    made = request(whole=whole_signature(lambda s: tlv(3, b"\x03", s[3:])))
    refused("signature-unused-bits.der", "signature with three unused bits", rule, malformed("signature", unused), made)
    made = request(subject=common_name("x" * 99), whole=whole_signature(lambda s: tlv(3)))
    fault = malformed("signature", "empty BIT STRING content")
    refused("signature-no-octets.der", "BIT STRING without an octet", rule, fault, made)
    made = request(whole=whole_signature(lambda s: octets(s[3:])))
    refused(
        "signature-octet-string.der",
        "signature as an OCTET STRING",
        rule,
        malformed("signature", wrong_tag(3, 4)),
        made,
    )

    rule = "R-CSR-3: possession is proven"
    made = bytearray(request(subject=common_name("csr.example.com")))
    made[made.index(b"csr.example")] ^= 1
    refused("proof-changed-subject.der", "subject changed after signing", rule, INVALID_SIGNATURE, bytes(made))
    made = request(Changed(p256(), sign=lambda s: s[:-1] + bytes([s[-1] ^ 1])))
    refused("proof-changed-signature.der", "last bit of the signature changed", rule, INVALID_SIGNATURE, made)
    made = request(Changed(p256(), spki=spki_of(ec.derive_private_key(7, ec.SECP256R1()))))
    refused("proof-another-key.der", "signed by another key", rule, INVALID_SIGNATURE, made)
    made = request(Changed(p256(), algorithm=ECDSA["sha384"]))
    refused("proof-another-hash.der", "signed with SHA-256, labelled SHA-384", rule, INVALID_SIGNATURE, made)
    made = request(Changed(Pss(load("rsa-2048"), "sha256"), algorithm=PKCS1["sha256"]))
    refused("proof-another-padding.der", "signed with PSS, labelled PKCS#1 v1.5", rule, INVALID_SIGNATURE, made)
    made = request(Changed(p256(), algorithm=PKCS1["sha256"]))
    refused("proof-rsa-algorithm-ec-key.der", "EC key, RSA algorithm", rule, KEY_MISMATCH, made)
    made = request(Changed(rsa_2048(), algorithm=ECDSA["sha256"]))
    refused("proof-ec-algorithm-rsa-key.der", "RSA key, ECDSA algorithm", rule, KEY_MISMATCH, made)
    made = request(Changed(p256(), algorithm=seq(oid(ED25519))))
    refused("proof-ed25519-algorithm-ec-key.der", "EC key, Ed25519 algorithm", rule, KEY_MISMATCH, made)
    made = request(Changed(p256(), sign=lambda s: b""), subject=common_name("x" * 99))
    refused("proof-empty.der", "signature of no octets", rule, INVALID_SIGNATURE, made)

    rule = "R-CSR-3: an ECDSA signature is two INTEGERs of 1 to n - 1 in DER"
    zeros = lambda r, s: lambda signature: ecdsa_pair(signature, lambda *_: (r, s))
    for file, special, change in [
        ("zeros", "r = s = 0 (CVE-2022-21449)", zeros(0, 0)),
        ("order", "r = s = n", zeros(P256_ORDER, P256_ORDER)),
        ("ones", "r = s = 1", zeros(1, 1)),
        ("r-plus-order", "r + n in the place of r", lambda s: ecdsa_pair(s, lambda r, s: (r + P256_ORDER, s))),
        ("negative-s", "s - n in the place of s", lambda s: ecdsa_pair(s, lambda r, s: (r, s - P256_ORDER))),
        ("raw", "r and s without DER (IEEE P1363)", raw_pair),
        ("trailing", "NULL after s", lambda s: seq(s[2:], NULL)),
        ("trailing-after", "a NUL after the SEQUENCE", lambda s: s + b"\0"),
        ("padded", "s with a needless zero octet", pad_s),
        ("long-form", "SEQUENCE in the long form", lambda s: relength(s, b"\x81" + s[1:2])),
        ("indefinite", "SEQUENCE of indefinite length", lambda s: b"\x30\x80" + s[2:] + bytes(2)),
    ]:
        made = request(Changed(p256(), sign=change))
        fault = RAW_SIGNATURE if file == "raw" else INVALID_SIGNATURE
        refused(f"ecdsa-{file}.der", f"ECDSA signature: {special}", rule, fault, made)

    rule = "R-CSR-3: RSASSA-PKCS1-v1_5, the whole block compared (RFC 8017 section 8.2.2)"
    key = load("rsa-2048")
    block = lambda build: lambda message: rsa_raw(key, build(message))
    nobody = lambda build: Nobody(spki_of(key), PKCS1["sha256"], block(build))
    info = digest_info
    for file, special, build in [
        ("no-null", "DigestInfo without NULL", lambda m: pkcs1_block(256, info("sha256", m, b""))),
        ("garbage-after", "octets after DigestInfo", lambda m: pkcs1_block(64, info("sha256", m)) + bytes(192)),
        (
            "garbage-in-parameters",
            "octets inside the parameters",
            lambda m: pkcs1_block(256, info("sha256", m, octets(bytes(99)))),
        ),
        ("block-type-2", "block of type 2", lambda m: b"\0\2" + pkcs1_block(256, info("sha256", m))[2:]),
        (
            "short-padding",
            "padding that starts with a zero",
            lambda m: b"\0\1\0" + pkcs1_block(256, info("sha256", m))[3:],
        ),
        ("another-hash", "DigestInfo of SHA-384", lambda m: pkcs1_block(256, info("sha384", m))),
        ("bare-digest", "digest without DigestInfo", lambda m: pkcs1_block(256, info("sha256", m)[-32:])),
    ]:
        made = request(nobody(build))
        refused(f"pkcs1-{file}.der", f"PKCS#1 v1.5 signature: {special}", rule, INVALID_SIGNATURE, made)
    forged = Nobody(rsa_spki(made_up_modulus(2048), 3), PKCS1["sha256"], lambda m: cube_root_forgery(m))
    special = "forged for exponent 3 by a cube root, with garbage after DigestInfo (CVE-2006-4339)"
    refused("pkcs1-cube-root.der", special, rule, INVALID_SIGNATURE, request(forged))
    rule = "R-CSR-3: an RSA signature has as many octets as the modulus (RFC 8017 section 8.2.2)"
    made = request(Changed(rsa_2048(), sign=lambda s: b"\0" + s))
    refused("rsa-signature-longer.der", "RSA signature with a zero octet before it", rule, INVALID_SIGNATURE, made)
    for number in range(9999):
        subject = common_name(f"csr{number}.example.com")
        signed = request(rsa_2048(), subject=subject)
        if signed[-256] == 0:
            break
    made = request(Changed(rsa_2048(), sign=lambda s: s[1:]), subject=subject)
    refused(
        "rsa-signature-shorter.der",
        "RSA signature without the zero octet that it starts with",
        rule,
        INVALID_SIGNATURE,
        made,
    )
    modulus = key.private_numbers().public_numbers.n
    plus = lambda s: (int.from_bytes(s, "big") + modulus).to_bytes(257, "big")
    made = request(Changed(rsa_2048(), sign=plus))
    refused("rsa-signature-plus-modulus.der", "RSA signature plus the modulus", rule, INVALID_SIGNATURE, made)

    rule = "R-CSR-3: Ed25519 (RFC 8032 section 5.1.7)"
    good = Plain(load("ed25519"), ED25519)
    made = request(
        Changed(good, sign=lambda s: s[:32] + (int.from_bytes(s[32:], "little") + ED25519_ORDER).to_bytes(32, "little"))
    )
    refused("ed25519-s-plus-order.der", "Ed25519 signature with S + L", rule, INVALID_SIGNATURE, made)
    made = request(Changed(good, sign=lambda s: s[:63]))
    refused("ed25519-short.der", "Ed25519 signature of 63 octets", rule, INVALID_SIGNATURE, made)
    neutral = b"\x01" + bytes(31)
    rule = "silent; under a key of small order one signature fits every message"
    spki = seq(seq(oid(ED25519)), bits(neutral))
    made = request(Nobody(spki, seq(oid(ED25519)), neutral + bytes(32)))
    refused(
        "ed25519-small-order.der",
        "Ed25519 key of small order, with a signature that fits everything",
        rule,
        INVALID_KEY,
        made,
    )


ED25519_ORDER = 2**252 + 27742317777372353535851937790883648493


def raw_pair(signature):
    r, s = decode_dss_signature(signature)
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def pad_s(signature):
    r, s = decode_dss_signature(signature)
    return seq(integer(r), tlv(2, b"\0", integer(s)[2:]))


def cube_root(number):
    low, high = 0, 1 << (number.bit_length() // 3 + 1)
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if middle**3 < number else (low, middle)
    return low


def cube_root_forgery(message):
    """A number whose cube starts as a signature's block does; the key is not needed."""
    start = b"\x00\x01" + b"\xff" * 8 + b"\x00" + digest_info("sha256", message)
    least = int.from_bytes(start + bytes(256 - len(start)), "big")
    root = cube_root(least)
    assert (root**3).to_bytes(256, "big").startswith(start)
    return root.to_bytes(256, "big")


def post_quantum_signatures():
    rule = "R-CSR-3: ML-DSA with an empty context (RFC 9881 section 3)"
    key, oid_ = load("ml-dsa-44"), ML_DSA["44"]
    for file, special, change in [
        ("short", "ML-DSA-44 signature without its last octet", lambda s: s[:-1]),
        ("changed", "ML-DSA-44 signature with a bit changed", lambda s: s[:9] + bytes([s[9] ^ 1]) + s[10:]),
    ]:
        made = lambda change=change: request(Changed(Plain(key, oid_), sign=change))
        refused(f"ml-dsa-{file}.der", special, rule, INVALID_SIGNATURE, made)
    made = lambda: request(ContextMlDsa(key, oid_))
    refused("ml-dsa-context.der", "ML-DSA-44 with a context", rule, INVALID_SIGNATURE, made)
    rule = "R-CSR-3: SM2 with the default identifier"
    refused("sm2-no-identifier.der", "SM2 with an empty identifier", rule, INVALID_SIGNATURE, lambda: request(Sm2("")))


class ContextMlDsa(Plain):
    def sign(self, message):
        return self.key.sign(message, b"context")


def algorithms():
    rule = "R-CSR-3: parameters as RFC 4055, RFC 5758, RFC 8410 and RFC 9881 have them"
    key = load("rsa-2048")
    pss_oid = "1.2.840.113549.1.1.10"
    refusal = algorithm(pss_oid)
    for file, special, signer in [
        (
            "salt-20",
            "salt length 20 spelled out, which is the default",
            Pss(key, "sha256", 20, algorithm=pss_algorithm("sha256", 20, salt_default=tlv(0xA2, integer(20)))),
        ),
        (
            "salt-991",
            "a salt longer than 8192 bits have room for",
            Changed(Pss(key, "sha256"), algorithm=pss_algorithm("sha256", 991)),
        ),
        ("mgf1-sha1", "MGF1 with SHA-1", Pss(key, "sha256", mask_hash="sha1")),
        (
            "sha1-defaults",
            "parameters that are all defaults: SHA-1",
            Pss(key, "sha1", 20, algorithm=seq(oid(pss_oid), seq())),
        ),
        ("no-parameters", "no parameters", Changed(Pss(key, "sha256"), algorithm=seq(oid(pss_oid)))),
        ("null", "NULL in the place of parameters", Changed(Pss(key, "sha256"), algorithm=seq(oid(pss_oid), NULL))),
        (
            "trailer",
            "trailerField 1 spelled out",
            Pss(key, "sha256", algorithm=pss_algorithm("sha256", 32, trailer=tlv(0xA3, integer(1)))),
        ),
        (
            "trailer-2",
            "trailerField 2",
            Pss(key, "sha256", algorithm=pss_algorithm("sha256", 32, trailer=tlv(0xA3, integer(2)))),
        ),
        ("negative-salt", "salt length -1", Changed(Pss(key, "sha256"), algorithm=pss_algorithm("sha256", -1))),
        ("huge-salt", "salt length 2^31", Changed(Pss(key, "sha256"), algorithm=pss_algorithm("sha256", 2**31))),
    ]:
        refused(f"pss-{file}.der", f"RSASSA-PSS: {special}", rule, refusal, request(signer))
    for file, special, salt in [
        ("salt-of-another-length", "a salt of 32 octets where 33 are said", 33),
        ("salt-223", "a salt longer than 2048 bits have room for", 223),
    ]:
        made = request(Changed(Pss(key, "sha256"), algorithm=pss_algorithm("sha256", salt)))
        refused(f"pss-{file}.der", f"RSASSA-PSS: {special}", "R-CSR-3: possession is proven", INVALID_SIGNATURE, made)
    for file, special, signer, identifier in [
        ("ecdsa-null", "ecdsa-with-SHA256 with NULL", p256(), seq(oid("1.2.840.10045.4.3.2"), NULL)),
        ("ed25519-null", "Ed25519 with NULL", Plain(load("ed25519"), ED25519), seq(oid(ED25519), NULL)),
        (
            "rsa-octets",
            "sha256WithRSAEncryption with an OCTET STRING",
            rsa_2048(),
            seq(oid("1.2.840.113549.1.1.11"), octets(b"")),
        ),
        (
            "rsa-trailing",
            "sha256WithRSAEncryption with two NULLs",
            rsa_2048(),
            seq(oid("1.2.840.113549.1.1.11"), NULL, NULL),
        ),
    ]:
        named = {"ecdsa": "1.2.840.10045.4.3.2", "ed25519": ED25519, "rsa": "1.2.840.113549.1.1.11"}[file.split("-")[0]]
        made = request(signer, algorithm=identifier)
        refused(f"algorithm-{file}.der", f"signature algorithm {special}", rule, algorithm(named), made)
    rule = "R-CSR-3: the algorithms"
    for file, special, signer, named in [
        ("md5", "md5WithRSAEncryption", rsa_2048("md5"), "1.2.840.113549.1.1.4"),
        ("rsa-sha224", "sha224WithRSAEncryption", rsa_2048("sha224"), "1.2.840.113549.1.1.14"),
        ("ecdsa-sha224", "ecdsa-with-SHA224", p256("sha224"), "1.2.840.10045.4.3.1"),
        (
            "rsa-encryption",
            "rsaEncryption",
            Changed(rsa_2048(), algorithm=seq(oid(RSA_ENCRYPTION), NULL)),
            RSA_ENCRYPTION,
        ),
        (
            "ec-public-key",
            "id-ecPublicKey",
            Changed(p256(), algorithm=seq(oid(EC_PUBLIC_KEY), oid(P256))),
            EC_PUBLIC_KEY,
        ),
        ("unknown", "an identifier that nobody knows", Changed(p256(), algorithm=seq(oid(OTHER))), OTHER),
        (
            "no-signature",
            "id-alg-noSignature (RFC 6402) with a digest",
            Changed(p256(), algorithm=seq(oid("1.3.6.1.5.5.7.6.2"), NULL)),
            "1.3.6.1.5.5.7.6.2",
        ),
        (
            "hash-ml-dsa",
            "HashML-DSA-44 with SHA-512",
            Changed(p256(), algorithm=seq(oid("2.16.840.1.101.3.4.3.32"))),
            "2.16.840.1.101.3.4.3.32",
        ),
    ]:
        refused(f"algorithm-{file}.der", f"signature algorithm {special}", rule, algorithm(named), request(signer))
    rule = "R-CSR-3: no SHA-1"
    sha1 = "signature algorithm {} rests on SHA-1, which the key policy does not allow"
    for file, special, signer, label in [
        ("rsa-sha1", "sha1WithRSAEncryption", rsa_2048("sha1"), "SHA1WITHRSA"),
        ("ecdsa-sha1", "ecdsa-with-SHA1", p256("sha1"), "SHA1WITHECDSA"),
    ]:
        refused(f"algorithm-{file}.der", special, rule, refused_key(sha1.format(label)), request(signer))
    rule = "R-CSR-2: AlgorithmIdentifier of RFC 5280 section 4.1.1.2"
    made = request(algorithm=seq())
    fault = malformed("signatureAlgorithm", TRUNCATED)
    refused("algorithm-empty.der", "signature algorithm without an identifier", rule, fault, made)
    made = request(algorithm=oid("1.2.840.10045.4.3.2"))
    fault = malformed("signatureAlgorithm", wrong_tag(0x30, 6))
    refused("algorithm-bare.der", "signature algorithm as a bare identifier", rule, fault, made)


# --- R-CSR-4: keys


def rsa_keys():
    rule = "R-CSR-4: RSA 2048 to 8192 bits, refused before any public-key operation"
    too = lambda size: refused_key(f"the RSA modulus has {size} bits; 2048 to 8192 are allowed")
    made = request(Rsa(load("rsa-1024")))
    refused("rsa-1024.der", "RSA of 1024 bits", rule, too(1024), made)
    for size in [512, 2047, 8193, 16384]:
        signature = bytes((size + 7) // 8)
        made = request(Nobody(rsa_spki(made_up_modulus(size), 65537), PKCS1["sha256"], signature))
        refused(f"rsa-{size}.der", f"RSA of {size} bits (a made-up modulus)", rule, too(size), made)
    wide = Nobody(rsa_spki(made_up_modulus(16384), made_up_modulus(16380)), PKCS1["sha256"], bytes(2048))
    special = "RSA of 16384 bits with an exponent as long (CVE-2006-2940)"
    refused("rsa-16384-long-exponent.der", special, rule, too(16384), request(wide))

    rule = "R-CSR-4: odd exponent, 3 to 2^32 - 1"
    exponent = refused_key("the RSA exponent must be odd, at least 3 and below 2^32")
    modulus = made_up_modulus(2048)
    block = lambda m: pkcs1_block(256, digest_info("sha256", m))
    identity = Nobody(rsa_spki(modulus, 1), PKCS1["sha256"], block)
    refused("rsa-exponent-1.der", "exponent 1, under which every block signs itself", rule, exponent, request(identity))
    for file, number in {"2": 2, "4": 4, "65536": 65536, "2-to-the-32-plus-1": 2**32 + 1, "even-long": 2**64}.items():
        made = request(Nobody(rsa_spki(modulus, number), PKCS1["sha256"], bytes(256)))
        refused(f"rsa-exponent-{file}.der", f"exponent {file.replace('-', ' ')}", rule, exponent, made)
    made = request(Nobody(rsa_spki(modulus, modulus - 2), PKCS1["sha256"], bytes(256)))
    refused("rsa-exponent-long.der", "exponent of 2048 bits", rule, exponent, made)

    rule = "R-CSR-2, R-CSR-4: a modulus and an exponent are positive INTEGERs in DER"
    number = malformed_key("INTEGER that is not positive or not in its shortest form")
    key = rsa_2048()
    n = key.key.public_key().public_numbers().n
    unsigned = n.to_bytes(256, "big")
    for file, special, pair in [
        ("negative-modulus", "modulus without its sign octet, and so negative", (tlv(2, unsigned), 65537)),
        ("padded-modulus", "modulus with two zero octets", (tlv(2, bytes(2), unsigned), 65537)),
        ("zero-modulus", "modulus 0", (0, 65537)),
        ("empty-modulus", "modulus without an octet", (tlv(2), 65537)),
        ("negative-exponent", "exponent -65537", (n, -65537)),
        ("zero-exponent", "exponent 0", (n, 0)),
        ("padded-exponent", "exponent with a zero octet", (n, tlv(2, b"\0\1\0\1"))),
    ]:
        refused(f"rsa-{file}.der", special, rule, number, request(Changed(key, spki=rsa_spki(*pair))))
    rule = "silent; the verifier takes no even modulus"
    made = request(EvenRsa())
    refused("rsa-even-modulus.der", "modulus 2p, with a signature that verifies by arithmetic", rule, INVALID_KEY, made)

    rule = "R-CSR-2: rsaEncryption has NULL parameters (RFC 3279 section 2.3.1)"
    null = malformed_key("rsaEncryption without NULL parameters")
    for file, special, parameters in [
        ("no-null", "without NULL", b""),
        ("empty-sequence", "with an empty SEQUENCE", seq()),
        ("long-null", "with a NULL that is not empty", tlv(5, b"\0")),
    ]:
        spki = rsa_spki(n, 65537, seq(oid(RSA_ENCRYPTION), parameters))
        refused(f"rsa-key-{file}.der", f"rsaEncryption {special}", rule, null, request(Changed(key, spki=spki)))
    rule = "silent; the API has no such keys (R-CSR-4 speaks of RSA)"
    for file, special, identifier, parameters in [
        ("pss", "id-RSASSA-PSS", "1.2.840.113549.1.1.10", b""),
        ("oaep", "id-RSAES-OAEP", "1.2.840.113549.1.1.7", b""),
        ("x509", "id-ea-rsa of X.509 (2.5.8.1.1)", "2.5.8.1.1", integer(2048)),
    ]:
        spki = rsa_spki(n, 65537, seq(oid(identifier), parameters))
        fault = refused_key(f"public key algorithm {with_name(identifier)} is not supported")
        refused(
            f"rsa-key-{file}.der",
            f"RSA key with the algorithm {special}",
            rule,
            fault,
            request(Changed(key, spki=spki)),
        )
    rule = "R-CSR-2: subjectPublicKey is whole octets"
    fault = malformed_key("BIT STRING with unused bits where whole bytes belong")
    spki = seq(seq(oid(RSA_ENCRYPTION), NULL), tlv(3, b"\x01", key.spki[24:]))
    refused("key-unused-bits.der", "subjectPublicKey with an unused bit", rule, fault, request(Changed(key, spki=spki)))


class EvenRsa:
    """RSA with the primes 2 and p: e is odd and inverts modulo p - 1, and so the arithmetic holds."""

    algorithm = PKCS1["sha256"]

    def __init__(self):
        self.p = made_up_prime(2047)
        self.spki = rsa_spki(2 * self.p, 65537)

    def sign(self, message):
        block = int.from_bytes(pkcs1_block(256, digest_info("sha256", message)), "big")
        root = pow(block, pow(65537, -1, self.p - 1), self.p)
        return (root if root % 2 == block % 2 else root + self.p).to_bytes(256, "big")


def ec_keys():
    rule = "silent; points are uncompressed, the one form that RFC 5480 section 2.2 makes everybody read"
    good = p256()
    x, y = good.spki[27:59], good.spki[59:]
    named = oid(P256)
    with_point = lambda point, curve=named: request(Changed(good, spki=ec_spki(curve, point)))
    for file, special, point in [
        ("compressed", "compressed point", bytes([2 + (y[-1] & 1)]) + x),
        ("hybrid", "point in the hybrid form", bytes([6 + (y[-1] & 1)]) + x + y),
        ("infinity", "point at infinity", b"\0"),
        ("empty", "point without an octet", b""),
        ("short", "point without its last octet", b"\4" + x + y[:-1]),
        ("long", "point with one octet more", b"\4" + x + y + b"\0"),
        ("bare", "x and y without the octet that says so", x + y),
    ]:
        refused(f"point-{file}.der", special, rule, POINT, with_point(point))
    other = Ec(load("ec-p384"))
    made = request(Changed(good, spki=ec_spki(named, other.spki[23:])))
    refused("point-of-another-curve.der", "P-384 point labelled P-256", rule, POINT, made)
    rule = "R-CSR-4: EC points on the curve"
    prime = 2**256 - 2**224 + 2**192 + 2**96 - 1
    for file, special, point in [
        ("off-curve", "point off its curve", b"\4" + x + y[:-1] + bytes([y[-1] ^ 1])),
        ("zeros", "point (0, 0)", b"\4" + bytes(64)),
        ("beyond-field", "coordinates of 2^256 - 1", b"\4" + b"\xff" * 64),
        ("invalid-curve", "point of order 2 on another curve (an invalid-curve attack)", b"\4" + x + bytes(32)),
        ("plus-field", "x + p in the place of x", plus_field(prime)),
    ]:
        refused(f"point-{file}.der", special, rule, INVALID_KEY, with_point(point))

    rule = "R-CSR-4: named curves only"
    pem_ = DIRECTORY / "ec-p256.explicit-parameters.pem"
    explicit = ["-pubout", "-outform", "DER", "-ec_param_enc", "explicit"]
    spki = subprocess.check_output(["openssl", "pkey", "-in", pem_, *explicit])
    # For the key that signs.
    spki = spki[:-65] + good.spki[26:]
    made = request(Changed(good, spki=spki))
    refused("curve-explicit.der", "P-256 by explicit parameters", rule, EXPLICIT, made)
    made = request(CurveBall(good, spki))
    special = "P-256 by explicit parameters with another generator (CVE-2020-0601)"
    refused("curve-explicit-generator.der", special, rule, EXPLICIT, made)
    missing = malformed_key("id-ecPublicKey without a named curve")
    point = good.spki[26:]
    refused("curve-implicit.der", "implicitCurve (NULL)", rule, missing, with_point(point, NULL))
    refused("curve-missing.der", "id-ecPublicKey without parameters", rule, missing, with_point(point, b""))
    rule = "R-CSR-4: the curves of the API"
    unknown = lambda curve: refused_key(f"elliptic curve {with_name(curve)} is not supported; use P-256, P-384, P-521 or SM2")
    for file, special, curve, identifier in [
        ("secp256k1", "secp256k1", ec.SECP256K1(), "1.3.132.0.10"),
        ("p192", "P-192", ec.SECP192R1(), "1.2.840.10045.3.1.1"),
        ("p224", "P-224", ec.SECP224R1(), "1.3.132.0.33"),
        ("brainpool-p256", "brainpoolP256r1", ec.BrainpoolP256R1(), "1.3.36.3.3.2.8.1.1.7"),
    ]:
        refused(f"curve-{file}.der", f"curve {special}", rule, unknown(identifier), request(Ec(small_key(curve))))
    rule = "R-CSR-3, R-CSR-4: the algorithms of keys"
    for file, special, identifier, parameters, content in [
        (
            "dsa",
            "DSA",
            "1.2.840.10040.4.1",
            seq(integer(made_up_modulus(1024)), integer(made_up_modulus(160)), integer(2)),
            integer(made_up_modulus(1000)),
        ),
        (
            "dh",
            "Diffie-Hellman",
            "1.2.840.113549.1.3.1",
            seq(integer(made_up_modulus(2048)), integer(2)),
            integer(made_up_modulus(2000)),
        ),
        ("x25519", "X25519", "1.3.101.110", b"", bytes(range(32))),
        ("ed448", "Ed448", "1.3.101.113", b"", bytes(57)),
        ("ec-dh", "id-ecDH", "1.3.132.1.12", named, point),
        ("curve-as-algorithm", "the curve in the place of id-ecPublicKey", P256, b"", point),
        ("unknown", "an identifier that nobody knows", OTHER, b"", b"key"),
    ]:
        spki = seq(seq(oid(identifier), parameters), bits(content))
        fault = refused_key(f"public key algorithm {with_name(identifier)} is not supported")
        refused(f"key-{file}.der", f"key algorithm: {special}", rule, fault, request(Changed(good, spki=spki)))
    rule = "R-CSR-3: Ed25519 and ML-DSA keys have their length and no parameters (RFC 8410, RFC 9881)"
    ed = Plain(load("ed25519"), ED25519)
    none = malformed_key("parameters where the algorithm has none")
    made = request(Changed(ed, spki=seq(seq(oid(ED25519), NULL), bits(ed.spki[12:]))))
    refused("ed25519-key-null.der", "Ed25519 key with NULL parameters", rule, none, made)
    size = malformed_key("key of the wrong length")
    made = request(Changed(ed, spki=seq(seq(oid(ED25519)), bits(ed.spki[12:-1]))))
    refused("ed25519-key-short.der", "Ed25519 key of 31 octets", rule, size, made)
    made = request(Changed(ed, spki=seq(seq(oid(ED25519)), bits(octets(ed.spki[12:])))))
    refused("ed25519-key-octet-string.der", "Ed25519 key inside an OCTET STRING", rule, size, made)
    ml = spki_of(load("ml-dsa-44"))
    start = len(ml) - 1312
    identifier = seq(oid(ML_DSA["44"]))
    for file, special, spki, fault in [
        ("null", "ML-DSA-44 key with NULL parameters", seq(seq(oid(ML_DSA["44"]), NULL), bits(ml[start:])), none),
        ("short", "ML-DSA-44 key of 1311 octets", seq(identifier, bits(ml[start:-1])), size),
        ("of-another-set", "ML-DSA-44 key labelled ML-DSA-65", seq(seq(oid(ML_DSA["65"])), bits(ml[start:])), size),
    ]:
        made = request(Nobody(spki, identifier, bytes(2420)))
        refused(f"ml-dsa-key-{file}.der", special, rule, fault, made)
    rule = "R-CSR-2: SubjectPublicKeyInfo of RFC 5280 section 4.1"
    for file, special, spki, fault in [
        ("no-algorithm", "subjectPublicKey alone", seq(good.spki[23:]), malformed_key(wrong_tag(0x30, 3))),
        ("empty", "empty SubjectPublicKeyInfo", seq(), malformed_key(TRUNCATED)),
        (
            "no-bits",
            "subjectPublicKey without an octet",
            seq(good.spki[2:23], tlv(3)),
            malformed_key("empty BIT STRING content"),
        ),
        (
            "octet-string",
            "subjectPublicKey as an OCTET STRING",
            seq(good.spki[2:23], octets(point)),
            malformed_key(wrong_tag(3, 4)),
        ),
    ]:
        made = request(Changed(good, spki=spki), common_name("x" * 99))
        refused(f"key-{file}.der", special, rule, fault, made)


def plus_field(prime):
    """x + p in 32 octets, which only a small x leaves room for; nobody has the key."""
    b = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
    for x in range(1, 99):
        square = (x**3 - 3 * x + b) % prime
        y = pow(square, (prime + 1) // 4, prime)
        if y * y % prime == square:
            return b"\4" + (x + prime).to_bytes(32, "big") + y.to_bytes(32, "big")
    raise ValueError


def small_key(curve):
    return ec.derive_private_key(7, curve)


class CurveBall:
    """Another generator gives any point a known private key: with the public key as the generator, the private key is 1."""

    def __init__(self, good, explicit):
        generator = good.spki[26:]
        standard = ec.derive_private_key(1, ec.SECP256R1())
        assert explicit.count(spki_of(standard)[26:]) == 1
        self.spki, self.algorithm = explicit.replace(spki_of(standard)[26:], generator), good.algorithm
        self.key = good.key

    def sign(self, message):
        # With private key 1 and nonce 1: r = x of the generator, s = digest + r.
        x = self.key.public_key().public_numbers().x % P256_ORDER
        digest = int.from_bytes(hashlib.sha256(message).digest(), "big")
        return seq(integer(x), integer((digest + x) % P256_ORDER))


# --- R-CSR-1: sizes and forms


def forms():
    rule = "R-CSR-1: 1 to 32,768 octets"
    refused("size-0.der", "no octet at all", rule, too_long(0), b"")
    refused("size-32769.der", "one octet more than the longest request", rule, too_long(32769), of_size(32769))
    long = to_pem(of_size(24600))
    refused("size-of-pem.pem", "DER of 24,600 octets in longer PEM", rule, too_long(len(long)), long)
    rule = "R-CSR-1: one PEM block with the right label, or bare DER"
    der = request(extensions=[SAN_DNS])
    good = to_pem(der)
    begin = "there is no line '-----BEGIN CERTIFICATE REQUEST-----'"
    base64 = "the PEM block's content is not base64"
    label = "the PEM block is labelled '{}'{}, not 'CERTIFICATE REQUEST'"
    start = "'-----BEGIN CERTIFICATE REQUEST-----' does not start a line: something other than white space is before it"
    bare = "it is the base64 of a certification request without the lines '-----BEGIN CERTIFICATE REQUEST-----' and "
    bare += "'-----END CERTIFICATE REQUEST-----'"
    utf_16 = "it is a text in UTF-16, which must be saved as ASCII or UTF-8"
    pkcs7 = "the content is PKCS#7, not a certification request"
    after = "something other than white space follows the PEM block"
    no_end = "the PEM block has no line '-----END CERTIFICATE REQUEST-----'"
    for file, special, made, fault in [
        ("label-certificate", "label CERTIFICATE", to_pem(der, "CERTIFICATE"), label.format("CERTIFICATE", " (a certificate)")),
        (
            "label-lower-case",
            "label in lower case",
            to_pem(der, "certificate request"),
            label.format("certificate request", ""),
        ),
        ("label-unknown", "label PKCS10", to_pem(der, "PKCS10"), label.format("PKCS10", "")),
        ("two-blocks", "two blocks", good + good, after),
        ("text-after", "text after the block", good + b"text\n", after),
        ("no-end", "no last line", good[: good.index(b"-----END")], no_end),
        (
            "other-end",
            "last line with another label",
            good.replace(b"END CERTIFICATE REQUEST", b"END NEW CERTIFICATE REQUEST"),
            no_end,
        ),
        ("not-base64", "`*` in the base64", good.replace(b"\nMI", b"\nM*"), base64),
        ("no-padding", "base64 without its padding", without_padding(), base64),
        ("url-alphabet", "base64 in the URL alphabet", good.replace(b"+", b"-").replace(b"/", b"_"), base64),
        (
            "headers",
            "headers in the block (RFC 1421)",
            good.replace(b"REQUEST-----\nM", b"REQUEST-----\nProc-Type: 4,CLEAR\n\nM"),
            base64,
        ),
        ("comment", "a comment in the block", good.replace(b"REQUEST-----\nM", b"REQUEST-----\n# comment\nM"), base64),
        ("nul", "NUL in the base64", good.replace(b"\nMI", b"\nM\0I"), base64),
        ("byte-order-mark", "byte order mark before the first line", b"\xef\xbb\xbf" + good, start),
        ("utf-16", "PEM in UTF-16, as Windows writes text", good.decode().encode("utf-16"), utf_16),
        ("bare-base64", "base64 without its lines", b"".join(good.splitlines()[1:-1]), bare),
        ("four-dashes", "four dashes", good.replace(b"-----", b"----"), begin),
        ("hexadecimal", "hexadecimal digits", der.hex().encode(), begin),
        ("white-space", "white space alone", b"\r\n\t ", "it is empty but for white space"),
        ("pkcs7", "PKCS#7 in DER", seq(oid("1.2.840.113549.1.7.2"), tlv(0xA0, seq(integer(1)))), pkcs7),
    ]:
        refused(f"pem-{file}.pem", special, rule, pem(fault), made)
    made = to_pem(der + b"\0")
    rule = "R-CSR-2: trailing octets"
    fault = malformed("CertificationRequest", TRAILING)
    refused("pem-trailing-der.pem", "a NUL after the request, inside the block", rule, fault, made)


def without_padding():
    for spare in range(9):
        good = to_pem(request(subject=common_name("x" * spare + "csr"), extensions=[SAN_DNS]))
        if b"=\n" in good:
            return good.replace(b"=", b"")
    raise ValueError


def build():
    for part in [
        lengths,
        trailing,
        constructed,
        versions,
        missing_attributes,
        orders,
        identifiers,
        booleans,
        high_tags,
    ]:
        part()
    for part in [subjects, attribute_sets, alternative_names, signatures, post_quantum_signatures, algorithms]:
        part()
    for part in [rsa_keys, ec_keys, forms]:
        part()
