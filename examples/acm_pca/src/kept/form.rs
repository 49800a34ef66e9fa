//! How a record is kept: JSON with a version, in which requests and configurations are as the API has them.

use std::path::PathBuf;
use std::sync::Arc;

use issuance::api::{
    CertificateAuthorityDescription, CreateCertificateAuthorityRequest, DescribeCertificateAuthorityResponse,
    FailureReason, Format, Request, Response, UpdateCertificateAuthorityRequest,
};
use issuance::authority::{CertificateAuthorityStatus, RevocationConfiguration};
use issuance::{CertificateAuthority, CertificateAuthorityArn, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::keys::verifier;
use crate::service::authority_of;
use crate::store::{Granted, Kept, Making, Record, Report};

/// The version that is written, and the only one that is read.
const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RecordForm {
    version: u32,
    request: Value,
    /// In seconds since the Unix epoch, as the other times.
    created_at: i64,
    last_state_change_at: i64,
    making: MakingForm,
    restorable_until: Option<i64>,
    tags: Vec<(String, Option<String>)>,
    permissions: Vec<GrantedForm>,
    policy: Option<String>,
    reports: Vec<ReportForm>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum MakingForm {
    Creating,
    Failed(String),
    Made(MadeForm),
}

/// An authority that has a key.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MadeForm {
    /// PKCS#8 in PEM under the passphrase, or a [`Reference`](crate::token::Reference) to a key on a token.
    pub(super) key: String,
    pub(super) csr: String,
    status: String,
    revocation_configuration: Value,
    certificate: Option<String>,
    chain: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct GrantedForm {
    principal: String,
    source_account: Option<String>,
    actions: Vec<String>,
    created_at: i64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ReportForm {
    id: String,
    bucket: String,
    key: String,
    created_at: i64,
    path: Option<PathBuf>,
}

/// What does not decode, in words.
type Read<T> = Result<T, String>;

/// A member that the library reads by itself.
fn parsed<T: std::str::FromStr<Err: std::fmt::Display>>(what: &str, text: &str) -> Read<T> {
    text.parse().map_err(|error| format!("'{text}' at '{what}': {error}"))
}

fn time(what: &str, seconds: i64) -> Read<Timestamp> {
    Timestamp::from_unix(seconds).ok_or_else(|| format!("{seconds} at '{what}' is not a time of X.509"))
}

fn described(description: CertificateAuthorityDescription) -> Map<String, Value> {
    let described = DescribeCertificateAuthorityResponse { certificate_authority: Some(description) };
    // What the library writes is JSON.
    let described: Value = serde_json::from_slice(&described.encode(Format::Json)).unwrap_or_default();
    match described {
        Value::Object(mut members) => match members.remove("CertificateAuthority") {
            Some(Value::Object(members)) => members,
            _ => Map::new(),
        },
        _ => Map::new(),
    }
}

/// The request as the API has it, without token and tags.
pub(super) fn request(request: &CreateCertificateAuthorityRequest) -> Value {
    let asked_for = request.revocation_configuration.clone();
    let mut members = described(CertificateAuthorityDescription {
        certificate_authority_configuration: Some(request.certificate_authority_configuration.clone()),
        revocation_configuration: asked_for.map(|members| members.apply(RevocationConfiguration::none())),
        key_storage_security_standard: request.key_storage_security_standard,
        usage_mode: request.usage_mode,
        ..CertificateAuthorityDescription::default()
    });
    members.insert("CertificateAuthorityType".to_owned(), request.certificate_authority_type.as_str().into());
    Value::Object(members)
}

fn revocation(configuration: &RevocationConfiguration) -> Value {
    let revocation_configuration = Some(configuration.clone());
    let mut members = described(CertificateAuthorityDescription { revocation_configuration, ..Default::default() });
    members.remove("RevocationConfiguration").unwrap_or_default()
}

impl RecordForm {
    pub(super) fn of(record: &Record) -> Read<RecordForm> {
        Ok(RecordForm {
            version: VERSION,
            request: request(&record.request),
            created_at: record.created_at.unix(),
            last_state_change_at: record.last_state_change_at.unix(),
            making: match &record.making {
                Making::Creating => MakingForm::Creating,
                Making::Failed(reason) => MakingForm::Failed(reason.to_string()),
                Making::Made(made) => MakingForm::Made(MadeForm::of(&made.authority, &made.kept)?),
            },
            restorable_until: record.restorable_until.map(Timestamp::unix),
            tags: record
                .tags
                .iter()
                .map(|(key, value)| (key.to_string(), value.as_ref().map(ToString::to_string)))
                .collect(),
            permissions: record.permissions.iter().map(GrantedForm::of).collect(),
            policy: record.policy.as_ref().map(|policy| policy.as_str().to_owned()),
            reports: record.reports.iter().map(ReportForm::of).collect(),
        })
    }

    pub(super) fn to_json(&self) -> Read<Vec<u8>> {
        serde_json::to_vec(self).map_err(|error| error.to_string())
    }

    pub(super) fn from_json(body: &[u8]) -> Read<RecordForm> {
        let version = serde_json::from_slice::<Value>(body).map_err(|error| error.to_string())?;
        match version["version"].as_u64() {
            Some(version) if version == u64::from(VERSION) => {
                serde_json::from_slice(body).map_err(|error| error.to_string())
            }
            Some(version) => Err(format!("it has version {version}, and this release reads version {VERSION}")),
            None => Err("it has no version".to_owned()),
        }
    }

    /// The record, without what an authority with a key needs of the store.
    pub(super) fn record(&self, arn: &CertificateAuthorityArn) -> Read<Record> {
        let request = CreateCertificateAuthorityRequest::decode(Format::Json, self.request.to_string().as_bytes());
        let tag = |(key, value): &(String, Option<String>)| {
            Ok((parsed("tags", key)?, value.as_ref().map(|value| parsed("tags", value)).transpose()?))
        };
        Ok(Record {
            arn: arn.clone(),
            request: Arc::new(request.map_err(|error| error.to_string())?),
            created_at: time("created_at", self.created_at)?,
            last_state_change_at: time("last_state_change_at", self.last_state_change_at)?,
            making: match &self.making {
                MakingForm::Failed(reason) => Making::Failed(parsed::<FailureReason>("making", reason)?),
                _ => Making::Creating,
            },
            restorable_until: self.restorable_until.map(|until| time("restorable_until", until)).transpose()?,
            tags: self.tags.iter().map(tag).collect::<Read<_>>()?,
            permissions: self.permissions.iter().map(GrantedForm::read).collect::<Read<_>>()?,
            policy: self.policy.as_ref().map(|policy| parsed("policy", policy)).transpose()?,
            reports: self.reports.iter().map(ReportForm::read).collect::<Read<_>>()?,
        })
    }

    pub(super) fn made(&self) -> Option<&MadeForm> {
        match &self.making {
            MakingForm::Made(made) => Some(made),
            _ => None,
        }
    }

    pub(super) fn made_mut(&mut self) -> Option<&mut MadeForm> {
        match &mut self.making {
            MakingForm::Made(made) => Some(made),
            _ => None,
        }
    }
}

impl MadeForm {
    fn of(authority: &CertificateAuthority, kept: &Kept) -> Read<MadeForm> {
        Ok(MadeForm {
            key: kept.kept_as.as_ref().ok_or("its key cannot be kept")?.to_string(),
            csr: kept.csr.clone(),
            // Whether it is expired is for the clock to say.
            status: authority.status(Timestamp::MIN).to_string(),
            revocation_configuration: revocation(authority.revocation_configuration()),
            certificate: authority.certificate_pem(),
            chain: authority.chain_pem(),
        })
    }

    /// The authority, with the public key of what signs for it.
    pub(super) fn authority(&self, record: &Record, public_key_der: &[u8]) -> Read<CertificateAuthority> {
        let authority = authority_of(record, public_key_der);
        let mut authority = authority.map_err(|error| error.to_string())?;
        let update = json!({
            "CertificateAuthorityArn": record.arn.as_str(),
            "RevocationConfiguration": self.revocation_configuration,
        });
        let update = UpdateCertificateAuthorityRequest::decode(Format::Json, update.to_string().as_bytes());
        if let Some(members) = update.map_err(|error| error.to_string())?.revocation_configuration {
            authority.set_revocation_configuration(members.apply(RevocationConfiguration::none()));
        }
        if let Some(certificate) = &self.certificate {
            let imported = authority.import_certificate(certificate.as_bytes(), self.chain.as_bytes(), &verifier());
            imported.map_err(|error| format!("its certificate: {error}"))?;
        }
        let status: CertificateAuthorityStatus = parsed("status", &self.status)?;
        authority.set_status(status).map_err(|error| error.to_string())?;
        Ok(authority)
    }
}

impl GrantedForm {
    fn of(granted: &Granted) -> GrantedForm {
        GrantedForm {
            principal: granted.principal.to_string(),
            source_account: granted.source_account.as_ref().map(ToString::to_string),
            actions: granted.actions.iter().map(ToString::to_string).collect(),
            created_at: granted.created_at.unix(),
        }
    }

    fn read(&self) -> Read<Granted> {
        let account = self.source_account.as_ref().map(|account| parsed("source_account", account));
        Ok(Granted {
            principal: parsed("principal", &self.principal)?,
            source_account: account.transpose()?,
            actions: self.actions.iter().map(|action| parsed("actions", action)).collect::<Read<_>>()?,
            created_at: time("created_at", self.created_at)?,
        })
    }
}

impl ReportForm {
    fn of(report: &Report) -> ReportForm {
        ReportForm {
            id: report.id.to_string(),
            bucket: report.bucket.to_string(),
            key: report.key.clone(),
            created_at: report.created_at.unix(),
            path: report.path.clone(),
        }
    }

    fn read(&self) -> Read<Report> {
        Ok(Report {
            id: parsed("id", &self.id)?,
            bucket: parsed("bucket", &self.bucket)?,
            key: self.key.clone(),
            created_at: time("created_at", self.created_at)?,
            path: self.path.clone(),
        })
    }
}
