#!/usr/bin/env bash
# The way from nothing to a certificate with the AWS CLI: a root, its ceremony, and a certificate for the given CSR.
set -euo pipefail
endpoint=${1:?usage: first-certificate.sh ENDPOINT CSR}
request=${2:?usage: first-certificate.sh ENDPOINT CSR}
# The service checks no credentials, but the CLI wants some.
export AWS_ACCESS_KEY_ID=${AWS_ACCESS_KEY_ID:-local} AWS_SECRET_ACCESS_KEY=${AWS_SECRET_ACCESS_KEY:-local}
export AWS_DEFAULT_REGION=${AWS_DEFAULT_REGION:-us-east-1} AWS_PAGER=
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

pca() {
    printf '+ aws acm-pca %s\n' "$*" >&2
    aws --endpoint-url "$endpoint" --output text acm-pca "$@"
}

authority=$(pca create-certificate-authority --certificate-authority-type ROOT --query CertificateAuthorityArn \
    --certificate-authority-configuration \
    'KeyAlgorithm=EC_prime256v1,SigningAlgorithm=SHA256WITHECDSA,Subject={CommonName=Example Root}')
pca wait certificate-authority-csr-created --certificate-authority-arn "$authority"
pca get-certificate-authority-csr --certificate-authority-arn "$authority" >"$work/root.csr"
own=$(pca issue-certificate --certificate-authority-arn "$authority" --csr "fileb://$work/root.csr" \
    --signing-algorithm SHA256WITHECDSA --validity Value=10,Type=YEARS --query CertificateArn \
    --template-arn arn:aws:acm-pca:::template/RootCACertificate/V1)
pca wait certificate-issued --certificate-authority-arn "$authority" --certificate-arn "$own"
pca get-certificate --certificate-authority-arn "$authority" --certificate-arn "$own" --query Certificate >"$work/root.pem"
pca import-certificate-authority-certificate --certificate-authority-arn "$authority" \
    --certificate "fileb://$work/root.pem"

certificate=$(pca issue-certificate --certificate-authority-arn "$authority" --csr "fileb://$request" \
    --signing-algorithm SHA256WITHECDSA --validity Value=365,Type=DAYS --query CertificateArn)
pca wait certificate-issued --certificate-authority-arn "$authority" --certificate-arn "$certificate"
pca get-certificate --certificate-authority-arn "$authority" --certificate-arn "$certificate" --query Certificate
