//! What an issuer is asked for.

use super::core::Core;
use super::prepare::{IssuanceOptions, Preparation};
use super::prepared::Prepared;
use crate::csr::certification_request::{Csr, Proven};
use crate::error::Error;
use crate::request::issue_certificate::IssueCertificateRequest;

/// A request, with a CSR in place of its own if there is one, and who answers it.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) core: &'a Core,
    pub(super) request: &'a IssueCertificateRequest,
    pub(super) proven: Option<&'a Csr<'a, Proven>>,
}

impl<'a> Asked<'a> {
    pub(super) fn present(&self) -> Result<Presented<'a>, Error> {
        Presented::new(&self.core.options, self.request, self.proven)
    }
}

/// The CSR to answer: the request's own, or one in its place whose possession is shown already.
pub(super) enum Presented<'a> {
    Unproven(Csr<'a>),
    Proven(&'a Csr<'a, Proven>),
}

impl<'a> Presented<'a> {
    pub(super) fn new(
        options: &IssuanceOptions,
        request: &'a IssueCertificateRequest,
        proven: Option<&'a Csr<'a, Proven>>,
    ) -> Result<Presented<'a>, Error> {
        Ok(match proven {
            Some(csr) => Presented::Proven(csr),
            None => Presented::Unproven(options.decode_csr(request.csr())?),
        })
    }

    pub(super) fn prepare(
        self,
        preparation: &Preparation<'_>,
        request: &IssueCertificateRequest,
    ) -> Result<Prepared, Error> {
        match self {
            Presented::Unproven(csr) => preparation.prepare_unproven(request, csr),
            Presented::Proven(csr) => preparation.prepare_proven(request, csr),
        }
    }

    pub(super) fn as_der(&self) -> &[u8] {
        match self {
            Presented::Unproven(csr) => csr.as_der(),
            Presented::Proven(csr) => csr.as_der(),
        }
    }
}
