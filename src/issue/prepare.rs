//! The first phase: from a request to the bytes that are to be signed.

use std::sync::Arc;

use crate::authority::ca::{
    CertificateAuthority, CertificateAuthorityStatus, CertificateAuthorityType, CertificateAuthorityUsageMode,
};
use crate::authority::error::AuthorityError;
use crate::authority::revocation::partition::{CrlPartition, MAX_CERTIFICATES};
use crate::crypto::verifier::SignatureVerifier;
use crate::csr::certification_request::{Csr, Proven};
use crate::csr::error::CsrError;
use crate::csr::policy::CsrPolicy;
use crate::error::{AlgorithmMismatch, Error, TemplateMisuse};
use crate::issue::check::{Breach, CheckError, Expectation, JudgedPart};
use crate::issue::judge::{Judge, Judges};
use crate::issue::merge::{Merged, Value, merge};
use crate::issue::prepared::Prepared;
use crate::issue::tbs::TbsInput;
use crate::issue::validity::{SHORT_LIVED_MAX_SECONDS, ValidityError, ValidityPeriod};
use crate::issue::warn::Origin;
use crate::issue::{check, tbs, validity, warn};
use crate::issued::unsigned::{Body, Content, Unsigned};
use crate::plan::certificate_plan::{CertificatePlan, Input, PlannedField, SuppressedInput};
use crate::plan::warning::Warning;
#[cfg(feature = "serde")]
use crate::policy::iam::{Facts, IamDocument};
use crate::policy::refusal::PolicyRefusal;
use crate::policy::rules::Policy;
use crate::request::arn::{CertificateArn, SerialFormat};
use crate::request::encode::KeyUsageForm;
use crate::request::issue_certificate::IssueCertificateRequest;
use crate::template::definition;
use crate::template::definition::{Source, Template};
use crate::x509::name::NameText;
use crate::x509::oid::Oid;
use crate::x509::public_key;
use crate::x509::public_key::{KeyPolicy, key_identifier};
use crate::x509::serial::SerialNumber;
use crate::x509::tbs_view::{ExtensionSpans, Field, TbsView};
use crate::x509::timestamp::Timestamp;

/// What an operator decides about issuance beyond the rules. The default is what the rules say.
///
/// ```
/// use issuance::csr::CsrPolicy;
/// use issuance::x509::KeyPolicy;
/// use issuance::{CertificateAuthority, IssuanceOptions, Issuer, KeyAlgorithm, RustCryptoSigner, Subject, Validity};
/// let options = IssuanceOptions::default()
///     .key_policy(KeyPolicy::default())
///     .csr_policy(CsrPolicy::Strict)
///     .strict(true); // refuse what the certificate would not have
/// # let key = RustCryptoSigner::generate(KeyAlgorithm::EcPrime256v1)?;
/// # let name = Subject::builder().common_name("Example Root").build()?;
/// # let ca = CertificateAuthority::self_signed_root(&name, &key, Validity::years(10))?;
/// let issuer = Issuer::builder(ca, key).options(options).build()?;
/// let csr = include_bytes!("../../examples/data/www.example.com.csr"); // asks for a keyUsage
/// let request = issuer.request(csr).validity(Validity::days(90)).build()?;
/// assert!(issuer.issue(&request).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct IssuanceOptions {
    key_policy: KeyPolicy,
    csr_policy: CsrPolicy,
    strict: bool,
    serial_format: SerialFormat,
    omit_rsa_parameters: bool,
    key_usage_form: KeyUsageForm,
    max_bytes: usize,
    new_root_subject: bool,
    pub(super) certificates_per_partition: u32,
    templates: Vec<Template>,
    policy: Policy,
    #[cfg(feature = "serde")]
    iam: Vec<IamDocument>,
    judges: Judges,
}

impl Default for IssuanceOptions {
    fn default() -> Self {
        IssuanceOptions {
            key_policy: KeyPolicy::default(),
            csr_policy: CsrPolicy::default(),
            strict: false,
            serial_format: SerialFormat::Decimal,
            omit_rsa_parameters: false,
            key_usage_form: KeyUsageForm::Der,
            max_bytes: 1 << 20,
            new_root_subject: false,
            certificates_per_partition: MAX_CERTIFICATES,
            templates: Vec::new(),
            policy: Policy::NONE,
            #[cfg(feature = "serde")]
            iam: Vec::new(),
            judges: Judges::default(),
        }
    }
}

