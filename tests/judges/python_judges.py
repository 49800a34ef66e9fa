"""pyca/cryptography's verifier and pkilint's linter for RFC 5280: `python_judges.py JUDGE < CASES > VERDICTS`; `pyca-host` is the
former, asked about the host of each case, `pyca-crl` and `pyca-ocsp` look at revocation lists and OCSP answers, and `pkilint-tls` is
the linter for TLS server certificates.

CASES is JSON: the time in Unix seconds, and for each case its name, its certificate and its path. VERDICTS are the problems of
each case by its name; null where the judge has nothing to say.
"""

import datetime
import functools
import ipaddress
import json
import re
import sys
from pathlib import Path


@functools.lru_cache(maxsize=64)
def certificate(file):
    from cryptography import x509

    return x509.load_pem_x509_certificate(Path(file).read_bytes())


def pyca(now, asks_for_host=False):
    """The default profile, but alternative names are optional and any purpose will do: not all is for TLS."""
    from cryptography import x509
    from cryptography.x509.verification import Criticality, ExtensionPolicy, PolicyBuilder, Store, VerificationError

    def optional(policy, *extensions):
        for extension in extensions:
            policy = policy.may_be_present(extension, Criticality.AGNOSTIC, None)
        return policy

    ca = optional(ExtensionPolicy.webpki_defaults_ca(), x509.ExtendedKeyUsage)
    # Who asks for a host needs alternative names.
    names = () if asks_for_host else (x509.SubjectAlternativeName,)
    end_entity = optional(ExtensionPolicy.webpki_defaults_ee(), x509.ExtendedKeyUsage, *names)
    policy = PolicyBuilder().time(datetime.datetime.fromtimestamp(now, datetime.UTC).replace(tzinfo=None))
    policy = policy.extension_policies(ca_policy=ca, ee_policy=end_entity)

    def verify(case):
        # It verifies end entities only.
        if not case["end_entity"]:
            return None
        first, *between, root = (certificate(file) for file in case["path"])
        builder = policy.store(Store([root]))
        try:
            if asks_for_host:
                host = x509.IPAddress(ipaddress.ip_address(case["host"]))
                builder.build_server_verifier(host).verify(first, between)
            else:
                builder.build_client_verifier().verify(first, between)
        except VerificationError as error:
            return [re.sub(r" \(encountered processing .*", "", str(error))]
        except (ValueError, x509.UnsupportedGeneralNameType) as error:
            return [f"unreadable: {error}"]
        return []

    return verify


def pyca_crl(_now):
    """Reads a list, verifies its signature and looks for the entry; pyca's verifier does not look at lists, so scope is not judged."""
    from cryptography import x509

    def look(case):
        authority = certificate(case["ca"])
        crl = x509.load_der_x509_crl(Path(case["status"]).read_bytes())
        if not crl.is_signature_valid(authority.public_key()) or crl.issuer != authority.subject:
            return ["the signature is not valid"]
        if crl.next_update_utc.timestamp() < case["at"]:
            return ["the list has ended"]
        entry = crl.get_revoked_certificate_by_serial_number(int(case["serial"], 16))
        if entry is None:
            return []
        return [f"revoked, {entry.extensions.get_extension_for_class(x509.CRLReason).value.reason.value}"]

    return look


def pyca_ocsp(_now):
    """Reads an answer, verifies its signature under the authority or its delegate, and says what it says of the certificate."""
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509 import ocsp

    def look(case):
        authority = signer = certificate(case["ca"])
        answer = ocsp.load_der_ocsp_response(Path(case["status"]).read_bytes())
        try:
            for delegate in answer.certificates:
                delegate.verify_directly_issued_by(authority)
                purposes = delegate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
                assert list(purposes) == [x509.ExtendedKeyUsageOID.OCSP_SIGNING]
                signer = delegate
            hash_algorithm = ec.ECDSA(answer.signature_hash_algorithm)
            signer.public_key().verify(answer.signature, answer.tbs_response_bytes, hash_algorithm)
        except InvalidSignature:
            return ["the signature is not valid"]
        if answer.serial_number != int(case["serial"], 16):
            return ["the answer is about another certificate"]
        if answer.next_update_utc.timestamp() < case["at"]:
            return ["the answer has ended"]
        match answer.certificate_status:
            case ocsp.OCSPCertStatus.GOOD:
                return []
            case ocsp.OCSPCertStatus.REVOKED:
                return [f"revoked, {answer.revocation_reason.value}"]
            case status:
                return [status.name]

    return look


def pkilint(_now):
    from pkilint import loader
    from pkilint.pkix import certificate as pkix, extension, name
    from pkilint.validation import ValidationFindingSeverity

    linter = pkix.create_pkix_certificate_validator_container(
        pkix.create_decoding_validators(name.ATTRIBUTE_TYPE_MAPPINGS, extension.EXTENSION_MAPPINGS),
        [
            pkix.create_issuer_validator_container([]),
            pkix.create_validity_validator_container(),
            pkix.create_subject_validator_container([]),
            pkix.create_extensions_validator_container([]),
            pkix.create_spki_validator_container([]),
        ],
    )
    load = loader.RFC5280CertificateDocumentLoader().load_pem_document

    def lint(case):
        file = case["certificate"]
        results = linter.validate(load(Path(file).read_text(), file).root)
        findings = (found.finding for result in results for found in result.finding_descriptions)
        return sorted({found.code for found in findings if found.severity <= ValidationFindingSeverity.WARNING})

    return lint


def pkilint_tls(_now):
    """The Baseline Requirements for TLS servers, by the kind that the certificate says it is: errors."""
    from pkilint import finding_filter, loader
    from pkilint.cabf import serverauth
    from pkilint.pkix import certificate as pkix
    from pkilint.validation import ValidationFindingSeverity

    load = loader.RFC5280CertificateDocumentLoader().load_pem_document

    def lint(case):
        file = case["certificate"]
        document = load(Path(file).read_text(), file)
        kind = serverauth.determine_certificate_type(document)
        linter = pkix.create_pkix_certificate_validator_container(
            serverauth.create_decoding_validators(), serverauth.create_validators(kind)
        )
        filters = serverauth.create_serverauth_finding_filters(kind)
        results, _ = finding_filter.filter_results(filters, linter.validate(document.root))
        findings = (found.finding for result in results for found in result.finding_descriptions)
        return sorted({found.code for found in findings if found.severity <= ValidationFindingSeverity.ERROR})

    return lint


def main():
    cases = json.load(sys.stdin)
    judges = {"pyca": pyca, "pyca-host": functools.partial(pyca, asks_for_host=True), "pkilint": pkilint}
    judges |= {"pyca-crl": pyca_crl, "pyca-ocsp": pyca_ocsp, "pkilint-tls": pkilint_tls}
    judge = judges[sys.argv[1]](cases["now"])
    json.dump({case["name"]: judge(case) for case in cases["cases"]}, sys.stdout)


if __name__ == "__main__":
    main()
