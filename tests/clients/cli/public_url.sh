# A service started with --public-url: without any custom name, the URLs in certificates lead to it, for lists and for OCSP; a custom name
# wins. It is a process of its own, beside the one that the other scripts use.
source "$(dirname "${BASH_SOURCE[0]}")/steps.sh"

if [ -z "${ACM_PCA_PROGRAM:-}" ]; then
    echo "SKIPPED: a service that runs already cannot be started with --public-url" >&2
    exit 0
fi
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
url=http://127.0.0.1:$port
"$ACM_PCA_PROGRAM" --listen "127.0.0.1:$port" --region "$AWS_REGION" --public-url "$url" --audit-reports "$PWD" >listening &
trap 'kill $!' EXIT
until grep -q "listening on" listening; do sleep 0.1; done
export ACM_PCA_ENDPOINT=$url AWS_ENDPOINT_URL_ACM_PCA=$url

distribution_point() {
    openssl x509 -in "$1.pem" -noout -ext crlDistributionPoints | sed -n 's/ *URI://p'
}

checked() {
    openssl verify -crl_check -crl_download -CAfile "$1.pem" "$2.pem" 2>&1
}

answered() {
    openssl ocsp -issuer "$1.pem" -CAfile "$1.pem" -cert "$2.pem" -url "$(openssl x509 -in "$2.pem" -noout -ocsp_uri)" 2>&1
}

arn=$(revoking_root plain "" "")
for name in good bad; do
    request "$name.csr" "$name.example.com"
    issue "$arn" "$name.csr" EndEntityCertificate 30 "$name" >/dev/null
done
same "the list is at the service" "$url" "$(distribution_point good | cut -d/ -f1-3)"
same "the responder is at the service" "$url/ocsp" "$(openssl x509 -in good.pem -noout -ocsp_uri)"
ok "OpenSSL follows the URL to the list" checked plain good
serial=$(openssl x509 -in bad.pem -noout -serial)
pca revoke-certificate --certificate-authority-arn "$arn" --certificate-serial "${serial#serial=}" --revocation-reason SUPERSEDED
sleep 1.1
ok "OpenSSL still takes the good one" checked plain good
same "OpenSSL refuses the revoked one" 1 "$(checked plain bad | grep -c 'certificate revoked')"
same "OpenSSL follows the URL to the responder" 1 "$(answered plain good | grep -c 'good.pem: good')"
same "the responder knows what is revoked" 1 "$(answered plain bad | grep -c 'bad.pem: revoked')"

arn=$(revoking_root custom ",CustomCname=crl.example.com" ",OcspCustomCname=ocsp.example.com")
issue "$arn" good.csr EndEntityCertificate 30 named >/dev/null
same "a custom name wins for lists" "http://crl.example.com" "$(distribution_point named | cut -d/ -f1-3)"
same "a custom name wins for OCSP" "http://ocsp.example.com" "$(openssl x509 -in named.pem -noout -ocsp_uri)"
