#!/usr/bin/env python3
"""Writes the certification requests of weak RSA keys, and one private key with unequal factors.

The same files come out in each run: every number is drawn from SHA-256 over the name of its file and a counter. Python
alone is needed. Each request has a true proof of possession.
"""

import base64
import hashlib
import itertools
import math
import pathlib

HERE = pathlib.Path(__file__).parent


class Stream:
    """Numbers that depend on a name alone."""

    def __init__(self, name):
        self.name, self.counter = name, 0

    def bits(self, count):
        octets = b""
        while len(octets) * 8 < count:
            octets += hashlib.sha256(f"{self.name} {self.counter}".encode()).digest()
            self.counter += 1
        return int.from_bytes(octets, "big") >> (len(octets) * 8 - count)


SMALL = [n for n in range(2, 2000) if all(n % d for d in range(2, math.isqrt(n) + 1))]


def is_prime(number):
    """Miller-Rabin with 40 bases."""
    if any(number % small == 0 for small in SMALL):
        return number in SMALL
    odd, twos = number - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    for base in SMALL[:40]:
        power = pow(base, odd, number)
        if power in (1, number - 1):
            continue
        for _ in range(twos - 1):
            power = pow(power, 2, number)
            if power == number - 1:
                break
        else:
            return False
    return True


def fits(factor, exponent):
    return is_prime(factor) and math.gcd(factor - 1, exponent) == 1


def prime(stream, bits, exponent):
    """Both upper bits are set, so that two of them have twice as many bits."""
    while True:
        candidate = stream.bits(bits) | 3 << (bits - 2) | 1
        if fits(candidate, exponent):
            return candidate


def next_prime(above, exponent):
    return next(candidate for candidate in itertools.count(above | 1, 2) if fits(candidate, exponent))


def roca_prime(stream, bits, count):
    """k * M + (65537 ^ a mod M), M the product of the first primes: how the library RSALib of Infineon made its factors
    (Nemec and others, "The Return of Coppersmith's Attack", CCS 2017, section 2.1)."""
    product = math.prod(SMALL[:count])
    while True:
        residue = pow(65537, stream.bits(256), product)
        lowest, highest = (3 << (bits - 2)) // product + 1, (1 << bits) // product - 1
        factor = (lowest + stream.bits(bits) % (highest - lowest)) * product + residue
        if fits(factor, 65537):
            return factor


def tlv(tag, *parts):
    content = b"".join(parts)
    length = len(content)
    if length < 0x80:
        return bytes([tag, length]) + content
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(octets)]) + octets + content


def integer(number):
    return tlv(0x02, number.to_bytes(number.bit_length() // 8 + 1, "big"))


RSA_ENCRYPTION = tlv(0x30, bytes.fromhex("06092a864886f70d010101"), b"\x05\x00")
SHA256_WITH_RSA = tlv(0x30, bytes.fromhex("06092a864886f70d01010b"), b"\x05\x00")
DIGEST_INFO = bytes.fromhex("3031300d060960864801650304020105000420")
COMMON_NAME = bytes.fromhex("0603550403")


def request(name, p, q, exponent):
    modulus = p * q
    private = pow(exponent, -1, math.lcm(p - 1, q - 1))
    key = tlv(0x30, RSA_ENCRYPTION, tlv(0x03, b"\0", tlv(0x30, integer(modulus), integer(exponent))))
    subject = tlv(0x30, tlv(0x31, tlv(0x30, COMMON_NAME, tlv(0x0C, name.encode()))))
    info = tlv(0x30, integer(0), subject, key, tlv(0xA0))
    octets = (modulus.bit_length() + 7) // 8
    digest = DIGEST_INFO + hashlib.sha256(info).digest()
    padded = b"\x00\x01" + b"\xff" * (octets - len(digest) - 3) + b"\x00" + digest
    signature = pow(int.from_bytes(padded, "big"), private, modulus).to_bytes(octets, "big")
    return tlv(0x30, info, SHA256_WITH_RSA, tlv(0x03, b"\0", signature))


def private_key(p, q, exponent):
    private = pow(exponent, -1, math.lcm(p - 1, q - 1))
    numbers = [0, p * q, exponent, private, p, q, private % (p - 1), private % (q - 1), pow(q, -1, p)]
    return tlv(0x30, *map(integer, numbers))


def write(name, label, der):
    text = base64.encodebytes(der).replace(b"\n", b"").decode()
    lines = [text[at : at + 64] for at in range(0, len(text), 64)]
    content = [f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""]
    (HERE / f"{name}.pem").write_text("\n".join(content))


def write_request(name, p, q, exponent=65537):
    write(name, "CERTIFICATE REQUEST", request(name, p, q, exponent))


def main():
    for name, bits, count in [("roca-2048", 1024, 126), ("roca-4096", 2048, 225)]:
        stream = Stream(name)
        write_request(name, roca_prime(stream, bits, count), roca_prime(stream, bits, count))

    # Fermat's method finds factors at a distance d after d^2 / (8 * sqrt(n)) steps: at once, within 100, and not within 100.
    for name, distance in [("close", 0), ("close-later", 1 << 516), ("apart", 1 << 521)]:
        p = prime(Stream(name), 1024, 65537)
        q = next_prime(p + distance + 2, 65537)
        steps = ((p + q) // 2) - math.isqrt(p * q) - 1
        print(f"{name}: found after {steps} steps")
        write_request(name, p, q)

    for factor in (3, 751, 757):
        name = f"factor-{factor}"
        # None of them less one shares a divisor with the exponent.
        write_request(name, prime(Stream(name), 2048 - factor.bit_length(), 65537), factor)

    for exponent in (3, 65535, 65539):
        name = f"exponent-{exponent}"
        stream = Stream(name)
        write_request(name, prime(stream, 1024, exponent), prime(stream, 1024, exponent), exponent)

    stream = Stream("unequal-factors.key")
    p, q = prime(stream, 1100, 65537), prime(stream, 948, 65537)
    write("unequal-factors.key", "RSA PRIVATE KEY", private_key(p, q, 65537))


if __name__ == "__main__":
    main()
