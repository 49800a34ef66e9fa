//! Why the library and a verifier may disagree about a chain, and how that is recognised.

use issuance::Error;
use issuance::authority::{CertificateAuthorityStatus, ImportError, NameConstraintViolation};
use issuance::issue::{TemplateMisuse, ValidityError};

use super::Disagreement;
use super::judges::{Judge, openssl_without_common_name, verdict};
use super::spec::{Attribute, Form, Level, Name};

/// A named reason, and the disagreements that it explains.
pub struct Explanation {
    pub name: &'static str,
    pub applies: fn(&Disagreement<'_>) -> bool,
}

/// The library's error and the certificate that it is about, where the judge accepts.
fn stricter<'a>(d: &'a Disagreement<'_>) -> Option<(&'a Level, &'a Error)> {
    let refusal = d.chain.refusal.as_ref().filter(|_| d.verdict.is_none())?;
    let above = match &refusal.error {
        Error::Import(ImportError::Names { at, .. }) => at.position(),
        _ => 0,
    };
    Some((&d.chain.levels[refusal.level - above], &refusal.error))
}

/// The same for names, of certificates to be issued or imported.
fn stricter_with_names<'a>(d: &'a Disagreement<'_>) -> Option<(&'a Level, &'a NameConstraintViolation)> {
    match stricter(d)? {
        (level, Error::NameConstraint(error) | Error::Import(ImportError::Names { error, .. })) => Some((level, error)),
        _ => None,
    }
}

/// The name that the library finds excluded.
fn excluded<'a>(d: &'a Disagreement<'_>) -> Option<&'a str> {
    match stricter_with_names(d)? {
        (_, NameConstraintViolation::Excluded { name, .. }) => Some(name),
        _ => None,
    }
}

/// The judge's words, where the library has nothing against the chain.
fn laxer<'a>(d: &Disagreement<'a>, judge: Judge) -> Option<&'a str> {
    d.verdict.filter(|_| d.judge == judge && d.chain.refusal.is_none())
}

fn leaf<'a>(d: &'a Disagreement<'_>) -> &'a Level {
    &d.chain.levels[d.chain.levels.len() - 1]
}

fn root<'a>(d: &'a Disagreement<'_>) -> &'a Level {
    &d.chain.levels[0]
}

/// The CA certificates that a judge looks at as certificates.
fn authorities<'a>(d: &'a Disagreement<'_>) -> impl Iterator<Item = &'a Level> {
    let first = usize::from(d.judge == Judge::Webpki);
    d.chain.levels.iter().filter(|level| level.ca).skip(first)
}

/// The subjects of self-issued CA certificates.
fn self_issued(d: &Disagreement<'_>) -> Vec<Vec<Attribute>> {
    let cas = d.chain.levels.iter().filter(|level| level.ca && is_self_issued(d, level));
    cas.map(|level| level.subject.clone()).collect()
}

fn is_self_issued(d: &Disagreement<'_>, level: &Level) -> bool {
    d.chain.levels.windows(2).any(|pair| std::ptr::eq(&pair[1], level) && pair[0].subject == level.subject)
}

/// Whether no path length of these certificates is exceeded, when self-issued ones count as well.
fn path_lengths_hold(levels: &[Level]) -> bool {
    let cas: Vec<&Level> = levels.iter().filter(|level| level.ca).collect();
    cas.iter().enumerate().all(|(at, ca)| ca.path_len.is_none_or(|limit| cas.len() - at - 1 <= usize::from(limit)))
}

// Changes after which a judge must accept, if they take away all that it disliked.

/// Leaves the constraints that rustls-webpki compares with.
fn only_comparable_constraints(level: &mut Level) {
    let compares = |base: &Name| matches!(base.form(), Form::Dns | Form::Ip);
    let Some(constraints) = &mut level.constraints else { return };
    constraints.permitted.retain(compares);
    constraints.excluded.retain(compares);
    if constraints.bases().next().is_none() {
        level.constraints = None;
    }
}

/// Lets a CA certificate begin as early and end as late as the chain needs.
fn in_time(level: &mut Level, d: &Disagreement<'_>) {
    if level.ca {
        level.not_before = level.not_before.min(d.times[0]);
        level.not_after = level.not_after.max(leaf(d).not_after);
    }
}

