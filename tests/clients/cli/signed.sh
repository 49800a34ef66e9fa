# Signed calls over TLS, to a service that knows its callers.
source "$(dirname "${BASH_SOURCE[0]}")/steps.sh"

if [ -z "${ACM_PCA_SIGNED_ENDPOINT:-}" ]; then
    echo "ok # skipped: only with a service that ./run has started"
    exit 0
fi
export AWS_ENDPOINT_URL_ACM_PCA=$ACM_PCA_SIGNED_ENDPOINT AWS_ENDPOINT_URL_STS=$ACM_PCA_SIGNED_ENDPOINT
export AWS_CA_BUNDLE=$ACM_PCA_SIGNED_CA
export AWS_ACCESS_KEY_ID=$ACM_PCA_SIGNED_KEY AWS_SECRET_ACCESS_KEY=$ACM_PCA_SIGNED_SECRET

same "STS says who calls" "arn:aws:iam::111111111111:user/ci" \
    "$(aws sts get-caller-identity --query Arn --output text)"
root=$(active_root signed)
request www.csr www.example.com
issue "$root" www.csr EndEntityCertificate 30 www >/dev/null
ok "the certificate is issued" openssl verify -CAfile signed.pem www.pem
ok "the README's way works with credentials" env ACM_PCA_ENDPOINT= \
    bash "$(dirname "${BASH_SOURCE[0]}")/../../../examples/acm_pca/first-certificate.sh" "$ACM_PCA_SIGNED_ENDPOINT" www.csr
refused "a wrong secret" InvalidSignatureException \
    env AWS_SECRET_ACCESS_KEY=another aws acm-pca list-certificate-authorities
refused "an unknown key" UnrecognizedClientException \
    env AWS_ACCESS_KEY_ID=AKIAUNKNOWN aws acm-pca list-certificate-authorities
refused "another region" InvalidSignatureException aws --region eu-central-1 acm-pca list-certificate-authorities
refused "a wrong secret at STS" SignatureDoesNotMatch env AWS_SECRET_ACCESS_KEY=another aws sts get-caller-identity
refused "no signature" MissingAuthenticationTokenException aws --no-sign-request acm-pca list-certificate-authorities
