//! Tags of authorities.

use super::message::{operations, readable, responses, writable};
use super::text::{NextToken, TagKey, TagValue};
use crate::request::arn::CertificateAuthorityArn;
use crate::request::bounded::Integer;
use crate::wire::document::Document;
use crate::wire::to_member::{Member, Write};

readable! {
    /// `Tag` of the API. [`Request`](crate::api::Request) has an example.
    Tag {
        /// Its name.
        key: required TagKey = "Key",
        /// Its value, if it has one.
        value: optional TagValue = "Value",
    }

    /// `ListTagsRequest` of the API. [`Request`](crate::api::Request) has an example.
    ListTagsRequest {
        /// The most tags of one page.
        max_results: optional Integer<1, 1000> = "MaxResults",
        /// Where the page begins.
        next_token: optional NextToken = "NextToken",
        /// The authority.
        certificate_authority_arn: required CertificateAuthorityArn = "CertificateAuthorityArn",
    }

    /// `TagCertificateAuthorityRequest` of the API. [`Request`](crate::api::Request) has an example.
    TagCertificateAuthorityRequest {
        /// The authority.
        certificate_authority_arn: required CertificateAuthorityArn = "CertificateAuthorityArn",
        /// 1 to 50 tags.
        tags: required_list 1 to 50 Tag = "Tags",
    }

    /// `UntagCertificateAuthorityRequest` of the API. [`Request`](crate::api::Request) has an example.
    UntagCertificateAuthorityRequest {
        /// The authority.
        certificate_authority_arn: required CertificateAuthorityArn = "CertificateAuthorityArn",
        /// 1 to 50 tags; one without a value means any value.
        tags: required_list 1 to 50 Tag = "Tags",
    }
}

impl Tag {
    /// A tag, of which a value need not be given.
    pub fn new(key: TagKey, value: Option<TagValue>) -> Tag {
        Tag { key, value }
    }
}

impl Write for Tag {
    fn write(&self) -> Document<'_> {
        Document::structure([("Key", self.key.member()), ("Value", self.value.member())])
    }
}

writable! {
    /// `ListTagsResponse` of the API. [`Request`](crate::api::Request) has an example.
    ListTagsResponse {
        /// Where the next page begins; absent on the last.
        next_token: Option<NextToken> = "NextToken",
        /// This page.
        tags: Vec<Tag> = "Tags",
    }
}

operations! {
    ListTagsRequest(certificate_authority_arn): ListTags => ListTagsResponse;
    TagCertificateAuthorityRequest(certificate_authority_arn): TagCertificateAuthority => ();
    UntagCertificateAuthorityRequest(certificate_authority_arn): UntagCertificateAuthority => ();
}
responses! { ListTagsResponse }
