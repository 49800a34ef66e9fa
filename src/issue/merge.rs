//! The order of operations (R-MRG-1 to R-MRG-8): who decides what goes into a certificate. Pure: no
//! clock, no randomness, no crypto.

mod extension_list;

use std::borrow::Cow;
use std::cell::LazyCell;

use self::extension_list::ExtensionList;
use crate::authority::ca::CaContribution;
use crate::csr::certification_request::{Csr, EXTENSION_REQUEST, Proven};
use crate::csr::error::CsrError;
use crate::csr::view::Content;
use crate::plan::certificate_plan::{Input, Reason, SuppressedInput};
use crate::request::certificate_policy::PolicyInformation;
use crate::request::encode;
use crate::request::encode::KeyUsageForm;
use crate::request::extended_key_usage::ExtendedKeyUsage;
use crate::request::extensions::{CustomExtension, Extensions};
use crate::request::general_name::GeneralName;
use crate::request::key_usage::KeyUsage;
use crate::request::passthrough::ApiPassthrough;
use crate::request::subject::Subject;
use crate::template::aliases::double_of;
use crate::template::definition::{BasicConstraints, CrlDistributionPoints, Source, Template};
use crate::x509::asn1::writer::Writer;
use crate::x509::extension::Known;
use crate::x509::name::counts_as_empty;
use crate::x509::oid::{Oid, OidRef, OidSet};

/// The subject of the certificate.
#[derive(Debug, Clone, Copy)]
pub(crate) enum MergedSubject<'a> {
    Api(&'a Subject),
    Csr(&'a [u8]),
}

/// An extension of the certificate, not yet encoded.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MergedExtension<'a> {
    pub(crate) oid: OidRef<'a>,
    pub(crate) critical: bool,
    pub(crate) source: Source,
    pub(crate) value: Value<'a>,
}

/// The value of an extension.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Value<'a> {
    BasicConstraints(BasicConstraints),
    AuthorityKeyIdentifier(&'a [u8]),
    SubjectKeyIdentifier,
    KeyUsage(KeyUsage, KeyUsageForm),
    Purposes(&'a [Oid]),
    ExtendedKeyUsage(&'a [ExtendedKeyUsage]),
    GeneralNames(&'a [GeneralName]),
    CertificatePolicies(&'a [PolicyInformation]),
    /// The content of `extnValue`, as it came.
    Der(&'a [u8]),
}

/// The outcome: what goes in, in the order of the certificate, and what does not.
#[derive(Debug)]
pub(crate) struct Merged<'a> {
    pub(crate) subject: MergedSubject<'a>,
    pub(crate) extensions: ExtensionList<'a>,
    pub(crate) suppressed: Vec<SuppressedInput>,
}

impl Merged<'_> {
    /// Whether keyUsage is the API member's in the form of nine bits (R-ENC-5).
    pub(crate) fn has_nine_bit_key_usage(&self) -> bool {
        let is_nine_bits = |value: &Value<'_>| matches!(value, Value::KeyUsage(_, KeyUsageForm::NineBits));
        self.extensions.iter().any(|extension| is_nine_bits(&extension.value))
    }

    /// Where an extension came from, if the certificate has it.
    pub(crate) fn source_of(&self, oid: &Oid) -> Option<Source> {
        self.extensions.iter().find(|extension| extension.oid == *oid).map(|extension| extension.source)
    }
}

impl Value<'_> {
    /// Appends the content of `extnValue`. The subject key identifier is the engine's to compute.
    pub(crate) fn write(&self, w: &mut Writer, subject_key_identifier: &[u8]) {
        match *self {
            Value::BasicConstraints(value) => encode::basic_constraints(w, value.ca, value.path_len),
            Value::AuthorityKeyIdentifier(identifier) => encode::authority_key_identifier(w, identifier),
            Value::SubjectKeyIdentifier => w.primitive(crate::x509::asn1::tag::OCTET_STRING, subject_key_identifier),
            Value::KeyUsage(value, form) => encode::key_usage(w, value, form),
            Value::Purposes(value) => encode::purposes(w, value.iter()),
            Value::ExtendedKeyUsage(value) => encode::extended_key_usage(w, value),
            Value::GeneralNames(value) => encode::general_names(w, value),
            Value::CertificatePolicies(value) => encode::certificate_policies(w, value),
            Value::Der(value) => w.raw(value),
        }
    }
}

impl MergedExtension<'_> {
    /// About how many bytes it takes, for the size of the buffer.
    pub(crate) fn estimated_len(&self) -> usize {
        let value = match self.value {
            Value::Der(der) => der.len(),
            Value::GeneralNames(names) => 32 * names.len(),
            Value::CertificatePolicies(policies) => 64 * policies.len(),
            Value::Purposes(purposes) => 16 * purposes.len(),
            Value::ExtendedKeyUsage(purposes) => 16 * purposes.len(),
            _ => 32,
        };
        12 + self.oid.as_der_content().len() + value
    }
}

impl MergedSubject<'_> {
    pub(crate) fn write(&self, w: &mut Writer) {
        match self {
            MergedSubject::Api(subject) => encode::name(w, subject),
            MergedSubject::Csr(der) => w.raw(der),
        }
    }

    /// About how many bytes it takes, for the size of the buffer.
    pub(crate) fn estimated_len(&self) -> usize {
        match self {
            MergedSubject::Api(_) => 256,
            MergedSubject::Csr(der) => der.len(),
        }
    }

    pub(crate) fn source(&self) -> Source {
        match self {
            MergedSubject::Api(_) => Source::Api,
            MergedSubject::Csr(_) => Source::Csr,
        }
    }

    /// R-CSR-9: attributes of empty text say nothing.
    fn is_empty(&self) -> bool {
        match self {
            MergedSubject::Api(subject) => subject.attributes().all(|(_, value, _)| value.is_empty()),
            MergedSubject::Csr(der) => counts_as_empty(der),
        }
    }
}