impl IssuanceOptions {
    /// Sets which keys and proofs are accepted.
    #[must_use]
    pub fn key_policy(mut self, policy: KeyPolicy) -> Self {
        self.key_policy = policy;
        self
    }

    /// Sets how much of a CSR is judged before anything is known of the certificate (R-CSR-2).
    #[must_use]
    pub fn csr_policy(mut self, policy: CsrPolicy) -> Self {
        self.csr_policy = policy;
        self
    }

    pub(super) fn decode_csr<'c>(&self, csr: &'c [u8]) -> Result<Csr<'c>, CsrError> {
        Csr::decode_with(csr, self.csr_policy)
    }

    /// Refuses requests with inputs that would not reach the certificate (R-MRG-7), and those whose certificate would have a
    /// [`Warning`] (R-MRG-10); our decision, off by default.
    #[must_use]
    pub fn strict(mut self, strict: bool) -> Self {
        self.strict = strict;
        self
    }

    /// Sets how the serial number stands in the certificate's ARN: decimal as documented, or hexadecimal as the service prints
    /// it today (R-ARN-2).
    #[must_use]
    pub fn serial_format(mut self, format: SerialFormat) -> Self {
        self.serial_format = format;
        self
    }

    /// Leaves the NULL parameters of RSASSA-PKCS1-v1_5 out, as certificates of the service of 2019 do. RFC 4055 section 5 asks
    /// for them; this is for rebuilding such certificates.
    #[must_use]
    pub fn omit_rsa_parameters(mut self, omit: bool) -> Self {
        self.omit_rsa_parameters = omit;
        self
    }

    /// Writes the API member `KeyUsage` with all nine bits (`03 03 07 xx 00`), as the live service does (R-ENC-5). That is not
    /// DER, which leaves trailing zero bits out (X.690 section 11.2.2): this is for certificates that equal the service's byte
    /// for byte. Off by default.
    #[must_use]
    pub fn nine_bit_key_usage(mut self, nine_bits: bool) -> Self {
        self.key_usage_form = if nine_bits { KeyUsageForm::NineBits } else { KeyUsageForm::Der };
        self
    }

    /// Sets the longest TBSCertificate, in bytes; 1 MiB by default. The bounds of the API model alone allow more: 150
    /// directory names of 150 attributes of 256 characters have 6 MB.
    #[must_use]
    pub fn max_bytes(mut self, octets: usize) -> Self {
        self.max_bytes = octets;
        self
    }

    /// Lets root templates give a root that is ACTIVE another subject; off if not set (our decision). The root's own CSR is public
    /// and proves possession to everyone who sends it, so that without this option nobody who may use a root template can have the
    /// root's key certified under a name that is not the root's.
    #[must_use]
    pub fn new_root_subject(mut self, allow: bool) -> Self {
        self.new_root_subject = allow;
        self
    }

    /// Sets how many certificates a partition of the CRL takes before another opens: 20,000 by default, which is the most; 1 is the least
    /// (R-REV-2). Fewer make shorter lists, and more of them. This is for issuers whose ledger keeps everything, and for an authority
    /// whose CRL is partitioned. Partitions are of one size: with another one others open, and those of before take no more.
    #[must_use]
    pub fn certificates_per_partition(mut self, certificates: u32) -> Self {
        self.certificates_per_partition = certificates.clamp(1, MAX_CERTIFICATES);
        self
    }

    /// Adds a custom template. It is found before a documented one of the same name; one named `EndEntityCertificate`
    /// also answers requests that name no template (R-REQ-5). Among custom templates of one name the first is found.
    #[must_use]
    pub fn template(mut self, template: Template) -> Self {
        self.templates.push(template);
        self
    }

    /// Adds a policy that every certificate must satisfy, beside the one that its template carries and those added before (R-POL).
    #[must_use]
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policy = self.policy.and(policy);
        self
    }

    /// Adds an IAM policy document that every request must satisfy, beside those added before (R-POL-7).
    #[cfg(feature = "serde")]
    #[must_use]
    pub fn iam_document(mut self, document: IamDocument) -> Self {
        self.iam.push(document);
        self
    }

    /// Adds a judge of the service's own, which is asked last (R-POL-5).
    #[must_use]
    pub fn judge(mut self, judge: impl Judge + 'static) -> Self {
        self.judges.add(Arc::new(judge));
        self
    }
}

