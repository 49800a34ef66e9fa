"""The requests that `tests/model/golden.rs` uses. They are not made anew: their keys are gone."""

from case import CASES, SAN_NOT_CRITICAL, Case

BY = "OpenSSL"
FILES = {
    "p256-san": "P-256; SAN with DNS names and an IP address",
    "rsa2048-extensions": "RSA-2048; C and O (PrintableString), an RDN of two OUs (PrintableString, T61String), CN"
    " (BMPString); keyUsage, extKeyUsage, CRL distribution points, an unknown extension, basicConstraints with CA true"
    " and path length 9",
    "p256-empty-subject": "P-256; empty subject, critical SAN with names of every form but x400Address",
    "p521-long-cn": "P-521; CN of 104 characters, no attribute; put together by hand and signed with `openssl dgst`",
    "p384-challenge": "P-384; challengePassword",
    "p256-ca-usages": "P-256; keyUsage with keyCertSign, SAN, authorityInfoAccess, nameConstraints, key identifiers of"
    " nobody",
    "p256-empty-subject-san-not-critical": "P-256; empty subject, SAN that is not critical",
}


def missing():
    raise FileNotFoundError("this file cannot be made anew")


def build():
    for file, special in FILES.items():
        refusal = SAN_NOT_CRITICAL if file.endswith("not-critical") else None
        rule = "R-CSR-7: the SAN of an empty subject is critical" if refusal else "R-CSR-5, R-CSR-6"
        differs = "R-MRG-1: all nine forms of GeneralName are copied; R-CSR-6: other extensions are not read"
        CASES.append(Case(f"{file}.pem", special, rule, missing, BY, refusal, differs))
