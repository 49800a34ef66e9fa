// Whether Go reads a revocation list, verifies it and finds a certificate in it: `go run revocation.go LIST`, where each line of the list has
// the name of a case, the time in Unix seconds, and the files of certificate, authority and list. A line for each case: its name, a
// tab, and what is wrong, if anything is. Go's own verifier does not look at lists, so scope is not judged.
package main

import (
	"bufio"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

func certificate(file string) *x509.Certificate {
	text, err := os.ReadFile(file)
	if err != nil {
		panic(err)
	}
	block, _ := pem.Decode(text)
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		panic(err)
	}
	return certificate
}

func problem(parts []string) string {
	seconds, err := strconv.ParseInt(parts[1], 10, 64)
	if err != nil {
		panic(err)
	}
	der, err := os.ReadFile(parts[4])
	if err != nil {
		panic(err)
	}
	list, err := x509.ParseRevocationList(der)
	if err != nil {
		return err.Error()
	}
	if err := list.CheckSignatureFrom(certificate(parts[3])); err != nil {
		return err.Error()
	}
	if time.Unix(seconds, 0).After(list.NextUpdate) {
		return "the list has ended"
	}
	serial := certificate(parts[2]).SerialNumber
	// RevokedCertificateEntries, with the reason, is there from Go 1.21 on.
	for _, entry := range list.RevokedCertificates {
		if entry.SerialNumber.Cmp(serial) == 0 {
			return "revoked"
		}
	}
	return ""
}

func main() {
	file, err := os.Open(os.Args[1])
	if err != nil {
		panic(err)
	}
	for lines := bufio.NewScanner(file); lines.Scan(); {
		parts := strings.Split(lines.Text(), " ")
		fmt.Printf("%s\t%s\n", parts[0], problem(parts))
	}
}
