//! Members of a request that no rule uses, as inputs that did not reach the certificate.

use super::certificate_plan::{Input, Reason, SuppressedInput};
use crate::request::issue_certificate::IssueCertificateRequest;
use crate::request::unused::UnusedReason;

impl SuppressedInput {
    /// What a request has and no rule uses (R-REQ-10).
    pub(crate) fn unused_members(request: &IssueCertificateRequest) -> impl Iterator<Item = SuppressedInput> {
        let input = |input, reason| SuppressedInput::new(input, reason, Vec::new());
        let listed = request.unused_members();
        let more = request.unused_member_count() - listed.len();
        let listed = listed.iter().map(move |member| {
            let reason = match member.reason() {
                UnusedReason::NotKnown => Reason::MemberNotKnown,
                UnusedReason::EmptyStructure => Reason::EmptyStructure,
            };
            input(Input::RequestMember(member.path().into()), reason)
        });
        listed.chain((more > 0).then(|| input(Input::FurtherMembers(more), Reason::TooManyToList)))
    }
}
