"""The keys that sign, and how: always the same octets where the algorithm can."""

import functools
import hashlib
import pathlib
import subprocess
import tempfile

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding
from der import NULL, bits, integer, oid, seq, tlv

DIRECTORY = pathlib.Path(__file__).parents[2] / "keys"

RSA_ENCRYPTION, EC_PUBLIC_KEY = "1.2.840.113549.1.1.1", "1.2.840.10045.2.1"
P256, P384, P521, SM2_CURVE = "1.2.840.10045.3.1.7", "1.3.132.0.34", "1.3.132.0.35", "1.2.156.10197.1.301"
ED25519 = "1.3.101.112"
ML_DSA = {"44": "2.16.840.1.101.3.4.3.17", "65": "2.16.840.1.101.3.4.3.18", "87": "2.16.840.1.101.3.4.3.19"}
HASHES = {"sha1": hashes.SHA1, "sha256": hashes.SHA256, "sha384": hashes.SHA384, "sha512": hashes.SHA512}
HASHES |= {"sha224": hashes.SHA224, "md5": hashes.MD5}

ECDSA = {
    "sha1": seq(oid("1.2.840.10045.4.1")),
    "sha224": seq(oid("1.2.840.10045.4.3.1")),
    "sha256": seq(oid("1.2.840.10045.4.3.2")),
    "sha384": seq(oid("1.2.840.10045.4.3.3")),
    "sha512": seq(oid("1.2.840.10045.4.3.4")),
}
PKCS1_OID = {"md5": 4, "sha1": 5, "sha224": 14, "sha256": 11, "sha384": 12, "sha512": 13}
PKCS1 = {hash: seq(oid(f"1.2.840.113549.1.1.{last}"), NULL) for hash, last in PKCS1_OID.items()}
HASH_OID = {"sha256": "2.16.840.1.101.3.4.2.1", "sha384": "2.16.840.1.101.3.4.2.2", "sha512": "2.16.840.1.101.3.4.2.3"}
HASH_OID |= {"sha1": "1.3.14.3.2.26"}
SM3_WITH_SM2 = "1.2.156.10197.1.501"


@functools.cache
def load(file):
    return serialization.load_pem_private_key((DIRECTORY / f"{file}.pem").read_bytes(), None)


def spki_of(key):
    info = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(serialization.Encoding.DER, info)


class Ec:
    def __init__(self, key, hash="sha256"):
        self.key, self.hash = key, hash
        self.spki, self.algorithm = spki_of(key), ECDSA[hash]

    def sign(self, message):
        # RFC 6979: the same signature in each run.
        return self.key.sign(message, ec.ECDSA(HASHES[self.hash](), deterministic_signing=True))


class Rsa:
    def __init__(self, key, hash="sha256"):
        self.key, self.hash = key, hash
        self.spki, self.algorithm = spki_of(key), PKCS1[hash]

    def sign(self, message):
        return self.key.sign(message, padding.PKCS1v15(), HASHES[self.hash]())


class Pss:
    """RSASSA-PSS (RFC 8017 section 9.1.1) with a salt that is always the same."""

    def __init__(self, key, hash, salt=None, mask_hash=None, algorithm=None):
        self.key, self.hash = key, hash
        self.salt = bytes(hashlib.new(hash).digest_size if salt is None else salt)
        self.mask_hash = mask_hash or hash
        self.spki = spki_of(key)
        self.algorithm = algorithm or pss_algorithm(hash, len(self.salt), self.mask_hash)

    def sign(self, message):
        numbers = self.key.private_numbers()
        modulus = numbers.public_numbers.n
        size, bits_ = (modulus.bit_length() + 7) // 8, modulus.bit_length() - 1
        assert bits_ % 8 == 7
        digest = hashlib.new(self.hash, bytes(8) + hashlib.new(self.hash, message).digest() + self.salt).digest()
        block = bytes(size - len(self.salt) - len(digest) - 2) + b"\x01" + self.salt
        mask = b""
        counter = 0
        while len(mask) < len(block):
            mask += hashlib.new(self.mask_hash, digest + counter.to_bytes(4, "big")).digest()
            counter += 1
        masked = bytearray(a ^ b for a, b in zip(block, mask))
        masked[0] &= 0x7F
        encoded = int.from_bytes(bytes(masked) + digest + b"\xbc", "big")
        return pow(encoded, numbers.d, modulus).to_bytes(size, "big")


