//! The operations, and how the request of each is read.

use issuance::IssueCertificateRequest;
use issuance::api::*;
use issuance::request::RequestError;

pub(crate) type Decode = fn(&[u8]) -> Result<(), RequestError>;

fn decode<T: Request>(json: &[u8]) -> Result<(), RequestError> {
    T::decode(Format::Json, json).map(drop)
}

macro_rules! decoders {
    ($($request:ident)+) => {
        /// Each operation, the name of its request, and what reads that.
        pub(crate) const DECODERS: &[(Operation, &str, Decode)] =
            &[$((<$request as Request>::OPERATION, stringify!($request), decode::<$request>)),+];
    };
}

decoders! {
    CreateCertificateAuthorityRequest CreateCertificateAuthorityAuditReportRequest CreatePermissionRequest
    DeleteCertificateAuthorityRequest DeletePermissionRequest DeletePolicyRequest DescribeCertificateAuthorityRequest
    DescribeCertificateAuthorityAuditReportRequest GetCertificateRequest GetCertificateAuthorityCertificateRequest
    GetCertificateAuthorityCsrRequest GetPolicyRequest ImportCertificateAuthorityCertificateRequest
    IssueCertificateRequest ListCertificateAuthoritiesRequest ListPermissionsRequest ListTagsRequest PutPolicyRequest
    RestoreCertificateAuthorityRequest RevokeCertificateRequest TagCertificateAuthorityRequest
    UntagCertificateAuthorityRequest UpdateCertificateAuthorityRequest
}
