// A certification request by Go's crypto/x509, in DER on standard output.
package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"net"
	"os"
	"strings"
)

func main() {
	kind := os.Args[1]
	var key crypto.Signer
	var err error
	switch kind {
	case "rsa":
		key, err = rsa.GenerateKey(rand.Reader, 2048)
	case "ed25519":
		_, key, err = ed25519.GenerateKey(rand.Reader)
	default:
		key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	}
	check(err)
	template := &x509.CertificateRequest{
		Subject: pkix.Name{
			Country:      []string{"US"},
			Organization: []string{"Example", "Größe"},
			CommonName:   "go.example.com",
		},
		DNSNames:    []string{"go.example.com"},
		IPAddresses: []net.IP{net.ParseIP("192.0.2.1"), net.ParseIP("2001:db8::1")},
	}
	if length := map[string]int{"short": 1, "long": 200}[kind]; length > 0 {
		value := pkix.AttributeTypeAndValue{Type: asn1.ObjectIdentifier{2, 5, 4, 41}, Value: strings.Repeat("x", length)}
		attribute := pkix.AttributeTypeAndValueSET{
			Type:  asn1.ObjectIdentifier{1, 2, 3, 4},
			Value: [][]pkix.AttributeTypeAndValue{{value}},
		}
		template.Attributes = []pkix.AttributeTypeAndValueSET{attribute}
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, template, key)
	check(err)
	_, err = os.Stdout.Write(der)
	check(err)
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