def pss_algorithm(hash, salt, mask_hash=None, null=NULL, trailer=b"", salt_default=b""):
    """The default salt length is left out, unless there is a `salt_default`."""

    def identifier(hash):
        return seq(oid(HASH_OID[hash]), null)

    mask = seq(oid("1.2.840.113549.1.1.8"), identifier(mask_hash or hash))
    length = tlv(0xA2, integer(salt)) if salt != 20 else salt_default
    fields = [tlv(0xA0, identifier(hash)), tlv(0xA1, mask), length, trailer]
    return seq(oid("1.2.840.113549.1.1.10"), seq(*fields))


class Plain:
    """Ed25519 and ML-DSA: one algorithm for key and signature, no parameters."""

    def __init__(self, key, algorithm):
        self.key, self.spki, self.algorithm = key, spki_of(key), seq(oid(algorithm))

    def sign(self, message):
        return self.key.sign(message)


class Sm2:
    """By way of the openssl program."""

    algorithm = seq(oid(SM3_WITH_SM2))

    def __init__(self, identifier="1234567812345678"):
        self.identifier, self.path = identifier, DIRECTORY / "sm2.pem"
        self.spki = subprocess.check_output(["openssl", "pkey", "-in", self.path, "-pubout", "-outform", "DER"])

    def sign(self, message):
        with tempfile.NamedTemporaryFile() as file:
            file.write(message)
            file.flush()
            options = ["-rawin", "-digest", "sm3", "-pkeyopt", f"distid:{self.identifier}"]
            command = ["openssl", "pkeyutl", "-sign", "-inkey", self.path, "-in", file.name, *options]
            return subprocess.check_output(command)


class Nobody:
    """A key that nobody has, with a signature that is none or is given."""

    def __init__(self, spki, algorithm, signature=bytes(64)):
        self.spki, self.algorithm, self.signature = spki, algorithm, signature

    def sign(self, message):
        return self.signature(message) if callable(self.signature) else self.signature


class Changed:
    """The key of another with parts replaced: `spki`, `algorithm`, or `sign` as a change of the signature."""

    def __init__(self, key, spki=None, algorithm=None, sign=None):
        self.key, self.spki, self.algorithm = key, spki or key.spki, algorithm or key.algorithm
        self.change = sign or (lambda signature: signature)

    def sign(self, message):
        return self.change(self.key.sign(message))


def p256(hash="sha256"):
    return Ec(load("ec-p256"), hash)


def rsa_2048(hash="sha256"):
    return Rsa(load("rsa-2048"), hash)


def ec_spki(curve, point):
    return seq(seq(oid(EC_PUBLIC_KEY), curve), bits(point))


def rsa_spki(modulus, exponent, algorithm=seq(oid(RSA_ENCRYPTION), NULL)):
    """The numbers as integers, or as whole elements."""
    numbers = [part if isinstance(part, bytes) else integer(part) for part in (modulus, exponent)]
    return seq(algorithm, bits(seq(*numbers)))


def made_up_modulus(bit_length):
    """Odd, of exactly so many bits, and no product of anybody's primes."""
    stretched = hashlib.shake_256(b"modulus %d" % bit_length).digest((bit_length + 7) // 8)
    number = int.from_bytes(stretched, "big") >> (-bit_length % 8)
    return number | 1 << bit_length - 1 | 1


def made_up_prime(bit_length):
    """The first probable prime after that modulus for which 65537 is an exponent."""
    number = made_up_modulus(bit_length) + {2047: 1182, 2048: 96}[bit_length]
    assert pow(2, number - 1, number) == 1 and (number - 1) % 65537
    return number


def digest_info(hash, message, null=NULL):
    return seq(seq(oid(HASH_OID[hash]), null), tlv(0x04, hashlib.new(hash, message).digest()))


def pkcs1_block(size, info):
    """EMSA-PKCS1-v1_5 (RFC 8017 section 9.2)."""
    return b"\x00\x01" + b"\xff" * (size - 3 - len(info)) + b"\x00" + info


def rsa_raw(key, block):
    """The private operation on a whole block."""
    numbers = key.private_numbers()
    modulus = numbers.public_numbers.n
    return pow(int.from_bytes(block, "big"), numbers.d, modulus).to_bytes((modulus.bit_length() + 7) // 8, "big")


def new_rsa(bit_length, exponent):
    """A key that is thrown away; for exponents that pyca does not make, by OpenSSL."""
    options = ["-pkeyopt", f"rsa_keygen_bits:{bit_length}", "-pkeyopt", f"rsa_keygen_pubexp:{exponent}"]
    pem = subprocess.run(["openssl", "genpkey", "-algorithm", "RSA", *options], capture_output=True, check=True).stdout
    return serialization.load_pem_private_key(pem, None)
