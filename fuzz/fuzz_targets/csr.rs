//! Certification requests: whatever decodes is made of the octets that came in, and decodes to the same again.
#![no_main]

use der::Decode;
use issuance::{Csr, CsrAttribute, CsrExtension};
use libfuzzer_sys::fuzz_target;
use x509_cert::request::CertReq;

/// Whether `part` lies in the memory of `whole`.
fn within(part: &[u8], whole: &[u8]) -> bool {
    let (part, whole) = (part.as_ptr_range(), whole.as_ptr_range());
    whole.start <= part.start && part.end <= whole.end
}

/// The length that the header of an element announces, header included.
fn whole_element(der: &[u8]) -> Option<usize> {
    let first = usize::from(*der.get(1)?);
    if first < 0x80 {
        return Some(2 + first);
    }
    let digits = der.get(2..2 + (first & 0x7f))?;
    Some(2 + digits.len() + digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit)))
}

fn check_parts(csr: &Csr<'_>) {
    let der = csr.as_der();
    assert_eq!(whole_element(der), Some(der.len()));
    assert!(within(csr.info_der(), der));
    for part in [csr.info_der(), csr.subject_der(), csr.public_key_der()] {
        assert_eq!(part[0], 0x30);
        assert_eq!(whole_element(part), Some(part.len()));
    }
    assert!(within(csr.subject_der(), csr.info_der()) && within(csr.public_key_der(), csr.info_der()));
    assert_eq!(csr.has_empty_subject(), csr.subject_der() == [0x30, 0]);

    let attributes: Vec<CsrAttribute<'_>> = csr.attributes().collect();
    assert!(attributes.len() <= Csr::<()>::MAX_ATTRIBUTES);
    for (i, attribute) in attributes.iter().enumerate() {
        assert!(within(attribute.values, csr.info_der()));
        assert_eq!((attribute.values[0], whole_element(attribute.values)), (0x31, Some(attribute.values.len())));
        assert!(attributes[..i].iter().all(|earlier| earlier.oid != attribute.oid));
    }

    let extensions: Vec<CsrExtension<'_>> = csr.extensions().collect();
    assert!(extensions.len() <= Csr::<()>::MAX_EXTENSIONS);
    let holder = csr.extension_attribute().map(|oid| attributes.iter().find(|attribute| attribute.oid == oid));
    assert!(extensions.is_empty() || holder.is_some());
    // The list is the one value of its attribute, and the iterator yields all of it, each element once.
    if let Some(holder) = holder {
        let list = holder.expect("the attribute that the extensions come from").values;
        let total: usize = extensions.iter().map(|extension| extension.der.len()).sum();
        assert!(extensions.iter().all(|extension| within(extension.der, list)));
        assert!(list.ends_with(&extensions.iter().flat_map(|e| e.der.iter().copied()).collect::<Vec<u8>>()));
        assert!(total < list.len() && list.len() - total <= 12);
    }
    for (i, extension) in extensions.iter().enumerate() {
        assert!(extension.value.is_empty() || within(extension.value, extension.der));
        assert!(extension.der.ends_with(extension.value));
        assert!(extensions[..i].iter().all(|earlier| earlier.oid != extension.oid));
    }
}

fn same(a: &Csr<'_>, b: &Csr<'_>) {
    assert_eq!(a.as_der(), b.as_der());
    assert_eq!(
        (a.info_der(), a.subject_der(), a.public_key_der()),
        (b.info_der(), b.subject_der(), b.public_key_der())
    );
    assert_eq!(a.extension_attribute(), b.extension_attribute());
    assert!(a.attributes().eq(b.attributes()) && a.extensions().eq(b.extensions()));
    assert_eq!(a.signature_algorithm().ok(), b.signature_algorithm().ok());
    assert_eq!(format!("{a:?}"), format!("{b:?}"));
}

fuzz_target!(|input: &[u8]| {
    let csr = match Csr::decode(input) {
        Ok(csr) => csr,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return;
        }
    };
    check_parts(&csr);
    if !input.starts_with(b"-") && input.starts_with(&csr.as_der()[..2]) {
        assert_eq!(csr.as_der(), input);
        assert!(within(csr.as_der(), input), "DER is borrowed");
    }
    let der = csr.as_der().to_vec();
    let again = Csr::decode(&der).expect("what was decoded decodes again");
    same(&csr, &again);
    same(&again, &csr.clone().into_owned());
    // Another decoder need not read all that this one does, but what it reads is the same.
    if let Ok(other) = CertReq::from_der(&der) {
        let list = csr.attributes().count();
        assert_eq!(other.info.attributes.len(), list);
        assert_eq!(other.info.subject.is_empty(), csr.has_empty_subject());
    }
});