/// What `ApiPassthrough` contributes, each part with the input that it is.
#[derive(Clone, Copy, Default)]
struct ApiInputs<'a> {
    subject: Option<&'a Subject>,
    key_usage: Option<(KeyUsage, KeyUsageForm)>,
    extended_key_usage: Option<&'a [ExtendedKeyUsage]>,
    subject_alternative_names: Option<&'a [GeneralName]>,
    certificate_policies: Option<&'a [PolicyInformation]>,
    custom: &'a [CustomExtension],
}

impl<'a> ApiInputs<'a> {
    fn new(api: Option<&'a ApiPassthrough>, key_usage_form: KeyUsageForm) -> Self {
        // Without `..`: a member that is added and not handled here does not compile.
        let Some(ApiPassthrough { extensions, subject }) = api else { return ApiInputs::default() };
        let mut inputs = ApiInputs { subject: subject.as_ref().filter(|s| !s.is_empty()), ..ApiInputs::default() };
        if let Some(extensions) = extensions {
            let Extensions {
                certificate_policies,
                extended_key_usage,
                key_usage,
                subject_alternative_names,
                custom_extensions,
            } = extensions;
            inputs.certificate_policies = non_empty(certificate_policies);
            inputs.extended_key_usage = non_empty(extended_key_usage);
            inputs.key_usage = key_usage.map(|usage| (usage, key_usage_form));
            inputs.subject_alternative_names = non_empty(subject_alternative_names);
            inputs.custom = custom_extensions;
        }
        inputs
    }

    /// The standard members that are given, in the order of the API.
    fn standard(self) -> impl Iterator<Item = (Input, &'static Oid, Value<'a>)> {
        let policies = self.certificate_policies.map(Value::CertificatePolicies);
        let purposes = self.extended_key_usage.map(Value::ExtendedKeyUsage);
        let usage = self.key_usage.map(|(usage, form)| Value::KeyUsage(usage, form));
        let names = self.subject_alternative_names.map(Value::GeneralNames);
        [
            (Input::ApiCertificatePolicies, &Oid::CERTIFICATE_POLICIES, policies),
            (Input::ApiExtendedKeyUsage, &Oid::EXTENDED_KEY_USAGE, purposes),
            (Input::ApiKeyUsage, &Oid::KEY_USAGE, usage),
            (Input::ApiSubjectAlternativeNames, &Oid::SUBJECT_ALT_NAME, names),
        ]
        .into_iter()
        .filter_map(|(input, oid, value)| Some((input, oid, value?)))
    }
}