/// Everything that a preparation depends on beside the request: prepare is a pure function of it (R-ENC-6).
///
/// For an example see [`IssuedCertificate`](crate::issued::IssuedCertificate).
#[derive(Clone, Copy)]
#[allow(clippy::exhaustive_structs, reason = "all that a certificate follows from: a new part is to be asked for")]
pub struct Preparation<'a> {
    /// The issuing authority.
    pub authority: &'a CertificateAuthority,
    /// The time of issuance.
    pub now: Timestamp,
    /// The serial number of the certificate.
    pub serial: SerialNumber,
    /// The partition of the CRL that the certificate is in; where none is given, one of the authority's that follows from the
    /// serial number. Of no effect where the authority's CRL is not partitioned (R-MRG-5).
    pub partition: Option<CrlPartition>,
    /// Who verifies the proof of possession.
    pub verifier: &'a dyn SignatureVerifier,
    /// What the operator decides.
    pub options: &'a IssuanceOptions,
}

impl std::fmt::Debug for Preparation<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Preparation")
            .field("authority", self.authority.arn())
            .field("now", &self.now)
            .field("serial", &self.serial)
            .field("partition", &self.partition)
            .finish_non_exhaustive()
    }
}

impl Preparation<'_> {
    /// Prepares a certificate: everything of issuance but the signature.
    ///
    /// # Errors
    /// [`Error`], whose text says what was wrong and where.
    pub fn prepare(&self, request: &IssueCertificateRequest) -> Result<Prepared, Error> {
        check_addressee(self.authority, request)?;
        self.prepare_unproven(request, self.options.decode_csr(request.csr())?)
    }

    /// The rest of [`Preparation::prepare`], once the request is known to be for this authority and its CSR is decoded.
    pub(super) fn prepare_unproven(&self, request: &IssueCertificateRequest, csr: Csr<'_>) -> Result<Prepared, Error> {
        let gate = self.gate(request)?;
        let csr = csr.prove(&self.options.key_policy, self.verifier)?;
        self.build(request, &csr, gate)
    }

    /// Prepares a certificate for a CSR whose possession is shown already, in place of the request's own.
    ///
    /// # Errors
    /// As [`Preparation::prepare`].
    pub fn prepare_proven(&self, request: &IssueCertificateRequest, csr: &Csr<'_, Proven>) -> Result<Prepared, Error> {
        check_addressee(self.authority, request)?;
        self.options.key_policy.check_key(csr.public_key_der()).map_err(crate::csr::error::CsrError::Key)?;
        self.build(request, csr, self.gate(request)?)
    }

    /// Everything that can be refused without a look at the CSR.
    fn gate<'r>(&'r self, request: &IssueCertificateRequest) -> Result<(&'r Template, ValidityPeriod), Error> {
        let authority = self.authority;
        let template = definition::requested(&self.options.templates, request.template_arn())?;
        self.check_state(template)?;
        AlgorithmMismatch::check(authority.key_algorithm(), request.signing_algorithm())?;
        self.check_path_length(template)?;
        let validity = validity::resolve(request.validity(), request.validity_not_before(), self.now)?;
        if !template.is_self_signed() {
            self.check_ceilings(validity)?;
        }
        Ok((template, validity))
    }

    /// R-CA-1, R-CA-2.
    fn check_state(&self, template: &Template) -> Result<(), Error> {
        let authority = self.authority;
        if template.is_self_signed() && authority.authority_type() != CertificateAuthorityType::Root {
            return Err(TemplateMisuse::NotARoot(template.name().to_owned()).into());
        }
        self.check_status(template.is_self_signed())
    }

    /// R-CA-1.
    fn check_status(&self, is_self_signed: bool) -> Result<(), Error> {
        let authority = self.authority;
        match authority.status(self.now) {
            CertificateAuthorityStatus::Active => Ok(()),
            CertificateAuthorityStatus::PendingCertificate if is_self_signed => Ok(()),
            status => Err(Error::AuthorityState { arn: authority.arn().clone(), status }),
        }
    }

    /// Whether the authority may still sign at this time what was prepared at another (R-CA-1, R-VAL-3, R-VAL-4, R-VAL-5).
    pub(super) fn check_standing(&self, is_self_signed: bool, plan: &CertificatePlan) -> Result<(), Error> {
        self.check_status(is_self_signed)?;
        let (not_before, not_after) = (plan.not_before(), plan.not_after());
        if not_after <= self.now {
            return Err(ValidityError::Past { not_after, now: self.now }.into());
        }
        if !is_self_signed {
            self.check_ceilings(ValidityPeriod { not_before, not_after })?;
        }
        self.judge_again(plan)
    }

    /// What was prepared satisfies the policies and the judges of now, which may be stricter than those of its time. IAM documents are
    /// about who asks, and that was judged when it was asked.
    fn judge_again(&self, plan: &CertificatePlan) -> Result<(), Error> {
        let tbs = plan.tbs_der();
        let view = TbsView::parse(tbs).map_err(|_| Error::Check(Box::new(CheckError::UNREADABLE)))?;
        let template = self.options.templates.iter().find(|template| template.name() == plan.template());
        let of_template = template.map_or(Ok(()), |template| template.policy().judge(&view, tbs.len()));
        both(of_template, self.options.policy.judge(&view, tbs.len()))?;
        Ok(self.options.judges.judge(plan)?)
    }

    /// R-CA-3.
    fn check_path_length(&self, template: &Template) -> Result<(), TemplateMisuse> {
        let constraints = template.basic_constraints();
        if !constraints.ca || template.is_self_signed() {
            return Ok(());
        }
        match self.authority.path_length_left() {
            Some(left) if left <= u32::from(constraints.path_len.unwrap_or(0)) => Err(TemplateMisuse::PathLength {
                template: template.name().to_owned(),
                path_len: constraints.path_len,
                left,
            }),
            _ => Ok(()),
        }
    }

    /// R-VAL-4, R-VAL-5.
    fn check_ceilings(&self, validity: ValidityPeriod) -> Result<(), ValidityError> {
        let not_after = validity.not_after;
        match self.authority.not_after() {
            Some(ca_not_after) if not_after > ca_not_after => {
                return Err(ValidityError::BeyondCa { not_after, ca_not_after });
            }
            _ => {}
        }
        if self.authority.usage_mode() == CertificateAuthorityUsageMode::ShortLivedCertificate {
            let latest = self.now.checked_add_seconds(SHORT_LIVED_MAX_SECONDS).unwrap_or(Timestamp::MAX);
            if not_after > latest {
                return Err(ValidityError::TooLongForShortLived { not_after, latest });
            }
        }
        Ok(())
    }

    fn build(
        &self,
        request: &IssueCertificateRequest,
        csr: &Csr<'_, Proven>,
        (template, validity): (&Template, ValidityPeriod),
    ) -> Result<Prepared, Error> {
        let authority = self.authority;
        if template.is_self_signed() && csr.public_key_der() != authority.public_key_der() {
            return Err(TemplateMisuse::NotItsOwnKey(template.name().to_owned()).into());
        }
        // The authority's own certificate as a root is in no list of its own.
        let partition =
            if template.is_self_signed() { None } else { authority.partition_of(self.serial, self.partition) };
        let lists = authority.crl_distribution_points(partition);
        let contribution = authority.contribution(lists.as_deref());
        let mut merged = merge(template, request.api_passthrough(), csr, contribution, self.options.key_usage_form)?;
        merged.suppressed.extend(SuppressedInput::unused_members(request));
        let algorithm = request.signing_algorithm();
        let algorithm_identifier = match algorithm.algorithm_identifier_without_null() {
            Some(identifier) if self.options.omit_rsa_parameters => identifier,
            _ => algorithm.algorithm_identifier(),
        };
        let issuer = (!template.is_self_signed()).then(|| authority.subject_der());
        let key_bits =
            public_key::subject_public_key(csr.public_key_der()).map_err(crate::x509::public_key::PublicKeyError::from);
        let tbs = tbs::write(&TbsInput {
            serial: self.serial,
            algorithm_identifier,
            issuer,
            validity,
            public_key: csr.public_key_der(),
            subject_key_identifier: &key_identifier(key_bits.map_err(crate::csr::error::CsrError::Key)?),
            merged: &merged,
        });

        let expected = Expectation {
            algorithm_identifier,
            issuer,
            public_key: csr.public_key_der(),
            ca_not_after: issuer.and_then(|_| authority.not_after()),
            ca: template.basic_constraints().ca,
            max_bytes: self.options.max_bytes,
            subject_of_csr: merged.subject.source() == Source::Csr,
            san_of_csr: merged.source_of(&Oid::SUBJECT_ALT_NAME) == Some(Source::Csr),
            nine_bit_key_usage: merged.has_nine_bit_key_usage(),
        };
        let (fields, extensions, warnings) = self.judge(request, csr, &tbs, template, &merged, &expected)?;
        if self.options.strict {
            refuse_in_strict_mode(&merged.suppressed, &warnings)?;
        }
        let arn = CertificateArn::new(authority.arn(), &self.serial, self.options.serial_format);
        let arn = arn.map_err(AuthorityError::Arn)?;
        let plan = CertificatePlan {
            tbs,
            template: template.shared_name(),
            kind: template.kind(),
            not_before: validity.not_before,
            not_after: validity.not_after,
            fields,
            extensions,
            suppressed: merged.suppressed,
            warnings,
        };
        self.options.judges.judge(&plan)?;
        let authority = authority.issued_by(template.is_self_signed());
        let body = Body { arn, serial: self.serial, partition, plan, chain: Arc::clone(&authority.chain) };
        let unsigned = Unsigned { content: Content::Own(body), algorithm, algorithm_identifier, authority };
        Ok(Prepared { unsigned })
    }

    /// R-CA-2: a root that has a certificate keeps its subject.
    fn check_renewal(&self, template: &Template, subject: &[u8]) -> Result<(), TemplateMisuse> {
        let present = self.authority.subject_der();
        if self.authority.certificate_der().is_none() || self.options.new_root_subject || subject == present {
            return Ok(());
        }
        Err(TemplateMisuse::NewRootSubject {
            template: template.name().to_owned(),
            present: NameText(present).to_string(),
            subject: NameText(subject).to_string(),
        })
    }

    /// R-POL-7.
    #[cfg(feature = "serde")]
    fn check_iam(&self, request: &IssueCertificateRequest, view: &TbsView<'_>) -> Result<(), PolicyRefusal> {
        if self.options.iam.is_empty() {
            return Ok(());
        }
        let template = request.template_arn().map(|arn| arn.as_str());
        let facts = Facts::of(view, self.authority.arn().as_str(), template);
        self.options.iam.iter().try_for_each(|document| document.judge(&facts))
    }

    /// Reads the finished bytes back, runs the checks over them and notes where everything lies.
    fn judge(
        &self,
        request: &IssueCertificateRequest,
        csr: &Csr<'_, Proven>,
        tbs: &[u8],
        template: &Template,
        merged: &Merged<'_>,
        expected: &Expectation<'_>,
    ) -> Result<Located, Error> {
        let view = TbsView::parse(tbs).map_err(|_| Error::Check(Box::new(CheckError::UNREADABLE)))?;
        check::check(&view, tbs.len(), expected).map_err(|breach| refusal(request, csr, merged, *breach))?;
        if template.is_self_signed() {
            self.check_renewal(template, view.subject.full)?;
        } else {
            if self.authority.constrains_names() {
                let names: Vec<&[u8]> = view.alternative_names().map(|names| names.of(tbs)).collect();
                self.authority.check_names(view.subject.full, &names)?;
            }
        }
        both(template.policy().judge(&view, tbs.len()), self.options.policy.judge(&view, tbs.len()))?;
        #[cfg(feature = "serde")]
        self.check_iam(request, &view)?;
        let not_before = request.validity_not_before().map_or(Source::Derived, |_| Source::Request);
        let subject = merged.subject.source();
        let issuer = if template.is_self_signed() { subject } else { Source::CaCertificate };
        let source = |field| match field {
            Field::SerialNumber => Source::Derived,
            Field::Signature | Field::NotAfter => Source::Request,
            Field::Issuer => issuer,
            Field::NotBefore => not_before,
            Field::Subject => subject,
            Field::SubjectPublicKeyInfo => Source::Csr,
        };
        let fields = view.fields().map(|(field, tlv)| PlannedField { field, source: source(field), span: tlv.span() });
        let sources = merged.extensions.iter().map(|merged| merged.source);
        let origin = Origin { csr, ca: expected.ca, subject };
        let warnings = warn::warnings(&view, &origin, sources.clone());
        Ok((fields, view.into_extensions().zip(sources).collect(), warnings))
    }
}

