#!/usr/bin/env python3
"""Writes the corpus, `index.json` and `README.md`.

Files that are put together here are the same in each run. Those of other programs, and those whose signatures are
never the same twice, are made where they are missing: remove one to have it made anew.

Needs OpenSSL 3 and the Python packages `cryptography` (46 or newer) and `asn1crypto`; for files that are missing also,
from Debian, default-jdk-headless, libbcpkix-java, gnutls-bin, golang-go, nodejs, strongswan-pki with
libstrongswan-extra-plugins, botan and libnss3-tools, and the npm packages node-forge, @peculiar/x509 and
reflect-metadata where NODE_PATH says.
"""

import json
import pathlib
import sys

CORPUS = pathlib.Path(__file__).parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(CORPUS / "generator"))

import judges
import older
import tools
from case import CASES

import accepted
import refused

HEADER = """# Certification requests

Written by `generate.py`, which says what it needs; do not edit. `tests/csr/corpus.rs` walks `index.json` and holds the
library to it; `tests/model/golden.rs` uses the files that are not in a directory. Most requests are signed with keys of
`../keys`; other private keys are gone. Requests that must be refused have a true signature wherever one can be made, so
that other programs judge their form.

A rule `R-…` is documented behaviour of the service or a decision of the crate; "silent" are the rules where the reason is
a decision of the decoder; "budget" means the bounds of `Csr`. The answers are those of `openssl req -verify -noout`
({openssl}) and of pyca/cryptography ({pyca}; load, key, `is_signature_valid`, subject, extensions).
"verifies" is about the signature alone: neither program has a policy for keys, and OpenSSL reads BER too. Where an
answer differs from ours, the rule is the reason.

"strict" is `CsrPolicy::Strict`, which judges everything when a request is decoded; "lenient" is `CsrPolicy::Lenient`, which judges
what would reach the certificate (R-CSR-2). `lenient.json`, which is written by hand, says what changes and why.
"""

LENIENT = json.loads((CORPUS / "lenient.json").read_text())



def outcome(entry):
    return "accepted" if entry["outcome"] == "accepted" else f"refused ({entry['stage']})"


def row(entry):
    """As `tests/csr/corpus.rs` expects it."""
    lenient = LENIENT.get(entry["file"])
    changed = f"{outcome(lenient)}: {lenient['reason']}" if lenient else "the same"
    cells = [f"`{entry['file']}`", entry["made_by"], entry["special"], entry["rule"], outcome(entry), changed]
    cells += [entry["openssl"], entry["pyca"]]
    if entry["differs"]:
        cells[3] = entry["differs"]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def write(case):
    path = CORPUS / case.file
    path.parent.mkdir(exist_ok=True)
    if callable(case.make):
        if not path.exists():
            print("making", case.file)
            path.write_bytes(case.make())
    elif not path.exists() or path.read_bytes() != case.make:
        print("writing", case.file)
        path.write_bytes(case.make)


def entry(case, answers):
    stage, error, message = case.refusal or ("", "", "")
    said = answers[case.file]
    agree = (said["openssl"], said["pyca"]) == ("verifies", "verifies")
    differs = case.differs if not case.refusal and not agree else ""
    assert case.refusal or agree or differs, f"{case.file}: {said}: why?"
    parts = {"file": case.file, "made_by": case.made_by, "special": case.special, "rule": case.rule}
    parts |= {"outcome": "refused" if case.refusal else "accepted"}
    if case.refusal:
        parts |= {"stage": stage, "error": error, "message": message}
    return parts | {"openssl": said["openssl"], "pyca": said["pyca"], "differs": differs}


def main():
    for part in [older, accepted, refused, tools]:
        part.build()
    cases = sorted(CASES, key=lambda case: case.file)
    names = [case.file for case in cases]
    assert len(set(names)) == len(names), "two cases with one name"
    for case in cases:
        write(case)
    stray = set(judges.files()) - set(names)
    assert not stray, f"files without a case: {stray}"
    answers = judges.answers()
    versions = judges.tools()
    entries = [entry(case, answers) for case in cases]
    index = json.dumps({"tools": versions, "files": entries}, indent=1, ensure_ascii=False)
    (CORPUS / "index.json").write_text(index + "\n")
    columns = ["file", "made by", "what is special", "rule", "strict", "lenient", "OpenSSL", "pyca"]
    head = ["| " + " | ".join(columns) + " |", "|---" * len(columns) + "|"]
    lines = [HEADER.format(openssl=versions["openssl"], pyca=versions["pyca"]), *head, *map(row, entries)]
    (CORPUS / "README.md").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
