"""Requests by the programs that people use, and by their shape where the program does not run here.

Keys and signatures are new in each run, so a file is made only where it is missing. `made_by` names the versions that
made the files that are there.
"""

import pathlib
import subprocess
import tempfile

from asn1crypto import algos, core, csr, keys, x509
from case import ORDER, accepted, algorithm, malformed, refused, to_pem, with_name
from case import key as refused_key
from cryptography import x509 as pyca
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from der import MS_EXTENSIONS, bmp, integer, oid, seq, set_of, tlv
from keys import DIRECTORY, load

HERE = pathlib.Path(__file__).parent
ANY = "R-CSR: a usual client"


def run(*command, text=None):
    return subprocess.run([str(part) for part in command], input=text, capture_output=True, check=True).stdout


def in_file(text, use):
    with tempfile.NamedTemporaryFile("w", suffix=".cnf") as file:
        file.write(text)
        file.flush()
        return use(file.name)


# --- OpenSSL

OPENSSL_CONFIGURATION = """
[req]
prompt = no
string_mask = utf8only
utf8 = yes
distinguished_name = subject
req_extensions = extensions
attributes = attributes
[subject]
C = DE
ST = Bayern
L = München
O = Beispiel GmbH
1.OU = one
+1.CN = csr.example.com
emailAddress = a@example.com
[attributes]
challengePassword = a password
unstructuredName = an unstructured name
[extensions]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature, keyEncipherment
extendedKeyUsage = serverAuth, clientAuth
subjectKeyIdentifier = hash
subjectAltName = @names
tlsfeature = status_request
[names]
DNS.1 = csr.example.com
DNS.2 = *.example.com
IP.1 = 192.0.2.1
IP.2 = 2001:db8::1
email = a@example.com
URI = https://example.com/
RID = 1.2.3.4
otherName = 1.3.6.1.4.1.311.20.2.3;UTF8:user@example.com
dirName = directory
[directory]
C = DE
CN = directory name
"""


def openssl():
    made = lambda file, *options: lambda: in_file(
        OPENSSL_CONFIGURATION, lambda path: run("openssl", "req", "-new", "-config", path, "-key", file, *options)
    )
    for name, *options in [
        ("ec-p256", "-sha256"),
        ("rsa-2048", "-sha256"),
        ("rsa-3072", "-sha384", "-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:digest"),
        ("ed25519",),
    ]:
        pss = "PSS, " if "rsa_padding_mode:pss" in options else ""
        special = f"{name}, {pss}a multi-valued RDN, two attributes, names of seven forms"
        accepted(f"openssl-{name}.pem", special, ANY, made(DIRECTORY / f"{name}.pem", *options), made_by="OpenSSL 3.0")
    sm2 = made(DIRECTORY / "sm2.pem", "-sm3", "-sigopt", "distid:1234567812345678")
    differs = "R-CSR-3: SM2 with SM3, which pyca does not know"
    accepted("openssl-sm2.pem", "sm2, the same", ANY, sm2, made_by="OpenSSL 3.0", differs=differs)
    text = lambda: run(
        "openssl", "req", "-new", "-key", DIRECTORY / "ec-p384.pem", "-subj", "/C=DE/CN=with text", "-text"
    )
    accepted("openssl-text.pem", "`-text`: explanations before the block", "R-CSR-1", text, made_by="OpenSSL 3.0")
    new = lambda: run("openssl", "req", "-new", "-key", DIRECTORY / "ec-p384.pem", "-subj", "/CN=newhdr", "-newhdr")
    accepted("openssl-newhdr.pem", "`-newhdr`: the other label", "R-CSR-1", new, made_by="OpenSSL 3.0")
    salt = made(DIRECTORY / "rsa-2048.pem", "-sha256", "-sigopt", "rsa_padding_mode:pss")
    special = "rsa-2048, PSS with the salt that OpenSSL takes by itself, the longest"
    accepted("openssl-pss-longest-salt.pem", special, ANY, salt, made_by="OpenSSL 3.0")


# --- pyca/cryptography


def python():
    def made(key, hash, **options):
        names = [pyca.DNSName("csr.example.com"), pyca.UniformResourceIdentifier("https://example.com/")]
        builder = pyca.CertificateSigningRequestBuilder()
        builder = builder.subject_name(pyca.Name.from_rfc4514_string("CN=pyca.example.com,O=Example,C=US"))
        builder = builder.add_extension(pyca.SubjectAlternativeName(names), False)
        builder = builder.add_extension(pyca.BasicConstraints(False, None), True)
        builder = builder.add_attribute(pyca.oid.AttributeOID.CHALLENGE_PASSWORD, b"secret")
        return builder.sign(key, hash, **options).public_bytes(serialization.Encoding.PEM)

    pss = padding.PSS(padding.MGF1(hashes.SHA512()), padding.PSS.DIGEST_LENGTH)
    sha256, sha512 = hashes.SHA256(), hashes.SHA512()
    for name, hash, options in [
        ("ec-p521", sha512, {}),
        ("rsa-4096", sha256, {}),
        ("rsa-2048", sha512, {"rsa_padding": pss}),
        ("ed25519", None, {}),
    ]:
        special = f"{name}{', PSS' if options else ''}, two extensions, challengePassword"
        make = lambda name=name, hash=hash, options=options: made(load(name), hash, **options)
        accepted(f"pyca-{name}.pem", special, ANY, make, made_by="pyca 48")