/// Where the fields and extensions of the finished bytes lie, and where they came from; what may be misread of them.
type Located = ([PlannedField; 7], Vec<(ExtensionSpans, Source)>, Vec<Warning>);

/// What two policies say, all of it (R-POL-3).
fn both(first: Result<(), PolicyRefusal>, second: Result<(), PolicyRefusal>) -> Result<(), PolicyRefusal> {
    match (first, second) {
        (Ok(()), Ok(())) => Ok(()),
        (Err(refusal), Ok(())) | (Ok(()), Err(refusal)) => Err(refusal),
        (Err(mut refusal), Err(other)) => {
            refusal.refuse(other);
            Err(refusal)
        }
    }
}

/// R-MRG-7, R-MRG-10.
fn refuse_in_strict_mode(suppressed: &[SuppressedInput], warnings: &[Warning]) -> Result<(), Error> {
    let warned = warnings.iter().map(|warning| format!("warning: {warning}"));
    if !suppressed.is_empty() {
        let suppressed = suppressed.iter().map(|input| format!("{}: {}", input.input(), input.explanation()));
        Err(Error::Suppressed(suppressed.chain(warned).collect()))
    } else if !warnings.is_empty() {
        Err(Error::Warned(warned.collect()))
    } else {
        Ok(())
    }
}

