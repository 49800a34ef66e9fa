# The command lines of the CLI's reference pages, as they are written there: in the package, one file per command. Nothing is
# changed but the ARN, which the service chose itself, and the identifiers of what was issued.
source "$(dirname "${BASH_SOURCE[0]}")/steps.sh"

pages=$(python3 -c 'import awscli, pathlib; print(pathlib.Path(awscli.__file__).parent / "examples" / "acm-pca")')

# command_line PAGE: its command line, with the identifiers replaced by those of this run.
command_line() {
    python3 - "$pages/$1.rst" "$authority" "${certificate-}" "${report-}" "${serial-}" <<'EOF'
import re, sys

page, authority, certificate, report, serial = sys.argv[1:]
lines = open(page).read().split("::\n", 1)[1].splitlines()
start = next(number for number, line in enumerate(lines) if "aws acm-pca" in line)
words = []
for line in lines[start:]:
    words.append(line.strip().removesuffix("\\"))
    if not line.endswith("\\"):
        break
command = " ".join(words)
arn = r"arn:aws:acm-pca:[\w-]+:\w+:certificate-authority/[\w-]+"
command = re.sub(arn + r"/certificate/\w+", certificate, command)
command = re.sub(arn + r"(?!/certificate)\b(?=\s|$)", authority, command)
command = re.sub(r"(?<=--audit-report-id )\S+", report, command)
command = re.sub(r"(?<=--certificate-serial )\S+", serial, command)
print(command)
EOF
}

# run_line LINE: runs a command line as a shell reads it, and leaves what it printed in $printed.
run_line() {
    local line=$1
    if printed=$(bash -c "$line" 2>&1); then
        echo "ok $line"
    else
        printf 'not ok %s\n%s\n' "$line" "$printed"
        exit 1
    fi
}

page() {
    run_line "$(command_line "$1")"
}

member() {
    python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1" <<<"$printed"
}

# The pages' files are in C:\, which the shell reads as C: and the CLI as a file of this directory.
cat >C:ca_config.txt <<'EOF'
{
    "KeyAlgorithm": "RSA_2048",
    "SigningAlgorithm": "SHA256WITHRSA",
    "Subject": {
        "Country": "US", "Organization": "Example Corp", "OrganizationalUnit": "Sales", "State": "WA",
        "Locality": "Seattle", "CommonName": "www.example.com"
    }
}
EOF
cat >C:revoke_config.txt <<'EOF'
{
    "CrlConfiguration": {
        "Enabled": true, "ExpirationInDays": 7, "CustomCname": "some_name.crl", "S3BucketName": "your-bucket-name"
    }
}
EOF

root=$(active_root root)
authority=none
page create-certificate-authority
authority=$(member CertificateAuthorityArn)
pca wait certificate-authority-csr-created --certificate-authority-arn "$authority"
page describe-certificate-authority
page get-certificate-authority-csr
echo "$printed" >sub.csr
ok "the printed request verifies" openssl req -in sub.csr -verify -noout

issue "$root" sub.csr SubordinateCACertificate_PathLen0 1000 sub >/dev/null
mv sub.pem C:ca_cert.pem
mv sub-chain.pem C:ca_cert_chain.pem
page import-certificate-authority-certificate
page get-certificate-authority-certificate
same "certificate and chain are one line of text" 2 "$(grep -o 'BEGIN CERTIFICATE' <<<"$printed" | wc -l)"

openssl req -new -newkey rsa:2048 -nodes -keyout test_cert_priv_key.pem -out C:cert_1.csr -subj /CN=www.example.com \
    2>/dev/null
page issue-certificate
certificate=$(member CertificateArn)
first=$certificate
page issue-certificate
same "the page's token makes it one certificate" "$first" "$(member CertificateArn)"
# The page of the CLI's second version differs in this.
line=$(command_line issue-certificate)
run_line "${line/--csr file:/--csr fileb:}"
same "one request either way" "$first" "$(member CertificateArn)"
page get-certificate

serial=$(sed 's/../&:/g; s/:$//' <<<"${certificate##*/}")
page revoke-certificate

page create-certificate-authority-audit-report
report=$(member AuditReportId)
page describe-certificate-authority-audit-report
same "the report is there" SUCCESS "$(member AuditReportStatus)"

page list-certificate-authorities
page tag-certificate-authority
page list-tags
same "the tag is there" Alice \
    "$(python3 -c 'import json, sys; print(json.load(sys.stdin)["Tags"][0]["Value"])' <<<"$printed")"
page untag-certificate-authority
page update-certificate-authority
page delete-certificate-authority
