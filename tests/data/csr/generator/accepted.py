"""Requests for which a certificate must be issued."""

from case import NO_NAME, accepted, malformed, refused, request, to_pem
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from der import *
from keys import *

OTHER = "1.2.3.4"


def all_keys():
    rule = "R-CSR-3, R-CSR-4: algorithms and keys"
    for curve, file in {"p256": "ec-p256", "p384": "ec-p384", "p521": "ec-p521"}.items():
        for hash in ["sha256", "sha384", "sha512"]:
            special = f"ECDSA on {curve.upper().replace('P', 'P-')} with {hash.upper().replace('A', 'A-')}"
            accepted(f"key-{curve}-{hash}.der", special, rule, request(Ec(load(file), hash)))
    for size in [2048, 3072, 4096]:
        key = load(f"rsa-{size}")
        accepted(f"key-rsa{size}.der", f"RSA of {size} bits, PKCS#1 v1.5 with SHA-256", rule, request(Rsa(key)))
    for hash in ["sha384", "sha512"]:
        made = request(rsa_2048(hash))
        accepted(f"key-rsa2048-{hash}.der", f"RSA, PKCS#1 v1.5 with SHA-{hash[3:]}", rule, made)
    made = lambda: request(Rsa(new_rsa(8192, 65537), "sha512"))
    accepted("key-rsa8192.der", "the longest RSA key, with SHA-512", rule, made)
    accepted("key-rsa2048-exponent-3.der", "the least RSA exponent", rule, lambda: request(Rsa(new_rsa(2048, 3))))
    made = lambda: request(Rsa(new_rsa(2048, 2**32 - 1)))
    accepted("key-rsa2048-exponent-largest.der", "RSA exponent 2^32 - 1", rule, made)
    key = load("rsa-2048")
    for hash in ["sha256", "sha384", "sha512"]:
        accepted(f"pss-{hash}.der", f"RSASSA-PSS with SHA-{hash[3:]}", rule, request(Pss(key, hash)))
    for hash, salt, special in [
        ("sha256", 0, "no salt"),
        ("sha256", 20, "the default salt of 20 bytes, left out of the parameters"),
        ("sha256", 33, "a salt one octet longer than the hash"),
        ("sha384", 206, "the longest salt that 2048 bits have room for"),
        ("sha512", 32, "a salt shorter than the hash"),
    ]:
        special = f"RSASSA-PSS with SHA-{hash[3:]} and {special}"
        accepted(f"pss-{hash}-salt-{salt}.der", special, rule, request(Pss(key, hash, salt)))
    made = request(Pss(key, "sha256", algorithm=pss_algorithm("sha256", 32, null=b"")))
    accepted("pss-hashes-without-null.der", "RSASSA-PSS whose hashes have absent parameters", rule, made)
    made = request(Changed(rsa_2048(), algorithm=seq(oid("1.2.840.113549.1.1.11"))))
    accepted("rsa-algorithm-without-null.der", "sha256WithRSAEncryption with absent parameters", rule, made)
    accepted("key-ed25519.der", "Ed25519", rule, request(Plain(load("ed25519"), ED25519)))
    for size, algorithm in ML_DSA.items():
        made = lambda size=size, algorithm=algorithm: request(Plain(load(f"ml-dsa-{size}"), algorithm))
        differs = "R-CSR-3: ML-DSA, which OpenSSL knows from 3.5 on"
        accepted(f"key-ml-dsa-{size}.der", f"ML-DSA-{size}", rule, made, differs=differs)
    differs = "R-CSR-3: SM2 with SM3, which pyca does not know"
    accepted("key-sm2.der", "SM2 with SM3 and the default identifier", rule, lambda: request(Sm2()), differs=differs)


