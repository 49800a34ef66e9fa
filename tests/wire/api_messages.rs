//! The messages of the API: requests in CBOR are those in JSON, what is no message is refused as one thing, and responses
//! stand as clients expect them.

use std::fmt::Debug;

use ciborium::Value as Cbor;
use issuance::api::*;
use issuance::authority::{
    CertificateAuthorityStatus, CertificateAuthorityType, CrlConfiguration, CrlConfigurationBuilder, OcspConfiguration,
    RevocationConfiguration, S3ObjectAcl,
};
use issuance::issue::SerialSourceError;
use issuance::request::IssueCertificateResponse;
use issuance::request::{Constraint, Violation, ViolationClass};
use issuance::{AwsException, Error, IssueCertificateRequest, Timestamp};
use serde_json::{Value, json};

const AUTHORITY: &str =
    "arn:aws:acm-pca:us-west-2:123456789012:certificate-authority/12345678-1234-1234-1234-123456789012";
const FORMATS: [Format; 2] = [Format::Json, Format::Cbor];

/// The members that are octets: byte strings in CBOR, base64 in JSON.
const BLOBS: [&str; 3] = ["Csr", "Certificate", "CertificateChain"];

/// What every blob of the requests here is: `MAD/` in base64.
const OCTETS: [u8; 3] = [0x30, 0x00, 0xff];

/// The same message in CBOR; blobs are `OCTETS`.
fn cbor(json: &Value) -> Cbor {
    match json {
        Value::Null => Cbor::Null,
        Value::Bool(value) => Cbor::Bool(*value),
        Value::Number(number) => Cbor::Integer(number.as_i64().unwrap().into()),
        Value::String(text) => Cbor::Text(text.clone()),
        Value::Array(members) => Cbor::Array(members.iter().map(cbor).collect()),
        Value::Object(members) => {
            let member = |(name, value): (&String, &Value)| match BLOBS.contains(&name.as_str()) {
                true => (Cbor::Text(name.clone()), Cbor::Bytes(OCTETS.to_vec())),
                false => (Cbor::Text(name.clone()), cbor(value)),
            };
            Cbor::Map(members.iter().map(member).collect())
        }
    }
}

fn octets(item: &Cbor) -> Vec<u8> {
    let mut octets = Vec::new();
    ciborium::into_writer(item, &mut octets).unwrap();
    octets
}

fn read_cbor(octets: &[u8]) -> Cbor {
    ciborium::from_reader(octets).unwrap()
}

/// The request is read from both formats, is the same, and nothing of it is lost in either.
fn same<T: Request + PartialEq + Debug>(request: Value) -> Operation {
    let from_json = T::decode(Format::Json, request.to_string().as_bytes()).unwrap();
    let from_cbor = T::decode(Format::Cbor, &octets(&cbor(&request))).unwrap();
    assert_eq!(from_json, from_cbor);
    let authority = request.get("CertificateAuthorityArn").or(request.get("ResourceArn"));
    assert_eq!(
        from_json.authority_arn().map(ToString::to_string),
        authority.and_then(Value::as_str).map(str::to_owned)
    );
    for name in request.as_object().unwrap().keys() {
        let mut other = request.clone();
        other[name] = json!([[]]);
        let [json, cbor] = [
            T::decode(Format::Json, other.to_string().as_bytes()).unwrap_err(),
            T::decode(Format::Cbor, &octets(&cbor_without_blobs(&other))).unwrap_err(),
        ];
        assert_eq!(json, cbor, "{name}");
    }
    T::OPERATION
}

/// The same message in CBOR, blobs left as they are.
fn cbor_without_blobs(json: &Value) -> Cbor {
    Cbor::serialized(json).unwrap()
}

