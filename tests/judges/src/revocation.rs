//! Lists and OCSP answers for the judges, with the certificates that they are about (R-REV-6), and rustls-webpki's verdicts on lists.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use issuance::authority::{CrlConfiguration, RevocationConfiguration};
use issuance::crl::{CrlNumber, CrlPreparation, CrlScope, RevokedEntry};
use issuance::issue::FixedClock;
use issuance::ocsp::{CertificateStatus, OcspHash, OcspResponder};
use issuance::x509::RevocationReason;
use issuance::{CertificateAuthority, IssuedCertificate, Issuer, RustCryptoVerifier, Signer, Timestamp, Validity};
use issuance_test_support::authorities::{Authority, certificate_pem, now};
use issuance_test_support::ca;
use issuance_test_support::keys;
use issuance_test_support::revocation::partitioned;
use rustls_pki_types::{CertificateDer, UnixTime};
use serde_json::{Value, json};
use webpki::{
    ALL_VERIFICATION_ALGS, BorrowedCertRevocationList, CertRevocationList, EndEntityCert, ExpirationPolicy, KeyUsage,
    RevocationCheckDepth, RevocationOptionsBuilder, UnknownStatusPolicy, anchor_from_trusted_cert,
};

const DAY: i64 = 86_400;

/// When the judges look, in seconds after `now`: before the answers end, or after the lists have.
const LOOKED_AT: i64 = 60;
const LOOKED_AT_LATE: i64 = 4 * DAY;

fn after(seconds: i64) -> Timestamp {
    now().checked_add_seconds(seconds).unwrap()
}

struct Out<'a> {
    directory: &'a Path,
    root: Authority,
    index: String,
    count: usize,
}

impl Out<'_> {
    fn file(&mut self, suffix: &str, bytes: &[u8]) -> String {
        self.count += 1;
        let name = format!("{}.{suffix}", self.count);
        fs::write(self.directory.join(&name), bytes).expect("a file");
        name
    }

    fn about(
        &mut self,
        kind: &str,
        (name, class): (&str, &str),
        certificate: &IssuedCertificate,
        status: &[u8],
        before: Option<&[u8]>,
    ) {
        let late = kind != "ocsp" && class == "stale";
        let at = after(if late { LOOKED_AT_LATE } else { LOOKED_AT });
        let webpki = (kind != "ocsp").then(|| {
            let root = self.root.ca.certificate_der().unwrap();
            webpki(certificate.der(), root, status, at).err()
        });
        let certificate_file = self.file("pem", certificate_pem(certificate.der()).as_bytes());
        let ca = self.file("pem", certificate_pem(self.root.ca.certificate_der().unwrap()).as_bytes());
        let status = self.file("der", status);
        let serial = certificate.serial().to_hex();
        let mut line: Value = json!({
            "kind": kind, "name": name, "class": class, "certificate": certificate_file, "ca": ca, "status": status,
            "serial": serial, "at": at.unix(), "webpki": webpki.flatten(),
        });
        if let Some(before) = before {
            line["before"] = self.file("der", before).into();
        }
        self.index.push_str(&format!("{line}\n"));
    }

    /// The judge has seen a list before.
    fn replayed(&mut self, certificate: &IssuedCertificate, list: &[u8], before: &[u8]) {
        self.about("complete", ("replayed", "older"), certificate, list, Some(before));
    }

    fn case(&mut self, kind: &str, name: &str, class: &str, certificate: &IssuedCertificate, status: &[u8]) {
        self.about(kind, (name, class), certificate, status, None);
    }
}

fn leaf(ca: &CertificateAuthority, root: &Authority, name: &str) -> Arc<IssuedCertificate> {
    let issuer = Issuer::builder(ca.clone(), Arc::clone(&root.signer)).clock(FixedClock(now())).build().unwrap();
    let request = issuer.request(ca::proven_csr(name)).template("EndEntityServerAuthCertificate");
    issuer.issue(&request.validity(Validity::days(90)).build().unwrap()).unwrap()
}

fn entry(certificate: &IssuedCertificate) -> RevokedEntry {
    RevokedEntry::new(certificate.serial(), after(-DAY), RevocationReason::KeyCompromise, after(90 * DAY))
}

/// With one bit of the signature changed.
fn forged(der: &[u8]) -> Vec<u8> {
    let (last, start) = der.split_last().unwrap();
    [start, &[last ^ 1]].concat()
}

fn list(root: &Authority, preparation: CrlPreparation<'_>, entries: &[RevokedEntry]) -> Vec<u8> {
    let prepared = preparation.prepare(entries.iter().copied(), &RustCryptoVerifier).unwrap();
    prepared.sign(&root.signer, &RustCryptoVerifier).unwrap().into_der()
}

/// Writes every certificate, list and answer, and `index.jsonl`.
pub fn write(directory: &Path) {
    let root = Authority::root();
    let mut out = Out { directory, root: root.clone(), index: String::new(), count: 0 };
    lists(&mut out, &root);
    answers(&mut out, &root);
    fs::write(directory.join("index.jsonl"), out.index).expect("a file");
}