def odd_numbers():
    rule = "R-CSR-3, R-CSR-4: nothing rules it out"
    # x starts with a zero octet.
    scalar = next(k for k in range(2, 9999) if point_of(k).x >> 248 == 0)
    key = ec.derive_private_key(scalar, ec.SECP256R1())
    accepted("p256-x-with-leading-zero.der", "P-256 point whose x starts with a zero octet", rule, request(Ec(key)))
    # r of fewer octets than the order.
    for number in range(9999):
        made = request(subject=common_name(f"csr{number}.example.com"))
        if decode_dss_signature(signature_of(made))[0] >> 247 == 0:
            break
    accepted("ecdsa-short-r.der", "ECDSA signature whose r is shorter than the order", rule, made)
    rule = "silent; that a modulus has two factors is nobody's to see"
    made = request(Rsa2048Prime())
    accepted("rsa-prime-modulus.der", "RSA modulus that is a prime", rule, made)
    rule = "silent; both forms of s verify (FIPS 186-5)"
    made = request(Changed(p256(), sign=lambda s: ecdsa_pair(s, lambda r, s: (r, max(s, P256_ORDER - s)))))
    accepted("ecdsa-high-s.der", "ECDSA signature with the greater s", rule, made)
    made = request(Changed(p256(), sign=lambda s: ecdsa_pair(s, lambda r, s: (r, min(s, P256_ORDER - s)))))
    accepted("ecdsa-low-s.der", "ECDSA signature with the lesser s", rule, made)


class Rsa2048Prime:
    """With a prime modulus the private exponent inverts modulo p - 1: anybody can sign."""

    algorithm = PKCS1["sha256"]

    def __init__(self):
        self.p = made_up_prime(2048)
        self.spki = rsa_spki(self.p, 65537)

    def sign(self, message):
        block = int.from_bytes(pkcs1_block(256, digest_info("sha256", message)), "big")
        return pow(block, pow(65537, -1, self.p - 1), self.p).to_bytes(256, "big")


P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def ecdsa_pair(signature, change):
    return seq(*(integer(part) for part in change(*decode_dss_signature(signature))))


def point_of(scalar):
    return ec.derive_private_key(scalar, ec.SECP256R1()).public_key().public_numbers()


def signature_of(der):
    """The signature of a request that is signed with P-256."""
    start = der.rindex(ECDSA["sha256"]) + len(ECDSA["sha256"])
    return der[start + 3 :]