#[test]
fn cbor_says_what_json_says() {
    let arn = json!(AUTHORITY);
    let of_authority = || json!({ "CertificateAuthorityArn": arn });
    let of_resource = || json!({ "ResourceArn": arn });
    let page = || json!({ "CertificateAuthorityArn": arn, "MaxResults": 7, "NextToken": "next" });
    let tags = || json!({ "CertificateAuthorityArn": arn, "Tags": [{ "Key": "k", "Value": "" }, { "Key": "l" }] });
    let revocation = || {
        json!({
            "CrlConfiguration": {
                "Enabled": true, "ExpirationInDays": 5000, "CustomCname": "crl.example.com", "S3BucketName": "bucket",
                "S3ObjectAcl": "PUBLIC_READ", "CrlDistributionPointExtensionConfiguration": { "OmitExtension": false },
                "CrlType": "PARTITIONED", "CustomPath": "a/b",
            },
            "OcspConfiguration": { "Enabled": true, "OcspCustomCname": "ocsp.example.com" },
        })
    };
    let created = json!({
        "CertificateAuthorityConfiguration": {
            "KeyAlgorithm": "ML_DSA_65", "SigningAlgorithm": "ML_DSA_65",
            "Subject": { "CommonName": "Ä", "Country": "DE" },
            "CsrExtensions": {
                "KeyUsage": { "KeyCertSign": true, "CRLSign": true },
                "SubjectInformationAccess": [
                    {
                        "AccessMethod": { "AccessMethodType": "CA_REPOSITORY" },
                        "AccessLocation": { "UniformResourceIdentifier": "https://example.com/" },
                    },
                    {
                        "AccessMethod": { "CustomObjectIdentifier": "1.2.3" },
                        "AccessLocation": { "DnsName": "example.com" },
                    },
                ],
            },
        },
        "RevocationConfiguration": revocation(), "CertificateAuthorityType": "SUBORDINATE", "IdempotencyToken": "1",
        "KeyStorageSecurityStandard": "CCPC_LEVEL_1_OR_HIGHER", "Tags": tags()["Tags"],
        "UsageMode": "SHORT_LIVED_CERTIFICATE",
    });
    let report = json!({
        "CertificateAuthorityArn": arn, "S3BucketName": "bucket", "AuditReportResponseFormat": "CSV",
    });
    let described = json!({
        "CertificateAuthorityArn": arn, "AuditReportId": "12345678-1234-1234-1234-123456789012",
    });
    let permission = json!({
        "CertificateAuthorityArn": arn, "Principal": "acm.amazonaws.com", "SourceAccount": "123456789012",
        "Actions": ["IssueCertificate", "GetCertificate", "ListPermissions"],
    });
    let mut no_permission = permission.clone();
    no_permission.as_object_mut().unwrap().remove("Actions");
    let revoked = json!({
        "CertificateAuthorityArn": arn, "CertificateSerial": "0a:0b", "RevocationReason": "KEY_COMPROMISE",
    });
    let imported = json!({ "CertificateAuthorityArn": arn, "Certificate": "MAD/", "CertificateChain": "MAD/" });
    let certificate = json!({
        "CertificateAuthorityArn": arn, "CertificateArn": format!("{AUTHORITY}/certificate/{}", "1".repeat(32)),
    });
    let mut issued: Value = serde_json::from_str(include_str!("../data/full-request.json")).unwrap();
    issued["Csr"] = json!("MAD/");

    let read = [
        same::<CreateCertificateAuthorityRequest>(created),
        same::<CreateCertificateAuthorityAuditReportRequest>(report),
        same::<CreatePermissionRequest>(permission),
        same::<DeleteCertificateAuthorityRequest>(
            json!({ "CertificateAuthorityArn": arn, "PermanentDeletionTimeInDays": 7 }),
        ),
        same::<DeletePermissionRequest>(no_permission),
        same::<DeletePolicyRequest>(of_resource()),
        same::<DescribeCertificateAuthorityRequest>(of_authority()),
        same::<DescribeCertificateAuthorityAuditReportRequest>(described),
        same::<GetCertificateRequest>(certificate),
        same::<GetCertificateAuthorityCertificateRequest>(of_authority()),
        same::<GetCertificateAuthorityCsrRequest>(of_authority()),
        same::<GetPolicyRequest>(of_resource()),
        same::<ImportCertificateAuthorityCertificateRequest>(imported),
        same::<IssueCertificateRequest>(issued),
        same::<ListCertificateAuthoritiesRequest>(
            json!({ "MaxResults": 1000, "NextToken": "é", "ResourceOwner": "OTHER_ACCOUNTS" }),
        ),
        same::<ListPermissionsRequest>(page()),
        same::<ListTagsRequest>(page()),
        same::<PutPolicyRequest>(json!({ "ResourceArn": arn, "Policy": "{}" })),
        same::<RestoreCertificateAuthorityRequest>(of_authority()),
        same::<RevokeCertificateRequest>(revoked),
        same::<TagCertificateAuthorityRequest>(tags()),
        same::<UntagCertificateAuthorityRequest>(tags()),
        same::<UpdateCertificateAuthorityRequest>(
            json!({ "CertificateAuthorityArn": arn, "RevocationConfiguration": revocation(), "Status": "DISABLED" }),
        ),
    ];
    assert_eq!(read, Operation::ALL);
}

