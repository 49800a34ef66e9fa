# The AWS CLI at work while the service is killed: run by ../restart.py, in an empty directory.
source "$(dirname "${BASH_SOURCE[0]}")/steps.sh"

kill_service() {
    curl --silent --show-error --fail --request POST "$ACM_PCA_KILL"
}

create() {
    pca create-certificate-authority --certificate-authority-type ROOT --idempotency-token root --tags Key=client,Value=cli \
        --certificate-authority-configuration \
        "KeyAlgorithm=EC_prime256v1,SigningAlgorithm=SHA256WITHECDSA,Subject={CommonName=Restarted CLI}" \
        --query CertificateAuthorityArn --output text
}

# arn TOKEN DAYS OPTIONS
arn() {
    local token=$1 days=$2
    shift 2
    pca issue-certificate --certificate-authority-arn "$root" --signing-algorithm SHA256WITHECDSA \
        --validity "Value=$days,Type=DAYS" --idempotency-token "$token" --query CertificateArn --output text "$@"
}

certificate() {
    pca get-certificate --certificate-authority-arn "$root" --certificate-arn "$1" --query Certificate --output text
}

revoke() {
    pca revoke-certificate --certificate-authority-arn "$root" --certificate-serial "${revoked##*/}" --revocation-reason SUPERSEDED
}

root=$(create)
pca wait certificate-authority-csr-created --certificate-authority-arn "$root"
pca get-certificate-authority-csr --certificate-authority-arn "$root" --output text >root.csr
template=arn:aws:acm-pca:::template/RootCACertificate/V1
certificate "$(arn own 300 --csr fileb://root.csr --template-arn $template)" >root.pem
pca import-certificate-authority-certificate --certificate-authority-arn "$root" --certificate fileb://root.pem
request www.csr www.example.com
leaf=(--csr fileb://www.csr)
before=$(arn before 30 "${leaf[@]}")
certificate "$before" >before.pem
revoked=$(arn revoked 30 "${leaf[@]}")
# The answer may be lost, and a retry told that it is done.
revoke 2>revoke.err || grep -q RequestAlreadyProcessedException revoke.err

kill_service
same "a certificate after the kill" "$(cat before.pem)" "$(certificate "$before")"
kill_service &
while_killed=$(arn "while" 30 "${leaf[@]}")
wait $!
same "one token, one certificate, whenever the service dies" "$while_killed" "$(arn "while" 30 "${leaf[@]}")"
same "a token from before both kills" "$before" "$(arn before 30 "${leaf[@]}")"
same "its certificate" "$(cat before.pem)" "$(certificate "$before")"
same "the token of the authority" "$root" "$(create)"
same "its tags" client=cli "$(pca list-tags --certificate-authority-arn "$root" --query "join('=', Tags[0].[Key, Value])" --output text)"
same "the authority" ACTIVE "$(pca describe-certificate-authority --certificate-authority-arn "$root" \
    --query CertificateAuthority.Status --output text)"
refused "the revocation" RequestAlreadyProcessedException revoke
# own, before, revoked and while.
echo "# certificates $root 4 1"
