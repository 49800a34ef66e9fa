//! Figures for Prometheus: what was issued and refused, how long it took, and what failed (docs/service.md lists them).

use std::borrow::Cow;
use std::time::Instant;

use issuance::{AwsException, Error};
use prometheus_client::encoding::prometheus_text;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

/// What the text of [`Metrics::text`] is.
pub(crate) const CONTENT_TYPE: &str = prometheus_text::CONTENT_TYPE;

/// Upper bounds of durations in seconds: a signature in memory takes a tenth of a millisecond, an RSA key half a minute.
const SECONDS: [f64; 17] =
    [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];

/// One label, whose values are few: operations, exceptions and templates have names that the service knows.
type Label = [(&'static str, Cow<'static, str>); 1];
type Durations<L> = Family<L, Histogram, fn() -> Histogram>;

pub(crate) struct Metrics {
    registry: Registry,
    issued: Family<Label, Counter>,
    refused: Family<[(&'static str, &'static str); 2], Counter>,
    requests: Durations<[(&'static str, &'static str); 1]>,
    decode: Histogram,
    issue: Histogram,
    store: Histogram,
    ledger_errors: Counter,
    signer_errors: Counter,
    connections: Gauge,
}

/// What an issuance consists of.
#[derive(Clone, Copy)]
pub(crate) enum Stage {
    /// Reading the request.
    Decode,
    /// From the request to the signature, the ledger included.
    Issue,
    /// Keeping the certificate.
    Store,
}

impl Default for Metrics {
    fn default() -> Metrics {
        let mut registry = Registry::with_prefix("acm_pca");
        let (issued, refused, connections) = (Family::default(), Family::default(), Gauge::default());
        registry.register(
            "certificates_issued",
            "Certificates that were issued, by family of templates",
            issued.clone(),
        );
        registry.register("requests_refused", "Requests that were answered with an exception", refused.clone());
        let durations = || Histogram::new(SECONDS);
        let requests: Durations<_> = Family::new_with_constructor(durations);
        let help = "How long requests took, from their head to their answer";
        registry.register_with_unit("request_duration", help, Unit::Seconds, requests.clone());
        let stages: Durations<[(&'static str, &'static str); 1]> = Family::new_with_constructor(durations);
        let help = "How long the stages of requests took; issue and store are those of IssueCertificate";
        registry.register_with_unit("stage_duration", help, Unit::Seconds, stages.clone());
        let (ledger_errors, signer_errors) = (Counter::default(), Counter::default());
        registry.register("ledger_errors", "Issuances that failed for the ledger", ledger_errors.clone());
        registry.register("signer_errors", "Issuances that failed for the signer", signer_errors.clone());
        registry.register("connections", "Connections that are open", connections.clone());
        let [decode, issue, store] =
            ["decode", "issue", "store"].map(|stage| stages.get_or_create_owned(&[("stage", stage)]));
        Metrics { registry, issued, refused, requests, decode, issue, store, ledger_errors, signer_errors, connections }
    }
}

impl Metrics {
    /// All of them, in the text format of Prometheus.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        // Cannot fail: a String takes everything.
        let _ = prometheus_text::encode(&mut text, &self.registry);
        text
    }

    /// Does something and notes how long it took.
    pub(crate) fn time<T>(&self, stage: Stage, work: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let done = work();
        let histogram = match stage {
            Stage::Decode => &self.decode,
            Stage::Issue => &self.issue,
            Stage::Store => &self.store,
        };
        histogram.observe(start.elapsed().as_secs_f64());
        done
    }

    pub(crate) fn issued(&self, template: &str) {
        self.issued.get_or_create(&[("template", family(template).to_owned().into())]).inc();
    }

    /// What the operator is to see of an issuance that failed.
    pub(crate) fn failed(&self, error: &Error) {
        match error {
            Error::Ledger(_) | Error::LedgerFull { .. } => self.ledger_errors.inc(),
            Error::Signer(_) | Error::Signature(_) => self.signer_errors.inc(),
            _ => 0,
        };
    }

    /// A request was answered.
    pub(crate) fn answered(&self, operation: &'static str, since: Instant, refused: Option<AwsException>) {
        self.requests.get_or_create(&[("operation", operation)]).observe(since.elapsed().as_secs_f64());
        if let Some(exception) = refused {
            self.refused.get_or_create(&[("operation", operation), ("exception", exception.as_str())]).inc();
        }
    }

    /// Counts connections.
    pub(crate) fn connections(&self) -> Gauge {
        self.connections.clone()
    }
}

/// The name of a template without its path length and what it passes through.
fn family(template: &str) -> &str {
    template.split('_').next().unwrap_or(template)
}

#[cfg(test)]
mod tests {
    use super::*;
    use issuance::Template;

    #[test]
    fn templates_are_counted_by_family() {
        let metrics = Metrics::default();
        for template in Template::all() {
            metrics.issued(template.name());
        }
        let text = metrics.text();
        let count = |line: &str| text.lines().filter(|other| *other == line).count();
        assert_eq!(count("# TYPE acm_pca_certificates_issued_total counter"), 1, "{text}");
        let families = text.lines().filter(|line| line.starts_with("acm_pca_certificates_issued_total{"));
        assert!((5..20).contains(&families.count()), "{text}");
        assert_eq!(count("acm_pca_certificates_issued_total{template=\"EndEntityCertificate\"} 4"), 1, "{text}");
    }

    #[test]
    fn requests_are_counted_and_timed() {
        let metrics = Metrics::default();
        metrics.answered("ListTags", Instant::now(), Some(AwsException::InvalidArn));
        metrics.answered("ListTags", Instant::now(), None);
        metrics.failed(&Error::SignerKey);
        metrics.failed(&Error::LedgerFull { window_seconds: 1 });
        assert_eq!(metrics.time(Stage::Store, || 7), 7);
        let text = metrics.text();
        for line in [
            "acm_pca_requests_refused_total{operation=\"ListTags\",exception=\"InvalidArnException\"} 1",
            "acm_pca_request_duration_seconds_count{operation=\"ListTags\"} 2",
            "acm_pca_stage_duration_seconds_count{stage=\"store\"} 1",
            "acm_pca_stage_duration_seconds_count{stage=\"decode\"} 0",
            "acm_pca_ledger_errors_total 1",
            "acm_pca_signer_errors_total 0",
            "acm_pca_connections 0",
        ] {
            assert!(text.lines().any(|other| other == line), "{line} in {text}");
        }
    }
}