#[test]
fn blobs_are_octets() {
    let imported = json!({ "CertificateAuthorityArn": AUTHORITY, "Certificate": "MAD/" });
    let read = |format, body: &[u8]| ImportCertificateAuthorityCertificateRequest::decode(format, body).unwrap();
    for request in [read(Format::Json, imported.to_string().as_bytes()), read(Format::Cbor, &octets(&cbor(&imported)))]
    {
        assert_eq!(request.certificate.as_bytes(), OCTETS);
        assert!(request.certificate_chain.is_none());
    }
}

type List = ListCertificateAuthoritiesRequest;

fn refused(format: Format, message: &[u8]) -> Violation {
    let error = List::decode(format, message).unwrap_err();
    assert_eq!(error.class(), ViolationClass::Validation, "{error}");
    let [violation] = error.violations() else { panic!("{error}") };
    assert_eq!((violation.path(), violation.value()), ("", format!("<{} bytes>", message.len()).as_str()), "{error}");
    assert!(error.to_string().len() < 500 && !error.to_string().contains(char::is_control), "{error}");
    violation.clone()
}

/// The message is no message, for this reason.
fn syntax(format: Format, message: &[u8], reason: &str) {
    let violation = refused(format, message);
    let Constraint::Syntax(words) = violation.constraint() else { panic!("{violation}") };
    assert!(words.contains(reason), "{words}");
}

fn full() -> Value {
    json!({ "MaxResults": 7, "NextToken": "next", "ResourceOwner": "SELF" })
}

#[test]
fn no_octets_are_no_members() {
    for format in FORMATS {
        let request = List::decode(format, b"").unwrap();
        assert!(request.max_results.is_none() && request.next_token.is_none() && request.resource_owner.is_none());
        let error = DescribeCertificateAuthorityRequest::decode(format, b"").unwrap_err();
        assert!(error.to_string().ends_with(
            "Value null at 'certificateAuthorityArn' failed to satisfy constraint: Member must not be null"
        ));
    }
}

#[test]
fn null_is_absent_and_what_is_not_known_is_ignored_in_both_formats() {
    // R-REQ-10. An empty list is no null, and stays out of its bounds.
    let messages = [
        (json!({ "MaxResults": null }), json!({})),
        (json!({ "MaxResults": 7, "SortBy": { "CreatedAt": [true, null] } }), json!({ "MaxResults": 7 })),
        (json!({ "maxResults": "x", "NextTokens": null, "NextToken": "next" }), json!({ "NextToken": "next" })),
    ];
    for (message, same) in messages {
        let plain = List::decode(Format::Json, same.to_string().as_bytes()).unwrap();
        assert_eq!(List::decode(Format::Json, message.to_string().as_bytes()), Ok(plain.clone()), "{message}");
        assert_eq!(List::decode(Format::Cbor, &octets(&cbor(&message))), Ok(plain), "{message}");
    }
    // Members inside a member, too; a name that is nearly right is not known either, as nothing here is certified.
    let read = |subject: Value| {
        let message = json!({
            "CertificateAuthorityConfiguration": {
                "KeyAlgorithm": "EC_prime256v1", "SigningAlgorithm": "SHA256WITHECDSA", "Subject": subject, "Hsm": null,
            },
            "CertificateAuthorityType": "ROOT",
        });
        let from_json =
            CreateCertificateAuthorityRequest::decode(Format::Json, message.to_string().as_bytes()).unwrap();
        assert_eq!(
            CreateCertificateAuthorityRequest::decode(Format::Cbor, &octets(&cbor(&message))),
            Ok(from_json.clone())
        );
        from_json
    };
    assert_eq!(
        read(json!({ "CommonName": "a", "Commonname": "b", "Street": "c", "Country": null })),
        read(json!({ "CommonName": "a" }))
    );
}