fn non_empty<T>(list: &[T]) -> Option<&[T]> {
    if list.is_empty() { None } else { Some(list) }
}

/// One run of the rules.
struct Merge<'a> {
    template: &'a Template,
    csr: &'a Csr<'a, Proven>,
    ca: CaContribution<'a>,
    api: ApiInputs<'a>,
    suppressed: Vec<SuppressedInput>,
}

/// Applies the rules to one request.
///
/// # Errors
/// When the result would have no name at all, or an empty subject where the rules ask for more (R-CSR-7); when the template takes
/// what the CSR has twice, or in a form that tells no value apart (R-CSR-2, R-CSR-6).
pub(crate) fn merge<'a>(
    template: &'a Template,
    api: Option<&'a ApiPassthrough>,
    csr: &'a Csr<'a, Proven>,
    ca: CaContribution<'a>,
    key_usage_form: KeyUsageForm,
) -> Result<Merged<'a>, CsrError> {
    let mut run = Merge { template, csr, ca, api: ApiInputs::new(api, key_usage_form), suppressed: Vec::new() };
    let subject = run.subject();
    let standard = run.standard_extensions();
    let custom = run.custom_extensions();
    // Most CSRs ask for nothing that the API could have given, and most requests have nothing there.
    let from_api =
        LazyCell::new(|| standard.iter().chain(&custom).map(|extension| extension.oid).collect::<OidSet<'_>>());
    let none = standard.is_empty() && custom.is_empty();
    let (csr_san, passed) = run.csr_extensions(|oid| !none && from_api.contains(oid))?;
    run.csr_attributes();

    // R-MRG-8: the order of the certificate.
    let mut extensions = ExtensionList::expecting(8 + standard.len() + custom.len() + passed.len());
    let take = |oid: Oid| standard.iter().find(|extension| extension.oid == oid).copied();
    extensions.extend(csr_san);
    extensions.push(run.basic_constraints());
    extensions.extend(run.authority_key_identifier());
    extensions.push(subject_key_identifier());
    extensions.extend(run.fixed_key_usage().or_else(|| take(Oid::KEY_USAGE)));
    extensions.extend(run.fixed_extended_key_usage().or_else(|| take(Oid::EXTENDED_KEY_USAGE)));
    extensions.extend(take(Oid::SUBJECT_ALT_NAME));
    extensions.extend(run.configured(&Oid::CRL_DISTRIBUTION_POINTS, Known::CrlDistributionPoints));
    extensions.extend(run.configured(&Oid::AUTHORITY_INFO_ACCESS, Known::AuthorityInfoAccess));
    extensions.extend(run.fixed_certificate_policies().or_else(|| take(Oid::CERTIFICATE_POLICIES)));
    extensions.extend(template.extensions().iter().map(fixed_extension));
    extensions.extend(custom.iter().copied());
    extensions.extend(passed);

    if subject.is_empty() {
        require_name(template, &mut extensions)?;
    }
    Ok(Merged { subject, extensions, suppressed: run.suppressed })
}

/// R-CSR-7: with an empty subject, a critical SAN must say who the certificate is for.
fn require_name(template: &Template, extensions: &mut [MergedExtension<'_>]) -> Result<(), CsrError> {
    if template.basic_constraints().ca {
        return Err(CsrError::EmptyCaSubject);
    }
    let san = extensions.iter_mut().find(|extension| extension.oid == Oid::SUBJECT_ALT_NAME);
    match san {
        None => Err(CsrError::NoName),
        Some(san) if san.source == Source::Csr && !san.critical => Err(CsrError::SanNotCritical),
        Some(san) => {
            san.critical = true;
            Ok(())
        }
    }
}

fn subject_key_identifier() -> MergedExtension<'static> {
    MergedExtension {
        oid: Oid::SUBJECT_KEY_IDENTIFIER.by_ref(),
        critical: false,
        source: Source::Derived,
        value: Value::SubjectKeyIdentifier,
    }
}

