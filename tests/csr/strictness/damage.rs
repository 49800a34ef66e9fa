//! Damaged requests.

use issuance::Csr;
use issuance_test_support::ca::LEAF_KEY;
use issuance_test_support::der::{
    CHALLENGE_PASSWORD, attribute, dns, extension, extension_request, name, name_attribute, pem, tlv, utf8,
};

use super::{parts, prove, refusal};

// --- R-ERR-2: damaged requests

fn good_csr() -> Vec<u8> {
    let extensions =
        [extension("2.5.29.17", false, &dns("leaf.example.com")), extension("2.5.29.15", true, &[3, 2, 5, 0xa0])];
    let attributes = [extension_request(&extensions), attribute(CHALLENGE_PASSWORD, &[utf8("secret")])];
    parts().attributes(&attributes).signed_by(&*LEAF_KEY)
}

#[test]
fn r_err_2_truncated_requests_are_refused() {
    let der = good_csr();
    let text = pem("CERTIFICATE REQUEST", &der);
    for length in 0..der.len() {
        refusal(&der[..length]);
    }
    // The last line feed is no part of the block.
    for length in 0..text.len() - 1 {
        refusal(&text.as_bytes()[..length]);
    }
}

#[test]
fn r_err_2_no_changed_octet_panics_the_decoder() {
    let mut der = good_csr();
    for position in 0..der.len() {
        let original = der[position];
        for change in 1..=255u8 {
            der[position] = original ^ change;
            if let Ok(csr) = Csr::decode(&der) {
                // What is accepted can be walked to its end.
                let values = csr.extensions().flatten().map(|extension| extension.value.len()).sum::<usize>();
                let others = csr.attributes().map(|attribute| attribute.values.len()).sum::<usize>();
                assert!(values + others <= 2 * der.len());
                assert!(csr.info_der().len() < der.len());
            }
        }
        der[position] = original;
    }
}

#[test]
fn r_csr_3_no_changed_octet_proves_possession() {
    let mut der = good_csr();
    assert_eq!(prove(&der), Ok(()));
    for position in 0..der.len() {
        // A change of its own at each position, never none.
        let change = 1u8 << (position % 8);
        der[position] ^= change;
        assert!(prove(&der).is_err(), "position {position}");
        der[position] ^= change;
    }
    assert_eq!(prove(&der), Ok(()));
}

/// Deep nesting passes as octets; the decoder does not follow it.
#[test]
fn r_err_2_depth_is_no_matter() {
    let test = || {
        let deep = (0..8_000).fold(vec![5u8, 0], |inner, _| tlv(0x30, &inner));
        let in_extension = parts().extensions(&[extension("1.2.3", false, &deep)]).der();
        assert!(Csr::decode(&in_extension).is_ok());
        let in_attribute = parts().attributes(&[attribute("1.2.3", std::slice::from_ref(&deep))]).der();
        assert!(Csr::decode(&in_attribute).is_ok());
        let in_subject = parts().subject(name(&[name_attribute("2.5.4.3", &deep)])).der();
        assert!(Csr::decode(&in_subject).is_ok());
    };
    std::thread::Builder::new().stack_size(256 * 1024).spawn(test).unwrap().join().unwrap();
}