#[test]
fn messages_that_end_early_or_late() {
    for (format, whole) in [(Format::Json, full().to_string().into_bytes()), (Format::Cbor, octets(&cbor(&full())))] {
        List::decode(format, &whole).unwrap();
        for end in 1..whole.len() {
            syntax(format, &whole[..end], "");
        }
        let twice = [&whole[..], &whole[..]].concat();
        syntax(format, &twice, if format == Format::Json { "trailing" } else { "follow the data item" });
    }
    syntax(Format::Json, b"{} {}", "trailing characters");
    syntax(Format::Cbor, b"\xa0\xa0\xa0", "2 bytes follow the data item");
    syntax(Format::Cbor, b"\xa1", "it ends early");
}

#[test]
fn messages_of_another_format() {
    syntax(Format::Json, &octets(&cbor(&full())), "");
    // An opening brace begins a text of more octets in CBOR.
    for message in [&b"{}"[..], full().to_string().as_bytes(), b"\xff", b"\x1c", b"\xa1\x01\x02", b"\xa1\x41a\x02"] {
        syntax(Format::Cbor, message, "");
    }
    // Texts that are not UTF-8.
    syntax(Format::Json, b"{\"NextToken\":\"\xff\"}", "");
    syntax(Format::Cbor, b"\xa1\x69NextToken\x61\xff", "no CBOR at byte");
    // No request has a member with a tag.
    syntax(Format::Cbor, b"\xa1\x6aMaxResults\xc1\x07", "");
    for (format, message) in
        [(Format::Json, &b"[]"[..]), (Format::Cbor, b"\x80"), (Format::Json, b"7"), (Format::Cbor, b"\x07")]
    {
        let error = List::decode(format, message).unwrap_err();
        assert!(error.to_string().ends_with("failed to satisfy constraint: Member must be a structure"), "{error}");
    }
}

#[test]
fn depth_is_bounded() {
    let nested = |format, depth: usize| match format {
        Format::Json => format!("{{\"a\":{}7{}}}", "[".repeat(depth - 1), "]".repeat(depth - 1)).into_bytes(),
        Format::Cbor => [&b"\xa1\x61a"[..], &vec![0x81; depth - 1], &[7]].concat(),
    };
    for format in FORMATS {
        for depth in [33, 34, 1000, 1 << 20] {
            syntax(format, &nested(format, depth), "nested deeper than 32 levels");
        }
        // One level less is read, and ignored for what it is.
        assert_eq!(List::decode(format, &nested(format, 32)), List::decode(format, b""));
    }
    // Tags nest, too.
    syntax(Format::Cbor, &[&b"\xa1\x61a"[..], &[0xc6; 1 << 20], &[7]].concat(), "");
}

