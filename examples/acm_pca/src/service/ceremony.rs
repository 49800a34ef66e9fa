//! How an authority gets its certificate.

use std::sync::Arc;

use issuance::api::{
    Fault, GetCertificateAuthorityCertificateRequest, GetCertificateAuthorityCsrRequest,
    GetCertificateAuthorityCsrResponse, GetCertificateResponse, ImportCertificateAuthorityCertificateRequest,
};
use issuance::authority::CertificateAuthorityType;
use issuance::{AwsException, CertificateAuthority, Clock, Error, Issuer};

use super::Service;
use crate::keys::verifier;
use crate::options::Options;
use crate::store::{Kept, Made, Making};

/// An authority with what issues for it, as it is from now on.
pub(crate) fn made(
    authority: CertificateAuthority,
    kept: Kept,
    options: &Options,
    clock: &Arc<dyn Clock>,
) -> Result<Made, Error> {
    let mut published = authority.clone();
    if let Some(host) = &options.publishes_at {
        let configuration = published.revocation_configuration().clone();
        let here = configuration.with_default_hosts(host, &format!("{host}/ocsp"));
        // It was checked when the service started.
        published.set_revocation_configuration(here.unwrap_or_else(|_| published.revocation_configuration().clone()));
    }
    let issuer = Issuer::builder_with_verifier(published.clone(), Arc::clone(&kept.key), verifier())
        .clock(Arc::clone(clock))
        .options(options.issuance())
        .ledger(Arc::clone(&kept.ledger))
        // Of a key in this process nobody else makes signatures.
        .trust_signer(!kept.is_on_token())
        .build()?;
    let chain = authority.certificate_pem().unwrap_or_default() + &authority.chain_pem();
    Ok(Made { chain: unterminated(&chain).into(), authority, published, kept, issuer })
}

/// The service ends no PEM text with a line feed.
pub(crate) fn unterminated(pem: &str) -> &str {
    pem.trim_end()
}

impl Service {
    pub(crate) fn get_csr(
        &self,
        request: GetCertificateAuthorityCsrRequest,
    ) -> Result<GetCertificateAuthorityCsrResponse, Fault> {
        let record = self.present(&request.certificate_authority_arn)?;
        Ok(GetCertificateAuthorityCsrResponse { csr: Some(record.made()?.kept.csr.clone()) })
    }

    pub(crate) fn import(&self, request: ImportCertificateAuthorityCertificateRequest) -> Result<(), Fault> {
        let now = self.clock.now();
        let chain = request.certificate_chain.as_ref().map(|chain| chain.as_bytes()).unwrap_or_default();
        self.change_present(&request.certificate_authority_arn, |record| {
            let status = record.status(now);
            let present = record.made()?;
            let mut authority = present.authority.clone();
            let subordinate = authority.authority_type() == CertificateAuthorityType::Subordinate;
            if subordinate && chain.trim_ascii().is_empty() {
                let problem = "certificateChain must be given for a SUBORDINATE certificate authority";
                return Err(Fault::new(AwsException::InvalidRequest, problem));
            }
            authority.import_certificate(request.certificate.as_bytes(), chain, &verifier()).map_err(Error::from)?;
            let made = made(authority, present.kept.clone(), &self.options, &self.clock)?;
            record.making = Making::Made(Arc::new(made));
            if record.status(now) != status {
                record.last_state_change_at = now;
            }
            Ok(())
        })
    }

    pub(crate) fn get_authority_certificate(
        &self,
        request: GetCertificateAuthorityCertificateRequest,
    ) -> Result<GetCertificateResponse, Fault> {
        let record = self.present(&request.certificate_authority_arn)?;
        let made = if let Making::Made(made) = &record.making { Some(made) } else { None };
        let certificate = made.and_then(|made| Some((made.authority.certificate_pem()?, made.authority.chain_pem())));
        // The words are those of the service (R-ERR-3), which says "request" where the certificate is meant.
        let (certificate, chain) = certificate.ok_or_else(|| {
            let problem = format_args!(
                "The certificate authority {} is not in the correct state to have a certificate signing request.",
                record.arn
            );
            Fault::new(AwsException::InvalidState, problem)
        })?;
        Ok(GetCertificateResponse {
            certificate: Some(unterminated(&certificate).to_owned()),
            certificate_chain: Some(unterminated(&chain).to_owned()).filter(|chain| !chain.is_empty()),
        })
    }
}