# --- Java


def keytool(*options, extensions="SAN=dns:java.example.com,ip:192.0.2.1"):
    def make():
        with tempfile.TemporaryDirectory() as directory:
            common = ["-keystore", f"{directory}/store", "-storepass", "a password", "-alias", "a"]
            subject = 'CN=java.example.com, OU="A, B", O=Example, C=US'
            kind, request = options
            run("keytool", "-genkeypair", *common, "-dname", subject, *kind)
            return run("keytool", "-certreq", *common, *request, "-ext", extensions)

    return make


def java():
    by = "keytool of OpenJDK 17"
    for file, special, *options in [
        ("rsa", "RSA-2048, SHA-256", ["-keyalg", "RSA", "-keysize", "2048"], []),
        ("rsa-pss", "RSA-2048 with PSS", ["-keyalg", "RSA", "-keysize", "2048"], ["-sigalg", "RSASSA-PSS"]),
        ("ec", "P-384", ["-keyalg", "EC", "-groupname", "secp384r1"], []),
        ("ed25519", "Ed25519", ["-keyalg", "Ed25519"], []),
    ]:
        accepted(f"keytool-{file}.pem", f"{special}, SAN and a key identifier", ANY, keytool(*options), made_by=by)
    rule = "R-CSR-3, R-CSR-4: the algorithms of keys"
    fault = refused_key(f"public key algorithm {with_name('1.2.840.113549.1.1.10')} is not supported")
    rule_ = "silent; the API has no such keys (R-CSR-4 speaks of RSA)"
    options = (["-keyalg", "RSASSA-PSS", "-keysize", "2048"], [])
    refused("keytool-rsassa-pss-key.pem", "key of the type id-RSASSA-PSS", rule_, fault, keytool(*options), made_by=by)
    fault = algorithm("2.16.840.1.101.3.4.3.2")
    options = (["-keyalg", "DSA", "-keysize", "2048"], ["-sigalg", "SHA256withDSA"])
    refused("keytool-dsa.pem", "DSA", rule, fault, keytool(*options), made_by=by)
    fault = algorithm("1.3.101.113")
    refused("keytool-ed448.pem", "Ed448", rule, fault, keytool(["-keyalg", "Ed448"], []), made_by=by)
    fault = refused_key("the RSA modulus has 1024 bits; 2048 to 8192 are allowed")
    options = (["-keyalg", "RSA", "-keysize", "1024"], [])
    refused("keytool-rsa-1024.pem", "RSA-1024", "R-CSR-4: RSA 2048 to 8192 bits", fault, keytool(*options), made_by=by)


# --- GnuTLS

CERTTOOL_TEMPLATE = """
cn = "gnutls.example.com"
organization = "Beispiel GmbH & Söhne"
country = DE
dns_name = "gnutls.example.com"
ip_address = "192.0.2.1"
email = "a@example.com"
uri = "https://example.com/"
challenge_password = "a password"
tls_www_server
signing_key
"""


def gnutls():
    made = lambda *options: lambda: in_file(
        CERTTOOL_TEMPLATE,
        lambda path: run("certtool", "--generate-request", "--template", path, "--no-text", *options),
    )
    own = lambda name: ("--load-privkey", DIRECTORY / f"{name}.pem")
    by = "certtool of GnuTLS 3.7"
    for file, special, options in [
        ("ecdsa", "P-256", own("ec-p256")),
        ("rsa", "RSA-2048", own("rsa-2048")),
        ("ed25519", "Ed25519", own("ed25519")),
    ]:
        special = f"{special}, names of four forms, challengePassword, critical extKeyUsage"
        accepted(f"certtool-{file}.pem", special, ANY, made(*options), made_by=by)


# --- Go


