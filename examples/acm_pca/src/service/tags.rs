//! Tags.

use issuance::AwsException;
use issuance::api::{
    Fault, ListTagsRequest, ListTagsResponse, Tag, TagCertificateAuthorityRequest, TagKey, TagValue,
    UntagCertificateAuthorityRequest,
};

use super::Service;
use super::pages::page;

/// The most tags of one authority (API reference).
const MOST: usize = 50;

type Tags = Vec<(TagKey, Option<TagValue>)>;

/// Tags and more of them; a key that is there gets the new value.
pub(crate) fn with(mut present: Tags, added: Vec<Tag>) -> Result<Tags, Fault> {
    check(&added)?;
    for Tag { key, value, .. } in added {
        match present.binary_search_by(|(other, _)| other.cmp(&key)) {
            Ok(position) => present[position].1 = value,
            Err(position) => present.insert(position, (key, value)),
        }
    }
    match present.len() <= MOST {
        true => Ok(present),
        false => Err(Fault::new(
            AwsException::TooManyTags,
            format_args!("a certificate authority has at most {MOST} tags, not {}", present.len()),
        )),
    }
}

fn check(tags: &[Tag]) -> Result<(), Fault> {
    for (position, tag) in tags.iter().enumerate() {
        let key = tag.key.as_str();
        if key.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("aws:")) {
            let problem = format_args!("'{key}' at 'tags.{}.member.key': keys must not begin with aws:", position + 1);
            return Err(Fault::new(AwsException::InvalidTag, problem));
        }
        if tags[..position].iter().any(|other| other.key == tag.key) {
            let problem = format_args!("'{key}' at 'tags.{}.member.key': a key must be given once", position + 1);
            return Err(Fault::new(AwsException::InvalidTag, problem));
        }
    }
    Ok(())
}

impl Service {
    pub(crate) fn tag(&self, request: TagCertificateAuthorityRequest) -> Result<(), Fault> {
        self.change_present(&request.certificate_authority_arn, |record| {
            record.tags = with(record.tags.clone(), request.tags.clone())?;
            Ok(())
        })
    }

    pub(crate) fn untag(&self, request: UntagCertificateAuthorityRequest) -> Result<(), Fault> {
        check(&request.tags)?;
        self.change_present(&request.certificate_authority_arn, |record| {
            // A tag without a value stands for any value.
            let is_meant = |key: &TagKey, value: &Option<TagValue>| {
                request.tags.iter().any(|tag| tag.key == *key && (tag.value.is_none() || tag.value == *value))
            };
            record.tags.retain(|(key, value)| !is_meant(key, value));
            Ok(())
        })
    }

    pub(crate) fn list_tags(&self, request: ListTagsRequest) -> Result<ListTagsResponse, Fault> {
        let record = self.present(&request.certificate_authority_arn)?;
        let most = request.max_results.map_or(i64::MAX, |max| max.get());
        let key = |(key, _): &(TagKey, Option<TagValue>)| key.to_string();
        let (tags, next_token) = page(record.tags.clone(), key, request.next_token.as_ref(), most)?;
        let tags = tags.into_iter().map(|(key, value)| Tag::new(key, value)).collect();
        Ok(ListTagsResponse { next_token, tags })
    }
}
