# What the scripts share. They are run in an empty directory, with `aws` pointed at the service by the environment.
set -euo pipefail
shopt -s inherit_errexit
export AWS_PAGER=

# ok NAME COMMAND...: the command must succeed.
ok() {
    local name=$1 output
    shift
    if output=$("$@" 2>&1); then
        echo "ok $name"
    else
        printf 'not ok %s\n%s\n' "$name" "$output"
        exit 1
    fi
}

# same NAME WANTED FOUND
same() {
    if [ "$2" = "$3" ]; then
        echo "ok $1"
    else
        printf 'not ok %s: wanted %q, found %q\n' "$1" "$2" "$3"
        exit 1
    fi
}

# refused NAME EXCEPTION COMMAND...: the command must fail as the CLI does where a service refuses.
refused() {
    local name=$1 exception=$2 output status=0
    shift 2
    output=$("$@" 2>&1) || status=$?
    if [[ $status = 25[45] ]] && grep -q "An error occurred ($exception) when calling the [A-Za-z]* operation: ." <<<"$output"; then
        echo "ok $name"
    else
        printf 'not ok %s: status %s, wanted %s\n%s\n' "$name" "$status" "$exception" "$output"
        exit 1
    fi
}

pca() {
    aws acm-pca "$@"
}

# new_authority ROOT|SUBORDINATE NAME: the ARN of an authority whose request is there.
new_authority() {
    local arn
    arn=$(pca create-certificate-authority --certificate-authority-type "$1" --certificate-authority-configuration \
        "KeyAlgorithm=EC_prime256v1,SigningAlgorithm=SHA256WITHECDSA,Subject={Organization=Example Corp,CommonName=$2}" \
        --query CertificateAuthorityArn --output text)
    pca wait certificate-authority-csr-created --certificate-authority-arn "$arn"
    echo "$arn"
}

# issue ISSUER REQUEST TEMPLATE DAYS OUTPUT: writes OUTPUT.pem and, under an issuer, OUTPUT-chain.pem; prints the ARN.
issue() {
    local arn
    arn=$(pca issue-certificate --certificate-authority-arn "$1" --csr "fileb://$2" --signing-algorithm SHA256WITHECDSA \
        --template-arn "arn:aws:acm-pca:::template/$3/V1" --validity "Value=$4,Type=DAYS" \
        --query CertificateArn --output text)
    pca wait certificate-issued --certificate-authority-arn "$1" --certificate-arn "$arn"
    pca get-certificate --certificate-authority-arn "$1" --certificate-arn "$arn" \
        --query Certificate --output text >"$5.pem"
    pca get-certificate --certificate-authority-arn "$1" --certificate-arn "$arn" \
        --query CertificateChain --output text >"$5-chain.pem"
    echo "$arn"
}

# active_root NAME: the ARN of a root that issues.
active_root() {
    local arn
    arn=$(new_authority ROOT "$1")
    pca get-certificate-authority-csr --certificate-authority-arn "$arn" --output text >"$1.csr"
    issue "$arn" "$1.csr" RootCACertificate 3650 "$1" >/dev/null
    pca import-certificate-authority-certificate --certificate-authority-arn "$arn" --certificate "fileb://$1.pem"
    echo "$arn"
}

# revoking_root NAME CRL OCSP: the ARN of a root that issues and publishes, with these settings beside those that it needs.
revoking_root() {
    local arn
    arn=$(pca create-certificate-authority --certificate-authority-type ROOT --certificate-authority-configuration \
        "KeyAlgorithm=EC_prime256v1,SigningAlgorithm=SHA256WITHECDSA,Subject={CommonName=$1}" \
        --revocation-configuration "CrlConfiguration={Enabled=true,ExpirationInDays=7,S3BucketName=bucket$2},\
OcspConfiguration={Enabled=true$3}" --query CertificateAuthorityArn --output text)
    pca wait certificate-authority-csr-created --certificate-authority-arn "$arn"
    pca get-certificate-authority-csr --certificate-authority-arn "$arn" --output text >"$1.csr"
    issue "$arn" "$1.csr" RootCACertificate 3650 "$1" >/dev/null
    pca import-certificate-authority-certificate --certificate-authority-arn "$arn" --certificate "fileb://$1.pem"
    echo "$arn"
}

request() {
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$1.key" -out "$1" -batch \
        -subj "/O=Example Corp/CN=$2" -addext "subjectAltName=DNS:$2" 2>/dev/null
}