/// The error for a rule that the finished certificate breaks. What the CSR gave and cannot be read is said of the CSR, with its
/// place there (R-CSR-2).
fn refusal(request: &IssueCertificateRequest, csr: &Csr<'_, Proven>, merged: &Merged<'_>, breach: Breach) -> Error {
    let input = match breach.finding.part {
        Some(JudgedPart::Subject) if merged.subject.source() == Source::Csr => Some(Input::CsrSubject),
        Some(JudgedPart::Subject) => Some(Input::ApiSubject),
        Some(JudgedPart::Extension(oid)) => blame(request, merged, oid),
        None => None,
    };
    match (&input, breach.finding.error) {
        (Some(Input::CsrSubject), Some(error)) => {
            CsrError::Malformed { element: "subject", error: error.within(csr.subject_offset()) }.into()
        }
        (Some(Input::CsrExtension(oid)), Some(error)) => {
            let extension = csr.extension_parts().find(|extension| extension.oid == *oid);
            let content = extension.and_then(|extension| extension.content().ok());
            CsrError::of_extension(oid, error.within(content.map_or(0, |content| content.offset))).into()
        }
        _ => Error::Check(breach.into_error(input)),
    }
}

/// R-ARN-3.
pub(super) fn check_addressee(
    authority: &CertificateAuthority,
    request: &IssueCertificateRequest,
) -> Result<(), Error> {
    if request.certificate_authority_arn() == authority.arn() {
        Ok(())
    } else {
        Err(Error::NotThisAuthority(request.certificate_authority_arn().clone()))
    }
}

/// The input that gave an extension, where one did.
fn blame(request: &IssueCertificateRequest, merged: &Merged<'_>, oid: Oid) -> Option<Input> {
    let extension = merged.extensions.iter().rev().find(|extension| extension.oid == oid)?;
    match (extension.source, extension.value) {
        (Source::Csr, _) => Some(Input::CsrExtension(oid)),
        (Source::Api, Value::KeyUsage(..)) => Some(Input::ApiKeyUsage),
        (Source::Api, Value::GeneralNames(_)) => Some(Input::ApiSubjectAlternativeNames),
        (Source::Api, Value::ExtendedKeyUsage(_)) => Some(Input::ApiExtendedKeyUsage),
        (Source::Api, Value::CertificatePolicies(_)) => Some(Input::ApiCertificatePolicies),
        (Source::Api, _) => {
            let custom = request.api_passthrough()?.extensions()?.custom_extensions();
            let index = custom.iter().position(|custom| custom.object_identifier() == oid)?;
            Some(Input::ApiCustomExtension { position: index + 1, oid })
        }
        _ => None,
    }
}
