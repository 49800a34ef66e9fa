# The README's way from nothing to a certificate.
source "$(dirname "${BASH_SOURCE[0]}")/steps.sh"

script=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../../examples/acm_pca" && pwd)/first-certificate.sh
openssl req -new -newkey rsa:2048 -nodes -keyout www.key -subj /CN=www.example.com -out www.csr 2>/dev/null
"$script" "$ACM_PCA_ENDPOINT" www.csr 2>commands >certificate.pem
ok "the certificate is for the request's key" cmp \
    <(openssl x509 -in certificate.pem -noout -pubkey) <(openssl req -in www.csr -noout -pubkey)
same "it has its subject" "subject=CN = www.example.com" "$(openssl x509 -in certificate.pem -noout -subject)"