def subjects():
    rule = "R-CSR-5: subjects pass byte for byte"
    long = "x" * 104
    tags = {"utf8": 0x0C, "numeric": 0x12, "printable": 0x13, "teletex": 0x14, "ia5": 0x16, "visible": 0x1A}
    tags |= {"general": 0x1B, "universal": 0x1C, "bmp": 0x1E, "videotex": 0x15, "graphic": 0x19}
    texts = {"utf8": "Grüße 鍵 \U0001f511".encode(), "numeric": b"0123456789", "teletex": b"Stra\xdfe \xc8u"}
    texts |= {"universal": "鍵\U0001f511".encode("utf-32-be"), "bmp": "Grüße 鍵".encode("utf-16-be")}
    names = {"utf8": "UTF8String", "numeric": "NumericString", "printable": "PrintableString"}
    names |= {"teletex": "TeletexString", "ia5": "IA5String", "visible": "VisibleString", "general": "GeneralString"}
    names |= {"universal": "UniversalString", "bmp": "BMPString", "videotex": "VideotexString"}
    names |= {"graphic": "GraphicString"}
    differs = "R-CSR-5: string types pass, also those that DirectoryString does not have"
    for kind, tag in tags.items():
        made = request(subject=common_name(tlv(tag, texts.get(kind, b"csr.example.com"))))
        accepted(f"subject-{kind}.der", f"CN as {names[kind]}", rule, made, differs=differs)
    for file, special, subject in [
        ("long-cn", "CN of 104 characters; X.520 allows 64", common_name(long)),
        ("very-long-cn", "CN of 1,000 characters", common_name("y" * 1000)),
        ("printable-beyond-its-set", "PrintableString with `*`, `@`, `_` and `&`", common_name(printable("*.a_b@c&d"))),
        ("country-of-three", "C of three characters, as UTF8String", name((COUNTRY, utf8("DEU")), (CN, utf8("c")))),
        ("bidi-and-control", "right-to-left override, line feed and escape", common_name("a\u202eb\n\x1b[2Jc")),
        ("byte-order-mark", "UTF8String that starts with a byte order mark", common_name("\ufeffcsr")),
        ("noncharacter", "UTF8String with U+FFFF and U+10FFFF", common_name("a\uffff\U0010ffff")),
        ("bmp-surrogates", "BMPString with a pair of surrogates", common_name(bmp("\U0001f511"))),
        ("bmp-lone-surrogate", "BMPString with one surrogate", common_name(tlv(0x1E, b"\xd8\x00"))),
        ("universal-beyond-unicode", "UniversalString beyond U+10FFFF", common_name(tlv(0x1C, b"\x00\x11\x00\x00"))),
        ("octet-string", "attribute of an unknown type, an OCTET STRING", name((OTHER, octets(b"\x00\xff")))),
        ("structured-value", "attribute whose value is a SEQUENCE", name((OTHER, seq(utf8("a"), integer(1))))),
        ("same-type-twice", "two CNs, each in an RDN of its own", name((CN, utf8("a")), (CN, utf8("a")))),
        ("multi-valued", "RDN of three attributes in DER order", multi_valued()),
        ("domain-components", "DCs as IA5String, emailAddress", domain_components()),
        ("reversed", "CN first, C last", name((CN, utf8("csr")), (O, utf8("Example")), (COUNTRY, printable("DE")))),
        ("arc-of-32-bits", "attribute type with the arc 2^32 - 1", name((f"1.2.{2**32 - 1}", utf8("a")))),
        ("oid-of-63-octets", "attribute type of 63 octets", name((".".join(["1", "2", *["3"] * 62]), utf8("a")))),
        ("256-attributes", "as many attributes as the budget has", name(*[(OU, utf8("x"))] * 256)),
        ("deep-value", "attribute value nested 8,000 deep", name((OTHER, deep(8000)))),
        (
            "root-arcs",
            "attribute types 0.39, 1.39 and 2.999",
            name(*((o, utf8("a")) for o in ["0.39", "1.39", "2.999"])),
        ),
    ]:
        differs = "R-CSR-5: subjects pass byte for byte; the value breaks its type or the bounds of X.520, but is DER"
        accepted(f"subject-{file}.der", special, rule, request(subject=subject), differs=differs)
    rule = "R-CSR-9: attributes of empty text say nothing, so there is neither subject nor SAN"
    refused("subject-empty-value.der", "CN with an empty value", rule, NO_NAME, request(subject=common_name("")))
    rule = "R-CSR-7: a critical SAN stands in for the subject"
    made = request(subject=name(), extensions=[san(dns("csr.example.com"), critical=TRUE)])
    accepted("subject-empty-san-critical.der", "empty subject, critical SAN", rule, made)


def multi_valued():
    return seq(set_of(*(name_attribute(*part) for part in [(CN, utf8("a")), (OU, utf8("b")), (O, printable("c"))])))


def domain_components():
    parts = [("0.9.2342.19200300.100.1.25", ia5(text)) for text in ["com", "example"]]
    return name(*parts, (EMAIL, ia5("a@example.com")))


def deep(levels):
    inner = NULL
    for _ in range(levels):
        inner = seq(inner)
    return inner


UPN = "1.3.6.1.4.1.311.20.2.3"


