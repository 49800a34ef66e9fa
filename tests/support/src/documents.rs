//! What every store of documents promises.

use issuance::ledger::{Change, Document, Documents};

/// Checks an empty store.
pub fn check_documents(store: &dyn Documents) {
    assert_eq!(store.document("a", "x").unwrap(), None);
    assert_eq!(store.documents("a").unwrap(), []);
    // All or nothing, in one step.
    let both = [Change::to("a", "x", 0, "one"), Change::to("a", "y", 0, "")];
    assert!(store.change(&both).unwrap());
    assert!(!store.change(&both).unwrap());
    assert!(!store.change(&[Change::to("a", "z", 0, "new"), Change::to("a", "x", 2, "stale")]).unwrap());
    assert_eq!(store.versions("a").unwrap(), [("x".to_owned(), 1), ("y".to_owned(), 1)]);
    assert!(!store.change(&[Change::to("a", "x", 1, "two"), Change::expect("a", "y", 2)]).unwrap());
    assert!(!store.change(&[Change::to("a", "x", 1, "two"), Change::expect("a", "z", 1)]).unwrap());
    assert!(store.change(&[Change::to("a", "x", 1, "two"), Change::expect("a", "y", 1)]).unwrap());
    assert_eq!(store.document("a", "x").unwrap(), Some(Document::new("x", 2, "two")));
    // Keys and kinds do not run into each other, and keys are in the order of their bytes.
    assert!(store.change(&[Change::to("ax", "", 0, "")]).is_err());
    assert!(store.change(&[Change::to("a", "x\0", 0, "")]).is_err());
    assert!(store.change(&[Change::to("a".repeat(65), "x", 0, "")]).is_err());
    let others = ["ab", "Z", "\u{e4}"].map(|key| Change::to("a", key, 0, [0, 255]));
    assert!(store.change(&others).unwrap());
    assert!(store.change(&[Change::to("ab", "x", 0, "another kind")]).unwrap());
    let keys: Vec<String> = store.documents("a").unwrap().into_iter().map(|document| document.key).collect();
    assert_eq!(keys, ["Z", "ab", "x", "y", "\u{e4}"]);
    assert!(!store.change(&[Change::remove("a", "x", 1)]).unwrap());
    assert!(store.change(&[Change::remove("a", "x", 2)]).unwrap());
    assert_eq!(store.document("a", "x").unwrap(), None);
    assert!(store.change(&[Change::remove("a", "x", 0)]).unwrap());
    assert!(!store.change(&[Change::remove("a", "y", 0)]).unwrap());
    // Of those who have seen the same version, one is the first.
    let made = std::thread::scope(|scope| {
        let racers = [(); 8].map(|()| scope.spawn(|| store.change(&[Change::to("a", "y", 1, "raced")]).unwrap()));
        racers.into_iter().map(|racer| racer.join().unwrap()).filter(|made| *made).count()
    });
    assert_eq!(made, 1);
    assert_eq!(store.document("a", "y").unwrap(), Some(Document::new("y", 2, "raced")));
}
