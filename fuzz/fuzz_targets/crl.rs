//! Lists as they come from elsewhere: what is read has entries that are found again, and none that is out of range.
#![no_main]

use issuance::crl::Crl;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|der: &[u8]| {
    let Ok(list) = Crl::from_der(der) else { return };
    // An entry has at least 18 bytes.
    assert!(list.entries().count() <= der.len() / 18);
    let mut last = None;
    let mut ascending = true;
    for entry in list.entries() {
        ascending &= last < Some(entry.serial());
        last = Some(entry.serial());
        assert!(matches!(entry.reason_code(), 0..=6 | 8..=10));
    }
    assert_eq!(ascending, list.is_ascending());
    for entry in list.entries().take(32) {
        let found = list.find(entry.serial()).expect("an entry of the list");
        assert_eq!(found.serial(), entry.serial());
        assert!(!ascending || found == entry);
    }
    let _ = list.issuer().to_string();
});