def alternative_names():
    rule = "R-MRG-1: a SAN is copied; RFC 5280 section 4.2.1.6 sets its form"
    directory = tlv(0xA4, name((COUNTRY, printable("DE")), (CN, utf8("Grüße"))))
    edi = tlv(0xA5, tlv(0xA0, utf8("Assigner")), tlv(0xA1, printable("Party")))
    v6 = bytes.fromhex("20010db8000000000000000000000001")
    forms = {
        "other-name": ("otherName, a user principal name", tlv(0xA0, oid(UPN), tlv(0xA0, utf8("u@example.com")))),
        "rfc822": ("rfc822Name", tlv(0x81, b"a@example.com")),
        "dns": ("dNSName", dns("csr.example.com")),
        "x400": ("x400Address", tlv(0xA3, seq(tlv(0x61, printable("DE"))))),
        "directory": ("directoryName", directory),
        "edi-party": ("ediPartyName", edi),
        "uri": ("uniformResourceIdentifier", tlv(0x86, b"https://example.com/a?b#c")),
        "ipv4": ("iPAddress of 4 octets", tlv(0x87, bytes([192, 0, 2, 1]))),
        "ipv6": ("iPAddress of 16 octets", tlv(0x87, v6)),
        "registered-id": ("registeredID", tlv(0x88, oid_content("1.3.6.1.4.1.99999.1"))),
    }
    differs = "R-MRG-1: all nine forms of GeneralName are copied; pyca reads no x400Address and no ediPartyName"
    for file, (special, element) in forms.items():
        accepted(f"san-{file}.der", f"SAN: {special}", rule, request(extensions=[san(element)]), differs=differs)
    every = san(*(element for _, element in forms.values()))
    accepted("san-every-form.der", "SAN with names of every form", rule, request(extensions=[every]), differs=differs)
    rule = "R-MRG-1: a SAN is copied without validation of its texts"
    texts = ["*.example.com", "xn--bcher-kva.example", "a_b.example", "example.com.", "192.0.2.1", "a..b", "x y", "-"]
    made = request(extensions=[san(*(dns(text) for text in texts), dns("l" * 300))])
    accepted("san-odd-dns-names.der", "dNSNames that are no good host names, one of 300 characters", rule, made)
    made = request(extensions=[san(dns("csr.example.com"), dns("csr.example.com"))])
    accepted("san-repeated-name.der", "the same dNSName twice", rule, made)
    made = request(extensions=[san(tlv(0xA4, name()))])
    rule = "R-CSR-8: no entry of a SAN is empty"
    fault = malformed("subjectAltName", "empty directoryName")
    refused("san-empty-directory-name.der", "directoryName without an attribute", rule, fault, made)
    made = request(extensions=[san(*[dns("a")] * 2048)])
    accepted("san-2048-names.der", "as many names as the budget has", "budget: 2,048 names", made)


def attribute_sets():
    rule = "R-CSR-2: attributes present, empty or not"
    accepted("attributes-none.der", "attributes element without an attribute", rule, request())
    rule = "R-CSR-6: other attributes are ignored"
    password = [attribute(CHALLENGE_PASSWORD, utf8("secret"))]
    accepted("attributes-challenge-password.der", "challengePassword", rule, request(others=password))
    made = request(others=[*password, attribute("1.2.840.113549.1.9.2", ia5("unstructured"))], extensions=[SAN_DNS])
    accepted("attributes-unstructured-name.der", "challengePassword, unstructuredName and extensions", rule, made)
    made = request(others=[attribute(OTHER, utf8("a"), utf8("b"), utf8("b"), integer(1), deep(30))])
    accepted("attributes-unknown.der", "unknown attribute of several values, two of them equal", rule, made)
    made = request(others=[attribute(f"1.2.3.{n}", utf8("x")) for n in range(64)])
    accepted("attributes-64.der", "as many attributes as the budget has", "budget: 64 attributes", made)
    made = request(others=[attribute(OTHER, deep(8000))])
    rule = "silent; nesting has no bound of its own, as nothing recurses"
    accepted("attributes-deep.der", "attribute value nested 8,000 deep", rule, made)


SAN_DNS = san(dns("csr.example.com"))


