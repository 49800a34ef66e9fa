# A three-level hierarchy, as an administrator's shell would make it.
source "$(dirname "${BASH_SOURCE[0]}")/steps.sh"

status() {
    pca describe-certificate-authority --certificate-authority-arn "$1" --query CertificateAuthority.Status --output text
}

# import_subordinate ARN NAME
import_subordinate() {
    pca import-certificate-authority-certificate --certificate-authority-arn "$1" \
        --certificate "fileb://$2.pem" --certificate-chain "fileb://$2-chain.pem"
}

root=$(new_authority ROOT root)
same "a new root waits for its certificate" PENDING_CERTIFICATE "$(status "$root")"
pca get-certificate-authority-csr --certificate-authority-arn "$root" --output text >root.csr
ok "its request verifies" openssl req -in root.csr -verify -noout
issue "$root" root.csr RootCACertificate 3650 root >/dev/null
same "a root's certificate has no chain" None "$(cat root-chain.pem)"
ok "the root is imported" pca import-certificate-authority-certificate --certificate-authority-arn "$root" \
    --certificate fileb://root.pem
same "the root is active" ACTIVE "$(status "$root")"

policy=$(new_authority SUBORDINATE policy)
pca get-certificate-authority-csr --certificate-authority-arn "$policy" --output text >policy.csr
issue "$root" policy.csr SubordinateCACertificate_PathLen1 1825 policy >/dev/null
ok "the second level is imported" import_subordinate "$policy" policy

issuing=$(new_authority SUBORDINATE issuing)
pca get-certificate-authority-csr --certificate-authority-arn "$issuing" --output text >issuing.csr
issue "$policy" issuing.csr SubordinateCACertificate_PathLen0 900 issuing >/dev/null
ok "the third level is imported" import_subordinate "$issuing" issuing
same "the third level is active" ACTIVE "$(status "$issuing")"

request www.csr www.example.com
certificate=$(issue "$issuing" www.csr EndEntityCertificate 90 www)
ok "OpenSSL accepts the chain" openssl verify -x509_strict -CAfile root.pem -untrusted www-chain.pem www.pem
same "the chain has three certificates" 3 "$(grep -c BEGIN www-chain.pem)"
same "the chain starts at the issuer" "$(openssl x509 -in www.pem -noout -issuer -nameopt RFC2253 | cut -d= -f2-)" \
    "$(openssl x509 -in www-chain.pem -noout -subject -nameopt RFC2253 | cut -d= -f2-)"
same "its own key is certified" "$(openssl req -in www.csr -noout -pubkey)" "$(openssl x509 -in www.pem -noout -pubkey)"

serial=$(openssl x509 -in www.pem -noout -serial | cut -d= -f2)
same "the ARN ends in the serial number" "${serial,,}" "${certificate##*/}"
ok "the end of the ARN revokes" pca revoke-certificate --certificate-authority-arn "$issuing" \
    --certificate-serial "${certificate##*/}" --revocation-reason KEY_COMPROMISE
refused "twice is once too often" RequestAlreadyProcessedException pca revoke-certificate \
    --certificate-authority-arn "$issuing" --certificate-serial "$serial" --revocation-reason KEY_COMPROMISE

refused "no fourth level" ValidationException pca issue-certificate --certificate-authority-arn "$issuing" \
    --csr fileb://policy.csr --signing-algorithm SHA256WITHECDSA --validity Value=10,Type=DAYS \
    --template-arn arn:aws:acm-pca:::template/SubordinateCACertificate_PathLen0/V1
refused "an active authority is not deleted" InvalidStateException pca delete-certificate-authority \
    --certificate-authority-arn "$issuing"
ok "it is disabled" pca update-certificate-authority --certificate-authority-arn "$issuing" --status DISABLED
ok "then it is deleted" pca delete-certificate-authority --certificate-authority-arn "$issuing" \
    --permanent-deletion-time-in-days 7
same "it is deleted" DELETED "$(status "$issuing")"
ok "it is restored" pca restore-certificate-authority --certificate-authority-arn "$issuing"
same "it is as it was" DISABLED "$(status "$issuing")"
