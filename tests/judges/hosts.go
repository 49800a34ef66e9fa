// Whether Go takes a certificate for a host: `go run hosts.go SECONDS HOST CERTIFICATE... ROOT` prints what is wrong, if anything is.
package main

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"strconv"
	"time"
)

func main() {
	seconds, err := strconv.ParseInt(os.Args[1], 10, 64)
	if err != nil {
		panic(err)
	}
	certificates := []*x509.Certificate{}
	for _, file := range os.Args[3:] {
		text, err := os.ReadFile(file)
		if err != nil {
			panic(err)
		}
		block, _ := pem.Decode(text)
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			fmt.Println(err)
			return
		}
		certificates = append(certificates, certificate)
	}
	roots, between := x509.NewCertPool(), x509.NewCertPool()
	roots.AddCert(certificates[len(certificates)-1])
	for _, certificate := range certificates[1 : len(certificates)-1] {
		between.AddCert(certificate)
	}
	_, err = certificates[0].Verify(x509.VerifyOptions{
		DNSName:       os.Args[2],
		Roots:         roots,
		Intermediates: between,
		CurrentTime:   time.Unix(seconds, 0),
		KeyUsages:     []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
	})
	if err != nil {
		fmt.Println(err)
	}
}
