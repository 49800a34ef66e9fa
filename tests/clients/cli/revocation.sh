# A certificate is revoked, and verifiers that follow the URLs in it refuse it and take another: by lists, complete and in partitions, and by
# OCSP. The authority's custom names lead to the service; OpenSSL, GnuTLS and Java are the verifiers, where they are installed.
source "$(dirname "${BASH_SOURCE[0]}")/steps.sh"

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
host=${ACM_PCA_ENDPOINT#http://}

# present PROGRAM: whether it is there, said loudly if not; with ISSUANCE_REQUIRE_JUDGES it must be.
present() {
    if command -v "$1" >/dev/null; then return 0; fi
    echo "SKIPPED: there is no $1" >&2
    [ -z "${ISSUANCE_REQUIRE_JUDGES:-}" ] || echo "not ok there is no $1"
    return 1
}

# says NAME WANTED COMMAND...: the output has this, whatever the status.
says() {
    local name=$1 wanted=$2 output
    shift 2
    output=$("$@" 2>&1) || true
    if grep -qF -- "$wanted" <<<"$output"; then
        echo "ok $name"
    else
        printf 'not ok %s: wanted %q in\n%s\n' "$name" "$wanted" "$output"
        exit 1
    fi
}

# custom_root NAME TYPE: a root whose certificates name lists of this type and the responder by custom names.
custom_root() {
    revoking_root "$1" ",CustomCname=$host,CrlType=$2" ",OcspCustomCname=$host/ocsp"
}

# revoke ARN NAME: and waits for the next list.
revoke() {
    local serial
    serial=$(openssl x509 -in "$2.pem" -noout -serial)
    pca revoke-certificate --certificate-authority-arn "$1" --certificate-serial "${serial#serial=}" \
        --revocation-reason KEY_COMPROMISE
    sleep 1.1
}

# list NAME: fetches the list that the certificate names, without credentials.
list() {
    local url
    url=$(openssl x509 -in "$1.pem" -noout -ext crlDistributionPoints | sed -n 's/ *URI://p')
    curl -sSf "$url" -o "$1.crl"
    openssl crl -in "$1.crl" -inform DER -out "$1.crl.pem"
}

checked() {
    openssl verify -crl_check -extended_crl -crl_download -CAfile "$1.pem" "$2.pem"
}

answered() {
    openssl ocsp -issuer "$1.pem" -CAfile "$1.pem" -cert "$2.pem" -url "http://$host/ocsp" "${@:3}"
}

gnutls() {
    list "$2"
    certtool --verify --load-ca-certificate "$1.pem" --load-crl "$2.crl.pem" --infile "$2.pem"
}

java_check() {
    java -Dcom.sun.security.enableCRLDP=true "$here/CheckRevocation.java" "$3" "$1.pem" "$2.pem"
}

root=$(custom_root complete COMPLETE)
for name in good bad; do
    request "$name.csr" "$name.example.com"
    issue "$root" "$name.csr" EndEntityCertificate 30 "$name" >/dev/null
    ok "$name is taken before anything is revoked" checked complete "$name"
done
list good
says "the first list has the number 1" "=0x01" openssl crl -in good.crl -inform DER -noout -crlnumber
revoke "$root" bad
ok "OpenSSL takes the good one over HTTP" checked complete good
says "OpenSSL refuses the revoked one over HTTP" "certificate revoked" checked complete bad
says "OpenSSL takes the good one by OCSP" "good.pem: good" answered complete good
says "OpenSSL's answer about the good one is signed" "Response verify OK" answered complete good
says "OpenSSL refuses the revoked one by OCSP" "bad.pem: revoked" answered complete bad
says "OpenSSL is told why" "keyCompromise" answered complete bad -no_nonce
openssl ocsp -issuer complete.pem -cert bad.pem -no_nonce -reqout request.der
encoded=$(base64 -w0 request.der | sed 's/+/%2B/g; s,/,%2F,g; s/=/%3D/g')
curl -sSf -H "Host: ocsp.example.com" "http://$host/ocsp/$encoded" -o response.der
says "an answer comes by GET, whatever the Host" "bad.pem: revoked" openssl ocsp -respin response.der -issuer complete.pem \
    -CAfile complete.pem -cert bad.pem
if present certtool; then
    says "GnuTLS takes the good one" "Verified. The certificate is trusted." gnutls complete good
    says "GnuTLS refuses the revoked one" "revoked" gnutls complete bad
fi
if present java; then
    for way in crl ocsp; do
        says "Java takes the good one by $way" "accepted" java_check complete good "$way"
        says "Java refuses the revoked one by $way" "REVOKED" java_check complete bad "$way"
    done
fi

root=$(custom_root partitioned PARTITIONED)
partition() {
    openssl x509 -in "$1.pem" -noout -ext crlDistributionPoints | sed -n 's/ *URI://p'
}
issue "$root" good.csr EndEntityCertificate 30 first >/dev/null
issue "$root" bad.csr EndEntityCertificate 30 second >/dev/null
same "two certificates have two lists" no "$([ "$(partition first)" = "$(partition second)" ] && echo yes || echo no)"
revoke "$root" second
ok "OpenSSL takes the good one by the list of its partition" checked partitioned first
says "OpenSSL refuses the revoked one by the list of its partition" "certificate revoked" checked partitioned second
list first
list second
says "the list of the other partition says nothing of it" "different CRL scope" openssl verify -crl_check -extended_crl \
    -CAfile partitioned.pem -CRLfile second.crl.pem first.pem
if present java; then
    says "Java takes the good one by the list of its partition" "accepted" java_check partitioned first crl
    says "Java refuses the revoked one by the list of its partition" "REVOKED" java_check partitioned second crl
fi