def go():
    made = lambda *arguments: lambda: run("go", "run", HERE / "request.go", *arguments)
    by = "Go 1.19"
    for kind in ["ecdsa", "rsa", "ed25519"]:
        special = f"{kind.upper()}, O in PrintableString and UTF8String, SAN"
        accepted(f"go-{kind}.der", special, ANY, made(kind), made_by=by)
    accepted(
        "go-attribute-first.der",
        "an attribute of the caller's before extensionRequest, in order",
        ANY,
        made("short"),
        made_by=by,
    )
    rule = "R-CSR-2: SET OF is in DER order; Go writes attributes in the order of the caller"
    special = "a long attribute of the caller's before extensionRequest"
    refused("go-attributes-unsorted.der", special, rule, malformed("attributes", ORDER), made("long"), made_by=by)


# --- JavaScript, Bouncy Castle, strongSwan, Botan, NSS


def javascript():
    made = lambda *arguments: lambda: run("node", HERE / "request.js", *arguments)
    own = DIRECTORY / "rsa-2048.pkcs1.pem"
    special = "RSA-2048, three attributes, O in UTF8String"
    accepted("node-forge.pem", special, ANY, made("forge", own), made_by="node-forge 1.4")
    rule = "R-CSR-2: SET OF is in DER order; node-forge writes attributes in the order of the caller"
    fault = malformed("attributes", ORDER)
    make = made("forge", own, "reversed")
    refused(
        "node-forge-attributes-unsorted.pem",
        "three attributes, the longest first",
        rule,
        fault,
        make,
        made_by="node-forge 1.4",
    )
    special = "P-256, extensions and challengePassword"
    accepted("peculiar.pem", special, ANY, made("peculiar"), made_by="@peculiar/x509 2.2")


def bouncy_castle():
    jars = ":".join(f"/usr/share/java/{jar}.jar" for jar in ["bcpkix", "bcprov", "bcutil"])
    make = lambda: run("java", "-cp", jars, HERE / "Request.java")
    special = "P-256, extensions before a challengePassword in PrintableString"
    accepted("bouncy-castle.der", special, ANY, make, made_by="Bouncy Castle 1.72")


def strongswan():
    by = "pki of strongSwan 5.9"
    names = [part for name in ["swan.example.com", "192.0.2.1", "a@example.com"] for part in ("--san", name)]
    common = ["--dn", "C=CH, O=strongSwan, CN=swan.example.com", *names, "--profile", "server"]
    made = lambda key, *options: lambda: run(
        "pki", "--req", "--in", DIRECTORY / f"{key}.pem", "--type", "priv", *common, *options
    )
    for file, key, *options in [
        ("ecdsa", "ec-p256", "--digest", "sha256"),
        ("rsa", "rsa-2048", "--digest", "sha512"),
        ("rsa-pss", "rsa-2048", "--digest", "sha256", "--rsa-padding", "pss"),
        ("ed25519", "ed25519"),
    ]:
        special = f"{file}, names of three forms, Microsoft's template name"
        accepted(f"strongswan-{file}.der", special, ANY, made(key, *options), made_by=by)
    rule = "R-CSR-2: SET OF is in DER order; strongSwan writes challengePassword after extensionRequest"
    fault = malformed("attributes", ORDER)
    make = made("ec-p256", "--digest", "sha256", "--password", "secret")
    refused("strongswan-challenge-password.der", "`--password`", rule, fault, make, made_by=by)


def botan():
    options = ["--country=DE", "--organization=Größe", "--email=a@example.com", "--dns=botan.example.com"]
    for key in ["ec-p521", "rsa-3072", "ed25519"]:
        make = lambda key=key: run("botan", "gen_pkcs10", DIRECTORY / f"{key}.pem", "botan.example.com", *options)
        accepted(f"botan-{key}.pem", f"{key}, names of two forms, keyUsage", ANY, make, made_by="Botan 2.19")


def nss_request(*options):
    def make():
        with tempfile.TemporaryDirectory() as directory:
            directory = pathlib.Path(directory)
            (directory / "password").write_text("a password\n")
            (directory / "noise").write_bytes(bytes(range(64)))
            common = ["-d", directory, "-f", directory / "password"]
            run("certutil", "-N", *common)
            subject = ["-s", "CN=nss.example.com,O=Größe,C=US", "-8", "nss.example.com,b.example.com"]
            run("certutil", "-R", *common, "-z", directory / "noise", *subject, *options, "-o", directory / "request")
            return (directory / "request").read_bytes()

    return make


def nss():
    by = "certutil of NSS 3"
    for file, *options in [("ecdsa", "-k", "ec", "-q", "secp384r1"), ("rsa", "-k", "rsa", "-g", "2048")]:
        accepted(f"nss-{file}.der", f"{file}, SAN", ANY, nss_request(*options, "-Z", "SHA256"), made_by=by)
    fault = refused_key(f"public key algorithm {with_name('1.2.840.113549.1.1.10')} is not supported")
    rule = "silent; the API has no such keys (R-CSR-4 speaks of RSA)"
    make = nss_request("-k", "rsa", "-g", "2048", "-Z", "SHA256", "--pss")
    refused("nss-rsassa-pss-key.der", "key of the type id-RSASSA-PSS", rule, fault, make, made_by=by)