#[test]
fn no_name_is_given_twice() {
    let words = "the name 'MaxResults' is given twice";
    syntax(Format::Json, br#"{"MaxResults":1,"MaxResults":1}"#, words);
    syntax(Format::Cbor, b"\xa2\x6aMaxResults\x01\x6aMaxResults\x01", words);
    // Wherever it is: this is the second member of a list.
    syntax(Format::Json, br#"{"Tags":[{},{"Key":"a","Key":"b"}]}"#, "the name 'Key' is given twice");
    syntax(Format::Cbor, b"\xa1\x64Tags\x82\xa0\xa2\x63Key\x61a\x63Key\x61b", "the name 'Key' is given twice");
    // Names cannot forge lines of a log.
    syntax(Format::Cbor, b"\xa2\x62a\n\x01\x62a\n\x01", "the name 'a\\n' is given twice");
}

#[test]
fn size_is_bounded() {
    // The map and the list are values as well.
    let values = |format, count: usize| match format {
        Format::Json => format!("{{\"a\":[{}0]}}", "0,".repeat(count - 3)).into_bytes(),
        Format::Cbor => [&b"\xa1\x61a\x9f"[..], &vec![0; count - 2], b"\xff"].concat(),
    };
    let padded = |format, length: usize| match format {
        Format::Json => format!("{{{}}}", " ".repeat(length - 2)).into_bytes(),
        Format::Cbor => {
            let octets = length - 8;
            [&b"\xa1\x61a\x5a"[..], &u32::try_from(octets).unwrap().to_be_bytes(), &vec![0; octets]].concat()
        }
    };
    for format in FORMATS {
        syntax(format, &values(format, 262_145), "more than 262144 values");
        List::decode(format, &values(format, 262_144)).unwrap();

        assert_eq!(Format::MAX_LEN, 4_194_304);
        let longest = padded(format, 4_194_304);
        assert_eq!(longest.len(), 4_194_304);
        List::decode(format, &longest).unwrap();
        assert_eq!(refused(format, &padded(format, 4_194_305)).constraint(), &Constraint::MaxLength(4_194_304));
    }
    // Lengths that the message does not have: of octets, text, a list, a map.
    for head in [0x5b, 0x7b, 0x9b, 0xbb] {
        for length in [u64::MAX, 1 << 62, 1 << 40, 5 << 20] {
            syntax(Format::Cbor, &[&b"\xa1\x61a"[..], &[head], &length.to_be_bytes(), b"aa"].concat(), "");
        }
    }
}

#[test]
fn lengths_may_be_left_open() {
    // RFC 8949 section 3.2: maps, lists, texts and octets in pieces.
    let request =
        List::decode(Format::Cbor, b"\xbf\x69NextToken\x7f\x62ne\x62xt\xff\x6aMaxResults\x18\x07\xff").unwrap();
    assert_eq!(request.next_token.unwrap().as_str(), "next");
    assert_eq!(request.max_results.unwrap().get(), 7);
    let message = [&b"\xbf\x6bCertificate\x5f\x41\x30\x42\x00\xff\xff\x77CertificateAuthorityArn\x78"[..]];
    let message = [message.concat(), vec![AUTHORITY.len() as u8], AUTHORITY.into(), vec![0xff]].concat();
    let request = ImportCertificateAuthorityCertificateRequest::decode(Format::Cbor, &message).unwrap();
    assert_eq!(request.certificate.as_bytes(), OCTETS);
}

fn time(seconds: i64) -> Option<Timestamp> {
    Timestamp::from_unix(seconds)
}

/// A description with members of each type, some at their edges, and some absent.
fn description() -> CertificateAuthorityDescription {
    let create = json!({
        "CertificateAuthorityConfiguration": {
            "KeyAlgorithm": "EC_prime256v1", "SigningAlgorithm": "SHA256WITHECDSA", "Subject": { "CommonName": "\"Ä\"" },
        },
        "CertificateAuthorityType": "ROOT",
    });
    let create = CreateCertificateAuthorityRequest::decode(Format::Json, create.to_string().as_bytes()).unwrap();
    CertificateAuthorityDescription {
        arn: Some(AUTHORITY.parse().unwrap()),
        owner_account: Some("123456789012".to_owned()),
        created_at: time(1_600_000_000),
        last_state_change_at: time(0),
        r#type: Some(CertificateAuthorityType::Root),
        serial: Some("0a:0b".to_owned()),
        status: Some(CertificateAuthorityStatus::Active),
        not_before: time(-1),
        not_after: Some(Timestamp::MAX),
        certificate_authority_configuration: Some(create.certificate_authority_configuration),
        revocation_configuration: Some(
            RevocationConfiguration::none()
                .with_crl(CrlConfiguration::builder("bucket").expiration_in_days(7).build().unwrap())
                .with_ocsp(OcspConfiguration::new()),
        ),
        ..Default::default()
    }
}

#[test]
fn a_description_of_an_authority() {
    let response = DescribeCertificateAuthorityResponse { certificate_authority: Some(description()) };
    let text = format!(r#"{{"CertificateAuthority":{{"Arn":"{AUTHORITY}","#,)
        + concat!(
            r#""CertificateAuthorityConfiguration":{"KeyAlgorithm":"EC_prime256v1","SigningAlgorithm":"SHA256WITHECDSA","#,
            r#""Subject":{"CommonName":"\"Ä\""}},"CreatedAt":1600000000,"LastStateChangeAt":0,"NotAfter":253402300799,"#,
            r#""NotBefore":-1,"OwnerAccount":"123456789012","RevocationConfiguration":{"CrlConfiguration":"#,
            r#"{"Enabled":true,"ExpirationInDays":7,"S3BucketName":"bucket","S3ObjectAcl":"PUBLIC_READ"},"#,
            r#""OcspConfiguration":{"Enabled":true}},"#,
            r#""Serial":"0a:0b","Status":"ACTIVE","Type":"ROOT"}}"#,
        );
    assert_eq!(String::from_utf8(response.encode(Format::Json)).unwrap(), text);

    // The same in CBOR, but for the times: they have the tag 1.
    let mut expected = cbor_without_blobs(&serde_json::from_str(&text).unwrap());
    let Cbor::Map(members) = &mut expected else { panic!() };
    let Cbor::Map(members) = &mut members[0].1 else { panic!() };
    let mut times = 0;
    for (name, value) in members {
        if ["CreatedAt", "LastStateChangeAt", "NotAfter", "NotBefore"].contains(&name.as_text().unwrap()) {
            *value = Cbor::Tag(1, Box::new(value.clone()));
            times += 1;
        }
    }
    assert_eq!(times, 4);
    let written = response.encode(Format::Cbor);
    assert_eq!(read_cbor(&written), expected);
    assert_eq!(written, octets(&expected), "integers and lengths in their shortest forms");
    assert!(written.windows(16).any(|window| window == b"\x69CreatedAt\xc1\x1a\x5f\x5e\x10\x00"));
}

fn text(response: &impl Response) -> String {
    String::from_utf8(response.encode(Format::Json)).unwrap()
}

#[test]
fn empty_lists_are_written_and_absent_members_are_not() {
    assert_eq!(text(&ListCertificateAuthoritiesResponse::default()), r#"{"CertificateAuthorities":[]}"#);
    assert_eq!(text(&ListPermissionsResponse::default()), r#"{"Permissions":[]}"#);
    assert_eq!(text(&ListTagsResponse::default()), r#"{"Tags":[]}"#);
    assert_eq!(ListTagsResponse::default().encode(Format::Cbor), b"\xa1\x64Tags\x80");
    assert_eq!(text(&GetCertificateResponse::default()), "{}");
    assert_eq!(GetCertificateResponse::default().encode(Format::Cbor), b"\xa0");
    let root = GetCertificateResponse { certificate: Some("PEM\n".to_owned()), certificate_chain: None };
    assert_eq!(text(&root), r#"{"Certificate":"PEM\n"}"#);

    let tags = vec![Tag::new("k".parse().unwrap(), None), Tag::new("l".parse().unwrap(), Some("".parse().unwrap()))];
    let page = ListTagsResponse { next_token: Some("next".parse().unwrap()), tags };
    assert_eq!(text(&page), r#"{"NextToken":"next","Tags":[{"Key":"k"},{"Key":"l","Value":""}]}"#);

    let arn = format!("{AUTHORITY}/certificate/{}", "1".repeat(32));
    let issued: IssueCertificateResponse = serde_json::from_value(json!({ "CertificateArn": arn })).unwrap();
    assert_eq!(text(&issued), json!({ "CertificateArn": arn }).to_string());
    assert_eq!(read_cbor(&issued.encode(Format::Cbor)), cbor_without_blobs(&json!({ "CertificateArn": arn })));
}

/// R-SVC-5: what is not configured is described as disabled, and a disabled list has no ACL.
#[test]
fn a_revocation_configuration_is_described_whole() {
    let described = |revocation_configuration: RevocationConfiguration| {
        let described = CertificateAuthorityDescription {
            revocation_configuration: Some(revocation_configuration),
            ..Default::default()
        };
        let response = DescribeCertificateAuthorityResponse { certificate_authority: Some(described) };
        let text: Value = serde_json::from_slice(&response.encode(Format::Json)).unwrap();
        text["CertificateAuthority"]["RevocationConfiguration"].clone()
    };
    let disabled = json!({ "Enabled": false });
    let none = RevocationConfiguration::none();
    let nothing = json!({ "CrlConfiguration": disabled, "OcspConfiguration": disabled });
    assert_eq!(described(none.clone()), nothing);
    let off = CrlConfigurationBuilder::default().enabled(false).build().unwrap();
    assert_eq!(described(none.clone().with_crl(off)), nothing);
    let crl = CrlConfiguration::builder("bucket");
    let own = crl.clone().s3_object_acl(S3ObjectAcl::BucketOwnerFullControl).build().unwrap();
    for (crl, acl) in [(crl.build().unwrap(), "PUBLIC_READ"), (own, "BUCKET_OWNER_FULL_CONTROL")] {
        let described = described(none.clone().with_crl(crl))["CrlConfiguration"].clone();
        assert_eq!(described, json!({ "Enabled": true, "S3BucketName": "bucket", "S3ObjectAcl": acl }));
    }
}

#[test]
fn an_operation_without_a_response_answers_with_no_octets() {
    for format in FORMATS {
        assert!(().encode(format).is_empty());
    }
    // Both of these are of such operations.
    let (): <DeletePolicyRequest as Request>::Response = ();
    let (): <TagCertificateAuthorityRequest as Request>::Response = ();
}

#[test]
fn faults() {
    for exception in AwsException::ALL {
        let fault = Fault::new(*exception, "why \"so\"");
        let short = exception.as_str();
        assert_eq!(text(&fault), json!({ "__type": short, "message": "why \"so\"" }).to_string());
        let full = json!({ "__type": format!("com.amazonaws.acmpca#{short}"), "message": "why \"so\"" });
        assert_eq!(read_cbor(&fault.encode(Format::Cbor)), cbor_without_blobs(&full));
        let status = match exception {
            AwsException::AccessDenied => 403,
            AwsException::InternalFailure => 500,
            _ => 400,
        };
        assert_eq!(fault.http_status(), status);
    }

    // A caller's fault reaches the caller in full.
    for (message, exception, words) in [
        (r#"{"CertificateAuthorityArn":""}"#, AwsException::Validation, "1 validation error detected: Value ''"),
        (r#"{"CertificateAuthorityArn":"arn:a"}"#, AwsException::InvalidArn, "Value 'arn:a' at"),
    ] {
        let error = DescribeCertificateAuthorityRequest::decode(Format::Json, message.as_bytes()).unwrap_err();
        let fault = Fault::from(error.clone());
        assert_eq!((fault.exception, fault.message), (exception, error.to_string()));
        assert!(error.to_string().starts_with(words), "{error}");
    }
}

#[test]
fn the_services_own_failures_keep_their_reason() {
    let error = Error::Serial(SerialSourceError { reason: "/dev/secret is gone".to_owned() });
    assert!(error.to_string().contains("secret"));
    let fault = Fault::from(error);
    assert_eq!((fault.exception, fault.http_status()), (AwsException::InternalFailure, 500));
    assert!(!fault.message.is_empty() && !fault.to_string().contains("secret"), "{fault}");
    for format in FORMATS {
        assert!(!String::from_utf8_lossy(&fault.encode(format)).contains("secret"));
    }
}