def extensions():
    rule = "R-CSR-6: extensions"
    made = request(extensions=[SAN_DNS, extension(KEY_USAGE, bytes.fromhex("03020780"), TRUE)])
    accepted("extensions-key-usage.der", "SAN and a critical keyUsage", rule, made)
    old = extension_request(SAN_DNS, kind=MS_EXTENSIONS)
    made = request(others=[old])
    accepted("extensions-microsoft.der", "Microsoft's older attribute in the place of extensionRequest", rule, made)
    ours = extension_request(san(dns("standard.example.com")))
    accepted(
        "extensions-both-attributes.der", "both attributes; extensionRequest counts", rule, request(others=[old, ours])
    )
    made = request(others=[attribute(MS_EXTENSIONS, octets(b"no list")), ours])
    rule = "R-CSR-6: Microsoft's attribute counts only where extensionRequest is absent; silent on its form"
    special = "extensionRequest, and Microsoft's attribute with no list"
    accepted("extensions-unused-microsoft.der", special, rule, made, differs=rule)
    differs = "silent; an empty list asks for nothing, as some clients do (RFC 5280: SIZE (1..MAX))"
    made = request(others=[extension_request()])
    accepted("extensions-empty-list.der", "extensionRequest with an empty list", differs, made, differs=differs)
    rule = "R-MRG-1: the template takes none but the SAN; the others are not read"
    made = request(extensions=[extension(OTHER, b"no DER", TRUE), extension("1.2.3.5", b"")])
    accepted("extensions-unknown.der", "unknown extensions, one critical, with values that are no DER", rule, made)
    bad = [extension(KEY_USAGE, b"\x03\x01\x00"), extension("2.5.29.19", bytes.fromhex("30030101ff"), TRUE)]
    made = request(extensions=[*bad, extension("2.5.29.14", octets(bytes(20))), extension("2.5.29.37", seq())])
    differs = "R-MRG-1: the template takes none but the SAN; malformed values of others are not read"
    special = "keyUsage without a bit, CA:TRUE, an empty extKeyUsage, a false key identifier"
    accepted("extensions-that-the-template-drops.der", special, rule, made, differs=differs)
    made = request(extensions=[extension(f"1.2.3.{n}", b"x") for n in range(256)])
    accepted("extensions-256.der", "as many extensions as the budget has", "budget: 256 extensions", made)
    made = request(extensions=[extension(OTHER, deep(8000))])
    rule = "silent; nesting has no bound of its own, as nothing recurses"
    accepted("extensions-deep.der", "extension value nested 8,000 deep", rule, made)


def of_size(size):
    """A request of exactly so many octets. Ed25519, whose signatures have one length."""
    made = lambda padding: request(Plain(load("ed25519"), ED25519), extensions=[extension(OTHER, bytes(padding))])
    return made(20000 + size - len(made(20000)))


def forms():
    rule = "R-CSR-1: 1 to 32,768 octets"
    accepted("size-32768.der", "the longest request", rule, of_size(32768))
    rule = "R-CSR-1: forms of PEM"
    der = request(extensions=[SAN_DNS])
    good = to_pem(der)
    accepted("pem.pem", "one PEM block", rule, good)
    accepted("pem-new.pem", "label NEW CERTIFICATE REQUEST", rule, to_pem(der, "NEW CERTIFICATE REQUEST"))
    accepted("pem-crlf.pem", "lines that end in CR LF", rule, to_pem(der, end="\r\n"))
    accepted("pem-text-before.pem", "text before the block", rule, b"Certificate Request:\n    Data:\n" + good)
    accepted("pem-space-after.pem", "white space after the block", rule, good + b" \t\r\n\n")
    accepted("pem-no-last-line-feed.pem", "no line feed at the end", rule, good.rstrip())
    accepted("pem-lines-of-76.pem", "lines of 76 characters", rule, to_pem(der, width=76))
    differs = "R-CSR-1: PEM, whose lines RFC 7468 section 3 lets parsers take at any length"
    accepted("pem-one-line.pem", "base64 in one line", rule, to_pem(der, width=9999), differs=differs)
    accepted("pem-blank-lines.pem", "blank lines in the block", rule, good.replace(b"\n", b"\n\n"), differs=differs)
    differs = "R-CSR-1: any white space where line feeds belong and around the lines"
    accepted("pem-indented.pem", "space before the first line", rule, b" " + good, differs=differs)
    made = good.replace(b"\n", b" ")
    accepted("pem-blanks.pem", "blanks where line feeds belong", rule, made, differs=differs)


def build():
    for part in [all_keys, odd_numbers, subjects, alternative_names, attribute_sets, extensions, forms]:
        part()
