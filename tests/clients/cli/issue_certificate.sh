# issue-certificate in every way that its reference page has: options, JSON input, skeletons.
source "$(dirname "${BASH_SOURCE[0]}")/steps.sh"

root=$(active_root root)
request www.csr www.example.com
common=(--certificate-authority-arn "$root" --csr fileb://www.csr --signing-algorithm SHA256WITHECDSA)
days=(--validity 'Value=365,Type="DAYS"')

text() {
    pca get-certificate --certificate-authority-arn "$root" --certificate-arn "$1" --query Certificate --output text |
        openssl x509 -noout -text
}

arn() {
    pca issue-certificate "$@" --query CertificateArn --output text
}

ok "with nothing but what is required" pca issue-certificate "${common[@]}" "${days[@]}"
ok "validity as JSON" pca issue-certificate "${common[@]}" --validity '{"Value": 365, "Type": "DAYS"}'
same "one token, one certificate" "$(arn "${common[@]}" "${days[@]}" --idempotency-token 1234)" \
    "$(arn "${common[@]}" "${days[@]}" --idempotency-token 1234)"

# Version 1 of the CLI takes a blob as it is from either; version 2 decodes what file:// gives.
ok "the request with file://" pca issue-certificate --certificate-authority-arn "$root" --csr file://www.csr \
    --signing-algorithm SHA256WITHECDSA "${days[@]}"

end=$(python3 -c 'import datetime; print((datetime.datetime.now(datetime.UTC) + datetime.timedelta(90)).strftime("%Y%m%d"))')235959
certificate=$(arn "${common[@]}" --validity "Value=$end,Type=END_DATE" \
    --validity-not-before Value=1600000000,Type=ABSOLUTE)
ok "END_DATE of 14 digits" grep -q "Not After : .* 23:59:59 ${end:0:4} GMT" <(text "$certificate")
ok "a start of its own" grep -q 'Not Before: Sep 13 12:26:40 2020 GMT' <(text "$certificate")

cat >passthrough.json <<'EOF'
{
    "Extensions": {
        "CertificatePolicies": [
            {
                "CertPolicyId": "1.3.6.1.4.1.99999.1",
                "PolicyQualifiers": [{"PolicyQualifierId": "CPS", "Qualifier": {"CpsUri": "https://example.com/cps"}}]
            }
        ],
        "ExtendedKeyUsage": [
            {"ExtendedKeyUsageType": "CODE_SIGNING"}, {"ExtendedKeyUsageObjectIdentifier": "1.3.6.1.5.5.7.3.17"}
        ],
        "KeyUsage": {"DigitalSignature": true, "NonRepudiation": true},
        "SubjectAlternativeNames": [
            {"DnsName": "api.example.com"}, {"IpAddress": "192.0.2.1"}, {"Rfc822Name": "a@example.com"},
            {"UniformResourceIdentifier": "https://example.com/"}, {"RegisteredId": "1.2.3.4"}
        ],
        "CustomExtensions": [{"ObjectIdentifier": "1.3.6.1.4.1.99999.2", "Value": "DAJoaQ==", "Critical": false}]
    },
    "Subject": {"Country": "US", "Organization": "Example Corp", "CommonName": "From the API"}
}
EOF
template=arn:aws:acm-pca:::template/BlankEndEntityCertificate_APIPassthrough/V1
certificate=$(arn "${common[@]}" "${days[@]}" --template-arn $template --api-passthrough file://passthrough.json)
text "$certificate" >found.txt
for wanted in 'Subject: C = US, O = Example Corp, CN = From the API' 'DNS:api.example.com, IP Address:192.0.2.1' \
    'email:a@example.com, URI:https://example.com/, Registered ID:1.2.3.4' 'Digital Signature, Non Repudiation' \
    'Code Signing, ipsec Internet Key Exchange' 'CPS: https://example.com/cps' '1.3.6.1.4.1.99999.2'; do
    # OpenSSL's spaces around = differ between its versions.
    ok "the certificate has $wanted" grep -qF -- "${wanted// = /=}" <(sed 's/ = /=/g' found.txt)
done
ok "passthrough in shorthand" pca issue-certificate "${common[@]}" "${days[@]}" --template-arn $template --api-passthrough \
    'Subject={CommonName=Short},Extensions={KeyUsage={DigitalSignature=true},SubjectAlternativeNames=[{DnsName=a.example.com}]}'

# The skeleton, filled in and given back. It has every option of names and usages, of which one each may be given.
pca issue-certificate --generate-cli-skeleton >skeleton.json
ok "the skeleton has every member" python3 - <<'EOF'
import json

skeleton = json.load(open("skeleton.json"))
assert set(skeleton) == {
    "ApiPassthrough", "CertificateAuthorityArn", "Csr", "SigningAlgorithm", "TemplateArn", "Validity", "ValidityNotBefore",
    "IdempotencyToken",
}, skeleton
EOF
python3 - "$root" "$template" <<'EOF'
import json, sys

root, template = sys.argv[1:]
skeleton = json.load(open("skeleton.json"))
skeleton |= {
    "CertificateAuthorityArn": root, "Csr": open("www.csr").read(), "SigningAlgorithm": "SHA256WITHECDSA",
    "TemplateArn": template, "Validity": {"Value": 30, "Type": "DAYS"}, "IdempotencyToken": "skeleton",
    "ValidityNotBefore": {"Value": 1700000000, "Type": "ABSOLUTE"},
}
passthrough = skeleton["ApiPassthrough"]
filled = json.load(open("passthrough.json"))
assert passthrough["Extensions"].keys() == filled["Extensions"].keys()
skeleton["ApiPassthrough"] = filled
json.dump(skeleton, open("input.json", "w"))
del skeleton["Validity"]
json.dump(skeleton, open("without-validity.json", "w"))
EOF
ok "the filled skeleton is issued" pca issue-certificate --cli-input-json file://input.json
same "options go before the input's" "$(arn --cli-input-json file://input.json)" \
    "$(arn --cli-input-json file://input.json --validity Value=20,Type=DAYS)"
ok "options complete the input" pca issue-certificate --cli-input-json file://without-validity.json \
    --validity Value=20,Type=DAYS --idempotency-token other
ok "a skeleton of the output" pca issue-certificate "${common[@]}" "${days[@]}" --generate-cli-skeleton output

refused "a request that is none" MalformedCSRException pca issue-certificate --certificate-authority-arn "$root" \
    --csr fileb://passthrough.json --signing-algorithm SHA256WITHECDSA "${days[@]}"
refused "an algorithm of another key" InvalidArgsException pca issue-certificate --certificate-authority-arn "$root" \
    --csr fileb://www.csr --signing-algorithm SHA256WITHRSA "${days[@]}"
refused "an end in the past" ValidationException pca issue-certificate "${common[@]}" --validity Value=1600000000,Type=ABSOLUTE
refused "an authority that is not there" ResourceNotFoundException pca issue-certificate --csr fileb://www.csr \
    --signing-algorithm SHA256WITHECDSA "${days[@]}" --certificate-authority-arn \
    arn:aws:acm-pca:us-west-2:123456789012:certificate-authority/12345678-1234-1234-1234-123456789012
