"""What OpenSSL and pyca/cryptography say to each file; run by itself, the answers as JSON."""

import json
import pathlib
import subprocess
import warnings
from concurrent.futures import ThreadPoolExecutor

import cryptography
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

CORPUS = pathlib.Path(__file__).parents[1]
SM2 = ["accepted/key-sm2.der", "accepted/openssl-sm2.pem", "refused/sm2-no-identifier.der"]


def files():
    """In the order of the index: files of the directory itself, then those of the two below."""
    paths = [*CORPUS.glob("*.pem"), *CORPUS.glob("accepted/*"), *CORPUS.glob("refused/*")]
    return sorted(str(path.relative_to(CORPUS)) for path in paths)


def openssl(file):
    form = "DER" if file.endswith(".der") else "PEM"
    command = ["openssl", "req", "-verify", "-noout", "-inform", form, "-in", CORPUS / file]
    if file in SM2:
        command += ["-vfyopt", "distid:1234567812345678"]
    said = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL).stderr.decode(errors="replace")
    if "verify OK" in said:
        return "verifies"
    if "verify failure" in said:
        return "bad signature"
    # Without a request there is no word about its key or signature.
    return "unreadable" if "nable to load" in said or "Could not" in said else "cannot verify"


def pyca(file):
    octets = (CORPUS / file).read_bytes()
    load = x509.load_der_x509_csr if file.endswith(".der") else x509.load_pem_x509_csr
    try:
        request = load(octets)
    except Exception:
        return "unreadable"
    try:
        key = request.public_key()
        key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        # Of requests with ML-DSA, `is_signature_valid` knows nothing.
        verifies = ml_dsa(key, request) if "MLDSA" in type(key).__name__ else request.is_signature_valid
    except Exception:
        return "cannot verify"
    if not verifies:
        return "bad signature"
    for part in ["subject", "extensions"]:
        try:
            getattr(request, part)
        except Exception:
            return f"verifies, but cannot read its {part}"
    return "verifies"


def ml_dsa(key, request):
    try:
        key.verify(request.signature, request.tbs_certrequest_bytes)
        return True
    except InvalidSignature:
        return False


def tools():
    version = subprocess.check_output(["openssl", "version"], text=True).split()[1]
    return {"openssl": version, "pyca": cryptography.__version__}


def answers():
    warnings.simplefilter("ignore")
    with ThreadPoolExecutor() as pool:
        by_openssl = pool.map(openssl, files())
        return {file: {"openssl": said, "pyca": pyca(file)} for file, said in zip(files(), by_openssl)}


if __name__ == "__main__":
    print(json.dumps({"tools": tools(), "answers": answers()}))
