"""Authorities of every key algorithm, with every signing algorithm."""

import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

import pca
import shapes
from certificates import openssl_verify
from pca import refused

RSA = [f"SHA{bits}WITHRSA{padding}" for padding in ("", "_PSS") for bits in (256, 384, 512)]
ECDSA = [f"SHA{bits}WITHECDSA" for bits in (256, 384, 512)]
FITTING = {
    "RSA_2048": RSA,
    "RSA_3072": RSA,
    "RSA_4096": RSA,
    "EC_prime256v1": ECDSA,
    "EC_secp384r1": ECDSA,
    "EC_secp521r1": ECDSA,
    "ML_DSA_44": ["ML_DSA_44"],
    "ML_DSA_65": ["ML_DSA_65"],
    "ML_DSA_87": ["ML_DSA_87"],
    "SM2": ["SM3WITHSM2"],
}
PAIRS = [(key, signing) for key, fitting in FITTING.items() for signing in fitting]
WRONG = [
    (key, signing)
    for key in FITTING
    for signing in shapes.shape("SigningAlgorithm")["enum"]
    if signing not in FITTING[key]
]
SM2 = ("-vfyopt", "distid:1234567812345678")


def test_no_algorithm_is_forgotten():
    assert set(FITTING) == set(shapes.shape("KeyAlgorithm")["enum"])
    assert {signing for _, signing in PAIRS} == set(shapes.shape("SigningAlgorithm")["enum"])


@pytest.fixture(scope="module")
def authorities(client):
    """An authority for each pair, all asked for before the first is waited for: RSA keys take their time."""

    def make(pair):
        key, signing = pair
        authority = pca.create(client, key=key, signing=signing)
        try:
            client.get_certificate_authority_csr(CertificateAuthorityArn=authority.arn)
        except client.exceptions.RequestInProgressException:
            # The key may be made between the two questions.
            assert authority.status() in ("CREATING", "PENDING_CERTIFICATE")
        return authority

    with ThreadPoolExecutor(8) as pool:
        return dict(zip(PAIRS, pool.map(make, PAIRS)))


def key_of(certificate):
    try:
        key = certificate.public_key()
    except (UnsupportedAlgorithm, ValueError):
        return None
    match key:
        case rsa.RSAPublicKey():
            return f"RSA_{key.key_size}"
        case ec.EllipticCurvePublicKey():
            return {"secp256r1": "EC_prime256v1"}.get(key.curve.name, f"EC_{key.curve.name}")
    return type(key).__name__


def algorithm_of(certificate):
    oid = certificate.signature_algorithm_oid.dotted_string
    if oid == "1.2.840.113549.1.1.10":
        parameters = certificate.signature_algorithm_parameters
        assert isinstance(parameters, padding.PSS)
        assert parameters._salt_length == certificate.signature_hash_algorithm.digest_size
        return f"SHA{certificate.signature_hash_algorithm.digest_size * 8}WITHRSA_PSS"
    return {
        "1.2.840.113549.1.1.11": "SHA256WITHRSA",
        "1.2.840.113549.1.1.12": "SHA384WITHRSA",
        "1.2.840.113549.1.1.13": "SHA512WITHRSA",
        "1.2.840.10045.4.3.2": "SHA256WITHECDSA",
        "1.2.840.10045.4.3.3": "SHA384WITHECDSA",
        "1.2.840.10045.4.3.4": "SHA512WITHECDSA",
        "2.16.840.1.101.3.4.3.17": "ML_DSA_44",
        "2.16.840.1.101.3.4.3.18": "ML_DSA_65",
        "2.16.840.1.101.3.4.3.19": "ML_DSA_87",
        "1.2.156.10197.1.501": "SM3WITHSM2",
    }[oid]


def check_request(request, key):
    """The request's own signature, by pyca or, for SM2, by OpenSSL."""
    if key != "SM2":
        assert x509.load_pem_x509_csr(request.encode()).is_signature_valid
        return
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "request.pem")
        path.write_text(request)
        command = ["openssl", "req", "-in", str(path), "-verify", "-noout", *SM2]
        outcome = subprocess.run(command, capture_output=True, text=True, check=False)
    assert outcome.returncode == 0, outcome.stderr


def check_signature(certificate, issuer, key):
    """By pyca and, but for ML-DSA, which came to OpenSSL with 3.5, by the `openssl` program."""
    if key != "SM2":
        certificate.verify_directly_issued_by(issuer)
    if not key.startswith("ML_DSA"):
        valid, output = openssl_verify(certificate, [issuer], *(SM2 if key == "SM2" else ()))
        assert valid, output


def check_link(certificate, issuer, key):
    """As `check_signature`, where the issuer is no root."""
    if key != "SM2":
        certificate.verify_directly_issued_by(issuer)
    else:
        valid, output = openssl_verify(certificate, [issuer], "-partial_chain", *SM2)
        assert valid, output


@pytest.mark.parametrize("key, signing", PAIRS)
def test_root(authorities, csr, key, signing):
    root = authorities[key, signing]
    request = root.csr()
    check_request(request, key)
    configuration = root.describe()["CertificateAuthorityConfiguration"]
    assert (configuration["KeyAlgorithm"], configuration["SigningAlgorithm"]) == (key, signing)
    assert algorithm_of(x509.load_pem_x509_csr(request.encode())) == signing

    own = root.get(root.issue_arn(request.encode(), "RootCACertificate", days=3650))
    root.import_certificate(own["Certificate"].encode())
    anchor = pca.pem(own["Certificate"])
    assert algorithm_of(anchor) == signing
    assert key_of(anchor) in (None, key) or key.startswith("ML_DSA")
    check_signature(anchor, anchor, key)
    assert root.status() == "ACTIVE"

    certificate, chain = root.issue(csr)
    assert chain == [anchor]
    assert algorithm_of(certificate) == signing
    check_signature(certificate, anchor, key)


@pytest.mark.parametrize("key", FITTING)
def test_certificates_choose_their_algorithm(client, authorities, csr, key):
    """The algorithm of the authority is for its request; each certificate names its own."""
    root = authorities[key, FITTING[key][0]]
    if root.status() != "ACTIVE":
        own = root.get(root.issue_arn(root.csr().encode(), "RootCACertificate", days=3650))
        root.import_certificate(own["Certificate"].encode())
    own = client.get_certificate_authority_certificate(CertificateAuthorityArn=root.arn)["Certificate"]
    for signing in FITTING[key]:
        certificate, _ = root.issue(csr, SigningAlgorithm=signing)
        assert algorithm_of(certificate) == signing
        check_signature(certificate, pca.pem(own), key)
    for signing in (signing for other, signing in WRONG if other == key):
        with refused("InvalidArgsException") as error:
            root.issue_arn(csr, SigningAlgorithm=signing)
        assert error.message == (
            f"Signing algorithm {signing} cannot be used with key type {key}. "
            f"Valid signing algorithms are: {', '.join(FITTING[key])}."
        )


@pytest.mark.parametrize("key, signing", WRONG)
def test_pairs_that_do_not_fit(client, key, signing):
    with refused("InvalidArgsException"):
        pca.create(client, key=key, signing=signing)


@pytest.mark.parametrize("key", FITTING)
def test_subordinates_of_other_algorithms(client, root, csr, key):
    subordinate = pca.create_subordinate(
        client, root, key=key, signing=FITTING[key][0], issuing={"SigningAlgorithm": pca.ECDSA}
    )
    certificate, chain = subordinate.issue(csr)
    assert chain == [subordinate.chain[0], *root.chain]
    check_link(certificate, chain[0], key)
    chain[0].verify_directly_issued_by(chain[1])