/// A further extension of the template.
fn fixed_extension(extension: &CustomExtension) -> MergedExtension<'_> {
    MergedExtension {
        oid: extension.object_identifier.by_ref(),
        critical: extension.critical(),
        source: Source::Template,
        value: Value::Der(extension.value()),
    }
}

impl<'a> Merge<'a> {
    fn suppress(&mut self, input: Input, reason: Reason, value: Cow<'_, [u8]>) {
        self.suppressed.push(SuppressedInput::new(input, reason, value.into_owned()));
    }

    fn subject(&mut self) -> MergedSubject<'a> {
        let csr = self.csr;
        let from_csr = MergedSubject::Csr(csr.subject_der());
        let Some(subject) = self.api.subject else { return from_csr };
        if !self.template.kind().takes_api() {
            let reason = Reason::KindDoesNotTake(self.template.kind());
            self.suppress(Input::ApiSubject, reason, encode::to_vec(|w| encode::name(w, subject)).into());
            return from_csr;
        }
        if !csr.has_empty_subject() {
            self.suppress(Input::CsrSubject, Reason::HigherSource(Source::Api), csr.subject_der().into());
        }
        MergedSubject::Api(subject)
    }

    /// Why neither passthrough source may give this extension, if so.
    fn refusal(&self, oid: OidRef<'_>, value: &[u8], source: Source) -> Option<Reason> {
        if self.template.fixes_extension(oid) {
            return Some(Reason::TemplateDefines);
        }
        let known = Known::of(oid)?;
        let doubled = || {
            // An identifier that becomes a known one where arcs have 32 bits is an alias of that one, too.
            let of_itself = oid.wrapped().map(|_| known);
            double_of(known).into_iter().chain(of_itself).any(|of| self.is_given(of))
        };
        if self.defines(known, value, source) || doubled() {
            Some(Reason::TemplateDefines)
        } else {
            self.configured_value(known).map(|_| Reason::HigherSource(Source::CaConfiguration))
        }
    }

    /// Whether the template defines the extension, or that there is none.
    fn defines(&self, known: Known, value: &[u8], source: Source) -> bool {
        let template = self.template;
        match known {
            Known::BasicConstraints | Known::SubjectKeyIdentifier => true,
            Known::AuthorityKeyIdentifier => template.authority_key_identifier_source() != Some(source),
            Known::KeyUsage => template.key_usage().is_some(),
            Known::ExtendedKeyUsage => template.extended_key_usage().is_some(),
            Known::CertificatePolicies => template.certificate_policies().is_some(),
            Known::CrlDistributionPoints => template.crl_distribution_points() == CrlDistributionPoints::Never,
            _ => template.fixes_alias(known, value),
        }
    }

    /// Whether the certificate has the extension from a source other than the template and the engine, under its own identifier.
    fn is_given(&self, of: Known) -> bool {
        let is_it = |oid: OidRef<'_>, value: &[u8], source| {
            Known::of(oid) == Some(of) && oid.wrapped().is_none() && !self.defines(of, value, source)
        };
        let kind = self.template.kind();
        let api = self.api;
        let by_api = || {
            api.standard().any(|(_, oid, _)| is_it(oid.by_ref(), &[], Source::Api))
                || api.custom.iter().any(|given| is_it(given.object_identifier.by_ref(), given.value(), Source::Api))
        };
        self.configured_value(of).is_some()
            || of == Known::CertificatePolicies && self.template.certificate_policies().is_some()
            || kind.takes_api() && by_api()
            || (kind.takes_csr() || of == Known::SubjectAltName)
                && self.csr.extension_parts().any(|extension| {
                    let value = extension.content().map_or(&[][..], |content| content.value);
                    is_it(extension.oid, value, Source::Csr)
                })
    }

    /// The members of `ApiPassthrough` that the template lets through, each with the criticality of R-MRG-6.
    fn standard_extensions(&mut self) -> Vec<MergedExtension<'a>> {
        let mut taken = Vec::new();
        for (input, oid, value) in self.api.standard() {
            match self.api_refusal(oid, &[]) {
                Some(reason) => self.suppress(input, reason, encode::to_vec(|w| value.write(w, &[])).into()),
                None => {
                    let critical = *oid == Oid::KEY_USAGE;
                    taken.push(MergedExtension { oid: oid.by_ref(), critical, source: Source::Api, value });
                }
            }
        }
        taken
    }

    fn custom_extensions(&mut self) -> Vec<MergedExtension<'a>> {
        let custom = self.api.custom;
        let mut taken = Vec::with_capacity(custom.len());
        for (index, extension) in custom.iter().enumerate() {
            let oid = &extension.object_identifier;
            match self.api_refusal(oid, extension.value()) {
                Some(reason) => {
                    let input = Input::ApiCustomExtension { position: index + 1, oid: *oid };
                    self.suppress(input, reason, extension.value().into());
                }
                None => taken.push(MergedExtension {
                    oid: oid.by_ref(),
                    critical: extension.critical(),
                    source: Source::Api,
                    value: Value::Der(extension.value()),
                }),
            }
        }
        taken
    }

    fn api_refusal(&self, oid: &Oid, value: &[u8]) -> Option<Reason> {
        let kind = self.template.kind();
        if kind.takes_api() {
            self.refusal(oid.by_ref(), value, Source::Api)
        } else {
            Some(Reason::KindDoesNotTake(kind))
        }
    }

    /// The CSR's SAN, and its other extensions that pass through.
    ///
    /// What the template takes must tell its parts apart; whether the value is one of its type is judged on the finished
    /// certificate. What the template does not take is listed, whatever it is (R-CSR-2).
    #[allow(clippy::type_complexity)]
    fn csr_extensions(
        &mut self,
        from_api: impl Fn(OidRef<'_>) -> bool,
    ) -> Result<(Option<MergedExtension<'a>>, Vec<MergedExtension<'a>>), CsrError> {
        self.unreadable_request()?;
        let kind = self.template.kind();
        let (mut san, mut passed) = (None, Vec::new());
        // Most CSRs have nothing that is taken but a SAN.
        let mut met: Option<OidSet<'_>> = None;
        for extension in self.csr.extension_parts() {
            let oid = extension.oid;
            let content = extension.content();
            // What cannot be told apart is shown whole.
            let value = content.map_or(extension.der, |content| content.value);
            let is_san = oid == Oid::SUBJECT_ALT_NAME;
            let reason = if !is_san && !kind.takes_csr() {
                Some(Reason::KindDoesNotTake(kind))
            } else if let Some(reason) = self.refusal(oid, value, Source::Csr) {
                Some(reason)
            } else if from_api(oid) {
                Some(Reason::HigherSource(Source::Api))
            } else {
                None
            };
            if let Some(reason) = reason {
                let input = Input::CsrExtension(oid.to_oid());
                self.suppressed.push(SuppressedInput::of_csr(input, reason, value, content.err()));
                continue;
            }
            let is_new = if is_san { san.is_none() } else { met.get_or_insert_default().insert(oid) };
            if !is_new {
                return Err(CsrError::DuplicateExtension(oid.to_oid()));
            }
            let Content { critical, value, .. } =
                content.map_err(|error| CsrError::of_extension(&oid.to_oid(), error))?;
            let extension = MergedExtension { oid, critical, source: Source::Csr, value: Value::Der(value) };
            if is_san {
                san = Some(extension);
            } else {
                passed.push(extension);
            }
        }
        Ok((san, passed))
    }

    /// R-CSR-2: a request for extensions that cannot be read as a whole asks for nothing, and is refused where it would be taken.
    fn unreadable_request(&mut self) -> Result<(), CsrError> {
        let Some(error) = self.csr.unreadable_request() else { return Ok(()) };
        let kind = self.template.kind();
        if kind.takes_csr() {
            return Err(CsrError::Malformed { element: EXTENSION_REQUEST, error });
        }
        let (input, value) = match self.csr.extension_attribute() {
            Some(oid) => {
                let attribute = self.csr.attributes().find(|attribute| attribute.oid == oid);
                (Input::CsrAttribute(oid), attribute.map_or(&[][..], |attribute| attribute.values))
            }
            None => (Input::CsrAttributes, self.csr.attributes_content()),
        };
        let reason = Reason::KindDoesNotTake(kind);
        self.suppressed.push(SuppressedInput::of_csr(input, reason, value, Some(error)));
        Ok(())
    }

    /// R-CSR-6: what is not the attribute that the extensions come from is not supported.
    fn csr_attributes(&mut self) {
        for attribute in self.csr.other_attribute_parts() {
            let reason = if attribute.oid == Oid::MS_CERT_EXTENSIONS {
                Reason::HigherSource(Source::Csr)
            } else {
                Reason::AttributeNotSupported
            };
            let input = Input::CsrAttribute(attribute.oid.to_oid());
            self.suppressed.push(SuppressedInput::of_csr(input, reason, attribute.values, None));
        }
    }

    fn basic_constraints(&self) -> MergedExtension<'a> {
        let value = self.template.basic_constraints();
        MergedExtension {
            oid: Oid::BASIC_CONSTRAINTS.by_ref(),
            critical: value.critical,
            source: Source::Template,
            value: Value::BasicConstraints(value),
        }
    }

    fn authority_key_identifier(&self) -> Option<MergedExtension<'a>> {
        (!self.template.is_self_signed()).then_some(MergedExtension {
            oid: Oid::AUTHORITY_KEY_IDENTIFIER.by_ref(),
            critical: false,
            source: Source::CaCertificate,
            value: Value::AuthorityKeyIdentifier(self.ca.key_identifier),
        })
    }

    fn fixed_key_usage(&self) -> Option<MergedExtension<'a>> {
        self.template.key_usage().map(|fixed| MergedExtension {
            oid: Oid::KEY_USAGE.by_ref(),
            critical: fixed.critical,
            source: Source::Template,
            value: Value::KeyUsage(fixed.value, KeyUsageForm::Der),
        })
    }

    fn fixed_extended_key_usage(&self) -> Option<MergedExtension<'a>> {
        self.template.extended_key_usage().map(|fixed| MergedExtension {
            oid: Oid::EXTENDED_KEY_USAGE.by_ref(),
            critical: fixed.critical,
            source: Source::Template,
            value: Value::Purposes(&fixed.value),
        })
    }

    fn fixed_certificate_policies(&self) -> Option<MergedExtension<'a>> {
        self.template.certificate_policies().map(|fixed| MergedExtension {
            oid: Oid::CERTIFICATE_POLICIES.by_ref(),
            critical: fixed.critical,
            source: Source::Template,
            value: Value::CertificatePolicies(&fixed.value),
        })
    }

    fn configured(&self, oid: &'static Oid, known: Known) -> Option<MergedExtension<'a>> {
        let oid = oid.by_ref();
        let value = Value::Der(self.configured_value(known)?);
        Some(MergedExtension { oid, critical: false, source: Source::CaConfiguration, value })
    }

    /// What the CA's configuration gives. A CA's own root certificate takes nothing from it: it would point at a list or a
    /// responder that the root itself signs (R-MRG-4; for authorityInfoAccess our decision).
    fn configured_value(&self, known: Known) -> Option<&'a [u8]> {
        let lists = self.template.crl_distribution_points() == CrlDistributionPoints::ConfigurationThenPassthrough;
        if lists && known == Known::CrlDistributionPoints {
            self.ca.crl_distribution_points
        } else if !self.template.is_self_signed() && known == Known::AuthorityInfoAccess {
            self.ca.authority_info_access
        } else {
            None
        }
    }
}
