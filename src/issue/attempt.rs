//! How far a request has come on its way to the signer.

use std::sync::Arc;

use super::prepare::{IssuanceOptions, Preparation};
use super::prepared::Prepared;
use crate::csr::certification_request::{Csr, Proven};
use crate::error::Error;
use crate::idempotency::Held;
use crate::issued::IssuedCertificate;
use crate::ledger::key::IdempotencyKey;
use crate::request::issue_certificate::IssueCertificateRequest;

/// A key of the store, for whom it is free or taken.
pub(super) enum Claimed<'i> {
    /// This caller has it.
    Held(Held<'i>),
    /// Its certificate was issued before.
    Issued(Arc<IssuedCertificate>),
    /// Another caller has it.
    Busy(IdempotencyKey),
}

/// How far a request has come without the signer. It lives for a moment on the stack, where its size does not matter.
#[allow(clippy::large_enum_variant)]
pub(super) enum Attempt<'i> {
    /// To be signed; where there is a token, it is held.
    Sign(Prepared, Option<Held<'i>>),
    /// Issued before.
    Issued(Arc<IssuedCertificate>),
    /// Another caller holds the token: to be tried again when the key is free.
    Wait(IdempotencyKey),
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
