//! Lists in pages.

use base64::prelude::{BASE64_STANDARD, Engine};
use issuance::AwsException;
use issuance::api::{Fault, NextToken};

/// The page that begins at the token, and the token of the next one. A token is the `key` of the last item before the page: pages
/// stay right while items are added.
pub(crate) fn page<T>(
    items: Vec<T>,
    key: impl for<'t> Fn(&'t T) -> String,
    token: Option<&NextToken>,
    most: i64,
) -> Result<(Vec<T>, Option<NextToken>), Fault> {
    let refused =
        || Fault::new(AwsException::InvalidNextToken, "nextToken is none that a page of this list ended with");
    let start = match token {
        None => 0,
        Some(token) => {
            let before = BASE64_STANDARD.decode(token.as_str()).map_err(|_| refused())?;
            1 + items.iter().position(|item| key(item).into_bytes() == before).ok_or_else(refused)?
        }
    };
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let more = items.len() > start.saturating_add(most);
    let page: Vec<T> = items.into_iter().skip(start).take(most).collect();
    let last = page.last().filter(|_| more).map(|last| BASE64_STANDARD.encode(key(last).as_bytes()));
    let next = last.map(|token| token.parse()).transpose().map_err(|_| refused())?;
    Ok((page, next))
}