fn lists(out: &mut Out<'_>, root: &Authority) {
    let crl = CrlConfiguration::builder("bucket").expiration_in_days(3).build().unwrap();
    let mut complete = root.ca.clone();
    complete.set_revocation_configuration(RevocationConfiguration::none().with_crl(crl));
    let [good, bad] = ["good", "bad"].map(|name| leaf(&complete, root, name));
    let preparation = CrlPreparation::new(&complete, now()).number(CrlNumber::from(2));
    let current = list(root, preparation, &[entry(&bad)]);
    out.case("complete", "good", "good", &good, &current);
    out.case("complete", "revoked", "revoked", &bad, &current);
    out.case("complete", "stale", "stale", &good, &current);
    let early = CrlPreparation::new(&complete, after(-600)).number(CrlNumber::from(1));
    let early = list(root, early, &[]);
    out.replayed(&bad, &early, &current);
    out.case("complete", "forged", "forged", &good, &forged(&current));

    let parts = partitioned(root.ca.clone());
    let pair = in_two_partitions(&parts, root);
    let partition = |one: &IssuedCertificate| one.crl_partition().unwrap();
    let of = |one: &IssuedCertificate, entries: &[RevokedEntry]| {
        let preparation = CrlPreparation::new(&parts, now()).scope(CrlScope::Partition(partition(one)));
        list(root, preparation, entries)
    };
    for (place, one) in pair.iter().enumerate() {
        let name = ["first", "second"][place];
        out.case("partition", &format!("{name}, good"), "good", one, &of(one, &[]));
        out.case("partition", &format!("{name}, revoked"), "revoked", one, &of(one, &[entry(one)]));
        let other = &pair[1 - place];
        out.case("partition", &format!("{name}, list of the other"), "other partition", one, &of(other, &[]));
        out.case("partition", &format!("{name}, forged"), "forged", one, &forged(&of(one, &[])));
    }
}

/// By issuers that do not know of each other.
fn in_two_partitions(parts: &CertificateAuthority, root: &Authority) -> [Arc<IssuedCertificate>; 2] {
    let first = leaf(parts, root, "first");
    loop {
        let second = leaf(parts, root, "second");
        if second.crl_partition() != first.crl_partition() {
            return [first, second];
        }
    }
}

fn answers(out: &mut Out<'_>, root: &Authority) {
    let [good, bad] = ["good", "bad"].map(|name| leaf(&root.ca, root, name));
    let key = keys::signer("ec-p256");
    let delegate = {
        let csr = issuance_test_support::der::CsrParts::new(key.public_key_der())
            .subject(issuance_test_support::der::common_name("Responder"))
            .signed_by(&key);
        root.issue("OCSPSigningCertificate", csr, Validity::days(365).build().unwrap())
    };
    let own = OcspResponder::of_authority(&root.ca).unwrap().seconds(600);
    let delegated = OcspResponder::delegated(&root.ca, &delegate, &RustCryptoVerifier).unwrap().seconds(600);
    let revoked = CertificateStatus::Revoked { at: after(-DAY), reason: RevocationReason::KeyCompromise };
    for (who, responder, signer) in
        [("authority", &own, &*root.signer as &dyn Signer), ("delegate", &delegated, &key as &dyn Signer)]
    {
        let answer = |certificate: &IssuedCertificate, at: Timestamp, status| {
            // Java and OpenSSL ask with SHA-1.
            let prepared = responder.prepare_ahead(OcspHash::Sha1, certificate.serial(), at, status).unwrap();
            prepared.sign(signer, &RustCryptoVerifier).unwrap()
        };
        let fresh = answer(&good, now(), CertificateStatus::Good);
        let cases = [
            ("good", &good, fresh.clone()),
            ("revoked", &bad, answer(&bad, now(), revoked)),
            ("unknown", &good, answer(&good, now(), CertificateStatus::Unknown)),
            ("stale", &good, answer(&good, after(-1800), CertificateStatus::Good)),
            ("of another", &bad, fresh.clone()),
        ];
        for (class, certificate, status) in cases {
            out.case("ocsp", &format!("{who}, {class}"), class, certificate, &status);
        }
        // The certificate of a delegate stands behind the signature.
        let mut broken = fresh.clone();
        let at = if who == "authority" { broken.len() - 1 } else { broken.len() - delegate.len() - 12 };
        broken[at] ^= 1;
        out.case("ocsp", &format!("{who}, forged"), "forged", &good, &broken);
    }
}

/// rustls-webpki's verdict over a certificate, with this list and at this time.
fn webpki(certificate: &[u8], root: &[u8], list: &[u8], at: Timestamp) -> Result<(), String> {
    let text = |error| format!("{error:?}");
    let list = CertRevocationList::from(BorrowedCertRevocationList::from_der(list).map_err(text)?);
    let lists = [&list];
    let revocation = RevocationOptionsBuilder::new(&lists)
        .map_err(|error| format!("{error:?}"))?
        .with_depth(RevocationCheckDepth::EndEntity)
        .with_status_policy(UnknownStatusPolicy::Deny)
        .with_expiration_policy(ExpirationPolicy::Enforce)
        .build();
    let (certificate, root) = (CertificateDer::from(certificate), CertificateDer::from(root));
    let anchors = [anchor_from_trusted_cert(&root).map_err(text)?];
    let time = UnixTime::since_unix_epoch(Duration::from_secs(at.unix().try_into().unwrap_or_default()));
    let certificate = EndEntityCert::try_from(&certificate).map_err(text)?;
    let usage = KeyUsage::server_auth();
    let verdict =
        certificate.verify_for_usage(ALL_VERIFICATION_ALGS, &anchors, &[], time, usage, Some(revocation), None);
    verdict.map(|_| ()).map_err(text)
}
