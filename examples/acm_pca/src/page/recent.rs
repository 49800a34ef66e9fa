//! The requests of the last minutes, as many as there is room for.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use issuance::api::Fault;
use issuance::{AwsException, CertificateAuthorityArn, Timestamp};

use super::guard::Sight;
use crate::log::Entry;

/// How many requests are kept.
const MOST: usize = 1000;
/// How long they are shown, in seconds.
pub(super) const SECONDS: i64 = 15 * 60;
/// The most bytes of text that are kept of one.
const MOST_TEXT: usize = 2000;

/// A request that was answered.
pub(crate) struct Seen<'f> {
    pub(crate) at: Timestamp,
    pub(crate) operation: &'static str,
    pub(crate) status: StatusCode,
    pub(crate) fault: Option<&'f Fault>,
    pub(crate) entry: Entry,
    pub(crate) begin: Instant,
}

/// What is kept of a request.
#[derive(Clone)]
pub(super) struct Kept {
    pub(super) at: Timestamp,
    pub(super) operation: &'static str,
    /// Whose credentials it had; none for what needs none, and for what was refused before they were looked at.
    account: Option<String>,
    pub(super) authority: Option<String>,
    pub(super) status: StatusCode,
    pub(super) exception: Option<AwsException>,
    pub(super) remarks: Vec<String>,
    pub(super) took: Duration,
}

impl Kept {
    fn is_seen_by(&self, sight: &Sight) -> bool {
        let authority = || self.authority.as_deref()?.parse::<CertificateAuthorityArn>().ok();
        match &self.account {
            Some(account) if sight.sees_account(account) => true,
            Some(_) => authority().is_some_and(|arn| sight.sees(&arn)),
            None => sight.sees_everything() || authority().is_some_and(|arn| sight.sees(&arn)),
        }
    }
}

/// A ring: the newest push the oldest out.
#[derive(Default)]
pub(crate) struct Recent(Mutex<VecDeque<Kept>>);

impl Recent {
    pub(crate) fn add(&self, seen: Seen<'_>, account: Option<String>) {
        let Seen { at, operation, status, fault, entry, begin } = seen;
        let texts = fault.map(|fault| fault.message.clone()).into_iter().chain(entry.remarks);
        let mut room = MOST_TEXT;
        let remarks = texts.map_while(|text| cut(text, &mut room)).collect();
        let (exception, took) = (fault.map(|fault| fault.exception), begin.elapsed());
        let kept = Kept { at, operation, account, authority: entry.authority, status, exception, remarks, took };
        let mut ring = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if ring.len() == MOST {
            ring.pop_front();
        }
        ring.push_back(kept);
    }

    /// The newest first.
    pub(super) fn list(&self, sight: &Sight, now: Timestamp) -> Vec<Kept> {
        let ring = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let recent = ring.iter().rev().take_while(|kept| now.unix() - kept.at.unix() <= SECONDS);
        recent.filter(|kept| kept.is_seen_by(sight)).cloned().collect()
    }
}

/// As much of a text as there is room for; `None` if there is none.
fn cut(mut text: String, room: &mut usize) -> Option<String> {
    if *room == 0 {
        return None;
    }
    if text.len() > *room {
        let ends = text.char_indices().map(|(start, character)| start + character.len_utf8());
        let kept = ends.take_while(|end| end <= room).last().unwrap_or(0);
        text.truncate(kept);
        text.push('…');
        text.shrink_to_fit();
        *room = 0;
    } else {
        *room -= text.len();
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(at: i64, remarks: Vec<String>) -> Seen<'static> {
        Seen {
            at: Timestamp::from_unix(at).unwrap(),
            operation: "ListTags",
            status: StatusCode::OK,
            fault: None,
            entry: Entry { authority: None, remarks },
            begin: Instant::now(),
        }
    }

    #[test]
    fn a_ring_keeps_the_newest_and_no_more_text_than_there_is_room_for() {
        let recent = Recent::default();
        let long = vec!["x".repeat(MOST_TEXT - 1), "\u{e9}\u{e9}".to_owned(), "more".to_owned()];
        for at in 0..MOST as i64 + 2 {
            recent.add(seen(1_800_000_000 + at / 100, long.clone()), None);
        }
        let listed = recent.list(&Sight::everything(), Timestamp::from_unix(1_800_000_010).unwrap());
        assert_eq!(listed.len(), MOST);
        assert_eq!(listed[0].at.unix(), 1_800_000_010);
        assert_eq!(listed[0].remarks.len(), 2);
        assert_eq!(listed[0].remarks[1], "…");
        // What is older is not shown.
        let later = Timestamp::from_unix(1_800_000_010 + SECONDS).unwrap();
        assert_eq!(recent.list(&Sight::everything(), later).len(), 2);
    }

    #[test]
    fn each_account_sees_its_own_requests() {
        let recent = Recent::default();
        for account in [Some("111111111111"), Some("222222222222"), None] {
            recent.add(seen(1_800_000_000, Vec::new()), account.map(str::to_owned));
        }
        let now = Timestamp::from_unix(1_800_000_000).unwrap();
        assert_eq!(recent.list(&Sight::everything(), now).len(), 3);
        assert_eq!(recent.list(&Sight::of_account("111111111111"), now).len(), 1);
    }
}
