//! Files of templates and policies, and documents of IAM: what is read is written as a text that reads the same, in TOML and in
//! JSON, and whatever is refused names a place in the text.
#![no_main]

use issuance::Template;
use issuance::policy::{FileError, IamDocument, Policy};
use libfuzzer_sys::fuzz_target;

fn within(error: &FileError, text: &str) {
    assert!(error.line() <= text.split('\n').count() && error.line() >= 1 && error.column() >= 1, "{error}");
    assert!(!error.problem().is_empty());
}

fn policy(read: Result<Policy, FileError>, text: &str) {
    match read {
        Ok(policy) => {
            assert_eq!(Policy::from_toml(&policy.to_toml()).as_ref(), Ok(&policy));
            assert_eq!(Policy::from_json(&policy.to_json()).as_ref(), Ok(&policy));
            assert_eq!(policy.clone().and(policy.clone()), policy);
        }
        Err(error) => within(&error, text),
    }
}

fn template(read: Result<Template, FileError>, text: &str) {
    match read {
        Ok(template) => {
            assert_eq!(Template::from_toml(&template.to_toml(), &[]).as_ref(), Ok(&template));
            assert_eq!(Template::from_json(&template.to_json(), &[]).as_ref(), Ok(&template));
        }
        Err(error) => within(&error, text),
    }
}

fuzz_target!(|text: &str| {
    policy(Policy::from_toml(text), text);
    policy(Policy::from_json(text), text);
    template(Template::from_toml(text, &[]), text);
    template(Template::from_json(text, &[]), text);
    if let Err(error) = IamDocument::from_json(text) {
        assert!(!error.place().is_empty() && !error.problem().is_empty());
    }
});
