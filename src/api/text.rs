//! Texts within the bounds of the API model that only these operations have.

use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory};

use crate::request::bounded::{BoundedString, broken, length, text_shape};
use crate::request::pattern::is_idempotency_token;
use crate::request::violation::Constraint;

/// `NextToken` of the API model: what the page before gave.
pub type NextToken = BoundedString<1, 43739>;
/// `S3BucketName` of the API model.
pub type S3BucketName = BoundedString<3, 63>;

/// Declares texts with a length, a pattern, and the predicate that is the pattern.
macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident: $min:literal to $max:literal, $pattern:expr, $predicate:expr;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        text_shape!([] $name, |text| {
            let [min, max] = length(text.chars().count(), $min, $max);
            let predicate: fn(&str) -> bool = $predicate;
            broken([min, max, (predicate(text), Constraint::Pattern($pattern))])
        });
    )+};
}

const TAG: &str = r"([\p{L}\p{Z}\p{N}_.:/=+\-@]*)";

texts! {
    /// `TagKey` of the API model: 1 to 128 letters, digits, separators and `_.:/=+-@`.
    /// [`Request`](crate::api::Request) has an example.
    TagKey: 1 to 128, TAG, is_tag;
    /// `TagValue` of the API model: up to 256 letters, digits, separators and `_.:/=+-@`.
    /// [`Request`](crate::api::Request) has an example.
    TagValue: 0 to 256, TAG, is_tag;
    /// `Principal` of the API model: up to 128 characters, and no asterisk. [`Request`](crate::api::Request) has an example.
    Principal: 0 to 128, "[^*]+", |text| !text.is_empty() && !text.contains('*');
    /// `AccountId` of the API model: 12 digits. [`Request`](crate::api::Request) has an example.
    AccountId: 12 to 12, "[0-9]+", |text| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    /// `AWSPolicy` of the API model: 1 to 81920 characters, each tab, line feed, carriage return, or from U+0020 to U+00FF.
    /// [`Request`](crate::api::Request) has an example.
    AwsPolicy: 1 to 81920, r"[\u0009\u000A\u000D\u0020-\u00FF]+", |text| !text.is_empty() && is_idempotency_token(text);
    /// `AuditReportId` of the API model: a UUID. [`Request`](crate::api::Request) has an example.
    AuditReportId: 36 to 36, "[a-z0-9]{8}-[a-z0-9]{4}-[a-z0-9]{4}-[a-z0-9]{4}-[a-z0-9]{12}", is_report_id;
}

fn is_tag(text: &str) -> bool {
    text.chars().all(|c| match c.general_category_group() {
        GeneralCategoryGroup::Letter | GeneralCategoryGroup::Separator | GeneralCategoryGroup::Number => true,
        _ => "_.:/=+-@".contains(c),
    })
}

fn is_report_id(text: &str) -> bool {
    let groups = text.split('-').map(|group| {
        let fits = group.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        if fits { group.len() } else { 0 }
    });
    groups.eq([8, 4, 4, 4, 12])
}
