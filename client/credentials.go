package client

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"
)

// maxToken is the largest token, in bytes.
const maxToken = 4096

// ReadToken reads a bearer token from a file of one line. Errors never show it.
func ReadToken(path string) (string, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	b = bytes.TrimRight(b, "\r\n")
	if len(b) == 0 || len(b) > maxToken {
		return "", fmt.Errorf("%s holds no token: want one line of 1 to %d bytes", path, maxToken)
	}
	for _, c := range b {
		if c <= ' ' || c > '~' {
			return "", fmt.Errorf("%s holds no token: want one line of printable ASCII without spaces", path)
		}
	}
	return string(b), nil
}

// TrustingHTTP returns an HTTP client that believes the certificate authorities in
// a file of PEM, and no others.
func TrustingHTTP(caFile string) (*http.Client, error) {
	b, err := os.ReadFile(caFile)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(b) {
		return nil, fmt.Errorf("%s holds no certificate in PEM", caFile)
	}
	base, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		return nil, errors.New("the default HTTP transport was replaced")
	}
	transport := base.Clone()
	transport.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	return &http.Client{Timeout: requestTime, Transport: transport}, nil
}

// requestTime is the time limit of a request unless the caller brings an HTTP
// client.
const requestTime = 60 * time.Second