# --- Windows: the shape of what certreq writes, by asn1crypto

OS_VERSION = seq(oid("1.3.6.1.4.1.311.13.2.3"), set_of(tlv(0x16, b"10.0.20348.2")))
CLIENT_INFO = [integer(5), tlv(0x0C, b"HOST.corp.example.com"), tlv(0x0C, rb"CORP\user"), tlv(0x0C, b"certreq.exe")]
CLIENT_INFO = seq(oid("1.3.6.1.4.1.311.21.20"), set_of(seq(*CLIENT_INFO)))
PROVIDER = "Microsoft RSA SChannel Cryptographic Provider"
CSP = seq(oid("1.3.6.1.4.1.311.13.2.2"), set_of(seq(integer(1), bmp(PROVIDER), tlv(3, b"\0"))))


def windows_request(request_kind="1.2.840.113549.1.9.14", template=None):
    key = load("rsa-2048")
    info = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    subject = x509.Name.build(
        {"country_name": "US", "organization_name": "Contoso", "common_name": "www.contoso.com"}, use_printable=True
    )
    names = [x509.GeneralName("dns_name", "www.contoso.com"), x509.GeneralName("dns_name", "contoso.com")]
    usage = {"digital_signature", "key_encipherment"}
    extensions = [
        {"extn_id": "key_usage", "critical": True, "extn_value": x509.KeyUsage(usage)},
        {"extn_id": "extended_key_usage", "extn_value": x509.ExtKeyUsageSyntax(["server_auth"])},
        {"extn_id": "subject_alt_name", "extn_value": x509.GeneralNames(names)},
        {"extn_id": "key_identifier", "extn_value": core.OctetString(bytes(range(20)))},
        # S/MIME capabilities, which certreq asks for by itself.
        {
            "extn_id": "1.2.840.113549.1.9.15",
            "extn_value": core.ParsableOctetString(seq(seq(oid("1.2.840.113549.3.7")))),
        },
    ]
    if template:
        extensions.append({"extn_id": template[0], "extn_value": core.ParsableOctetString(template[1])})
    request = attribute_of(request_kind, x509.Extensions([extension(**part) for part in extensions]).dump())
    attributes = tlv(0xA0, *sorted([OS_VERSION, CLIENT_INFO, CSP, request]))
    body = csr.CertificationRequestInfo(
        {
            "version": "v1",
            "subject": subject,
            "subject_pk_info": keys.PublicKeyInfo.load(info),
            "attributes": csr.CRIAttributes.load(b"\x31" + attributes[1:]),
        }
    )
    signed = key.sign(body.dump(), padding.PKCS1v15(), hashes.SHA256())
    whole = {
        "certification_request_info": body,
        "signature_algorithm": algos.SignedDigestAlgorithm({"algorithm": "sha256_rsa"}),
        "signature": core.OctetBitString(signed),
    }
    return to_pem(csr.CertificationRequest(whole).dump(), "NEW CERTIFICATE REQUEST", "\r\n")


def extension(extn_id, extn_value, critical=False):
    value = extn_value.native if isinstance(extn_value, core.ParsableOctetString) else extn_value.dump()
    parts = {"extn_id": extn_id, "extn_value": core.ParsableOctetString(value)}
    return x509.Extension({**parts, "critical": True} if critical else parts)


def attribute_of(kind, value):
    return seq(oid(kind), set_of(value))


def windows():
    by = "asn1crypto, in the shape of certreq"
    rule = "R-CSR-6: other attributes are ignored"
    special = "OS version, client information, CSP, extensionRequest; CR LF"
    accepted("windows-certreq.pem", special, rule, windows_request(), made_by=by)
    rule = "R-CSR-6: Microsoft's attribute where extensionRequest is absent"
    made = windows_request(MS_EXTENSIONS)
    accepted("windows-old-extensions.pem", "the same with the older attribute for extensions", rule, made, made_by=by)
    rule = "R-CSR-6: extensions"
    made = windows_request(template=("1.3.6.1.4.1.311.20.2", bmp("WebServer")))
    accepted("windows-template-name.pem", "the same with the name of a template", rule, made, made_by=by)
    version = seq(oid("1.3.6.1.4.1.311.21.8.1.2.3"), integer(100), integer(4))
    made = windows_request(template=("1.3.6.1.4.1.311.21.7", version))
    accepted("windows-template-version.pem", "the same with a template and its version", rule, made, made_by=by)


def build():
    for part in [openssl, python, java, gnutls, go, javascript, bouncy_castle, strongswan, botan, nss, windows]:
        part()