/// Where there are self-issued CA certificates: no path lengths, and no alternative names in these.
fn without_limits_on_self_issued(level: &mut Level, subjects: &[Vec<Attribute>]) {
    if !subjects.is_empty() {
        level.path_len = None;
    }
    if level.ca && subjects.contains(&level.subject) {
        level.names.clear();
    }
}

fn hosts(level: &mut Level, change: impl Fn(&str) -> String) {
    for name in &mut level.names {
        if let Name::Dns(host) = name {
            *host = change(host);
        }
    }
}

fn without_dot(host: &str) -> String {
    host.trim_end_matches('.').to_owned()
}

fn without_asterisk(host: &str) -> String {
    host.replace('*', "x")
}

fn without_user(level: &mut Level) {
    for name in &mut level.names {
        if let Name::Uri(uri) = name {
            *uri = uri.replace("user@", "");
        }
    }
}

// Below a self-issued CA, rustls-webpki first tries the issuer of the same name with another key, and may report that.
const MAY_BE_NAMES: [&str; 2] = ["NameConstraintViolation", "InvalidSignatureForPublicKey"];

pub const EXPLANATIONS: &[Explanation] = &[
    Explanation {
        name: "a CA certificate begins after the end entity's: no rule is about the beginning of the CA's",
        applies: |d| {
            d.chain.refusal.is_none()
                && authorities(d).any(|ca| ca.not_before > d.times[0])
                && d.accepted_after(|level| in_time(level, d))
        },
    },
    Explanation {
        name: "R-VAL-4 nests CA certificates too, whether or not the end entity's is within all of them",
        applies: |d| {
            let Some((level, Error::Validity(ValidityError::BeyondCa { .. }))) = stricter(d) else { return false };
            level.ca && d.chain.levels.iter().all(|ca| ca.not_after >= leaf(d).not_after)
        },
    },
    Explanation {
        name: "R-VAL-4 looks at the CA's own certificate, and those above an imported one may end before it",
        applies: |d| {
            let above = d.chain.levels[..d.chain.foreign - 1].iter();
            d.chain.refusal.is_none()
                && above.into_iter().any(|ca| ca.not_after < leaf(d).not_after)
                && d.accepted_after(|level| in_time(level, d))
        },
    },
    Explanation {
        name: "rustls-webpki takes no validity from a trust anchor",
        applies: |d| {
            let over = |error: &Error| match error {
                Error::Validity(ValidityError::BeyondCa { .. }) => true,
                Error::AuthorityState { status, .. } => *status == CertificateAuthorityStatus::Expired,
                _ => false,
            };
            d.judge == Judge::Webpki
                && stricter(d).is_some_and(|(_, error)| over(error))
                && root(d).not_after < leaf(d).not_after
                && authorities(d).all(|ca| ca.not_after >= leaf(d).not_after)
        },
    },
    Explanation {
        name: "R-CA-3: the path length of a CA is smaller than its issuer's, although RFC 5280 allows any",
        applies: |d| {
            let Some((_, Error::Template(TemplateMisuse::PathLength { left, .. }))) = stricter(d) else { return false };
            *left > 0
        },
    },
    Explanation {
        name: "rustls-webpki takes no path length from a trust anchor",
        applies: |d| {
            let exceeded = stricter(d).is_some_and(|(_, error)| match error {
                Error::Template(TemplateMisuse::PathLength { left, .. }) => *left == 0,
                Error::Import(ImportError::PathLength { .. }) => true,
                _ => false,
            });
            exceeded
                && d.judge == Judge::Webpki
                && !path_lengths_hold(&d.chain.levels)
                && path_lengths_hold(&d.chain.levels[1..])
        },
    },
    Explanation {
        name: "R-CA-3: an issuer with path length 0 issues no CA, although RFC 5280 does not count self-issued ones",
        applies: |d| {
            let Some((level, Error::Template(TemplateMisuse::PathLength { left: 0, .. }))) = stricter(d) else {
                return false;
            };
            d.judge == Judge::OpenSsl && is_self_issued(d, level)
        },
    },
    Explanation {
        name: "rustls-webpki makes no exception for self-issued CA certificates (RFC 5280 sections 6.1.3 and 6.1.4)",
        applies: |d| {
            let selves = self_issued(d);
            laxer(d, Judge::Webpki).is_some()
                && !selves.is_empty()
                && d.accepted_after(|level| without_limits_on_self_issued(level, &selves))
        },
    },
    Explanation {
        name: "rustls-webpki refuses whatever it cannot compare with constraints: directoryName, rfc822Name, URI",
        applies: |d| {
            laxer(d, Judge::Webpki).is_some_and(|verdict| MAY_BE_NAMES.contains(&verdict))
                && d.accepted_after(only_comparable_constraints)
        },
    },
    Explanation {
        name: "rustls-webpki overlooks an emailAddress in the subject",
        applies: |d| {
            use NameConstraintViolation::{Excluded, NotPermitted};
            let Some((level, Excluded { name, .. } | NotPermitted { name, .. })) = stricter_with_names(d) else {
                return false;
            };
            d.judge == Judge::Webpki && name.starts_with("email:") && !level.has_alternative(Form::Email)
        },
    },
    Explanation {
        name: "a wildcard that may expand into an excluded subtree is refused: our decision",
        applies: |d| excluded(d).is_some_and(|name| name.contains('*')),
    },
    Explanation {
        name: "OpenSSL holds a common name that looks like a host against DNS constraints",
        applies: |d| {
            laxer(d, Judge::OpenSsl).is_some()
                && leaf(d).common_name().is_some()
                && !leaf(d).has_alternative(Form::Dns)
                && openssl_without_common_name(&d.chain.path, d.times).is_none()
        },
    },
    Explanation {
        name: "a dot at the end of a host name does not take it out of a permitted subtree: our decision",
        applies: |d| d.chain.refusal.is_none() && d.accepted_after(|level| hosts(level, without_dot)),
    },
    Explanation {
        name: "a dot at the end of a host name does not take it out of an excluded subtree: our decision",
        applies: |d| excluded(d).is_some_and(|name| name.ends_with('.')),
    },
    Explanation {
        name: "rustls-webpki knows no asterisk beside letters or before a single label, and looks where names are constrained",
        applies: |d| {
            laxer(d, Judge::Webpki) == Some("MalformedDnsIdentifier")
                && d.accepted_after(|level| hosts(level, without_asterisk))
        },
    },
    Explanation {
        name: "rustls-webpki expands an asterisk into the domain itself of an excluded .domain",
        applies: |d| {
            let excluded = d.chain.levels.iter().flat_map(|level| &level.constraints).flat_map(|c| &c.excluded);
            laxer(d, Judge::Webpki) == Some("NameConstraintViolation")
                && excluded.into_iter().any(|base| matches!(base, Name::Dns(domain) if domain.starts_with('.')))
                && d.accepted_after(|level| hosts(level, without_asterisk))
        },
    },
    Explanation {
        name: "OpenSSL takes user information in a URI for a part of the host (RFC 3986 section 3.2)",
        applies: |d| match excluded(d) {
            Some(name) => d.judge == Judge::OpenSsl && name.starts_with("URI:https://user@"),
            None => laxer(d, Judge::OpenSsl).is_some() && d.accepted_after(without_user),
        },
    },
    Explanation {
        name: "OpenSSL takes an IP address in a URI for a host name, which RFC 5280 section 4.2.1.10 rules out",
        applies: |d| match stricter_with_names(d) {
            Some((_, NameConstraintViolation::NotComparable { name, .. })) => {
                d.judge == Judge::OpenSsl && name == "URI:https://192.0.2.1/"
            }
            _ => false,
        },
    },
    Explanation {
        name: "several of these at once",
        applies: |d| {
            let selves = self_issued(d);
            let path = d.path_after(|level| {
                hosts(level, |host| without_asterisk(&without_dot(host)));
                in_time(level, d);
                match d.judge {
                    Judge::Webpki => {
                        only_comparable_constraints(level);
                        without_limits_on_self_issued(level, &selves);
                    }
                    Judge::OpenSsl => without_user(level),
                }
            });
            let verdict = match d.judge {
                Judge::OpenSsl => openssl_without_common_name(&path, d.times),
                Judge::Webpki => verdict(d.judge, &path, d.times),
            };
            d.chain.refusal.is_none() && verdict.is_none()
        },
    },
    Explanation {
        name: "name constraints are not for self-issued CA certificates (RFC 5280 section 6.1.3)",
        applies: |d| stricter_with_names(d).is_some_and(|(level, _)| level.ca && is_self_issued(d, level)),
    },
];
