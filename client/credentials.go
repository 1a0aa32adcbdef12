package client

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"
)

// maxToken is the largest token, in bytes.
const maxToken = 4096

// maxCertificates is the largest file of certificate authorities, in bytes.
const maxCertificates = 4 << 20

// ReadToken reads a bearer token from a file of one line. Errors never show it.
func ReadToken(path string) (string, error) {
	b, err := ReadFile(path, maxToken+2)
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

// bearer gives a request the token. Without TLS it goes to this machine alone: on
// any other way whoever stands between could read it.
func (c *Client) bearer(r *http.Request) error {
	if c.Token == "" {
		return nil
	}
	host := r.URL.Hostname()
	address := net.ParseIP(host)
	if r.URL.Scheme != "https" && host != "localhost" && (address == nil || !address.IsLoopback()) {
		return fmt.Errorf("the token is not sent to %s, where it could be read on the way: use https, or a tunnel that begins on this machine", c.shown())
	}
	r.Header.Set("Authorization", "Bearer "+c.Token)
	return nil
}

// shown is the server's URL as it may be printed: without its password.
func (c *Client) shown() string {
	u, err := url.Parse(c.Server)
	if err != nil {
		return "its URL" // what url.Parse says repeats it all
	}
	return u.Redacted()
}

// TrustingHTTP returns an HTTP client that believes the certificate authorities in
// a file of PEM, and no others.
func TrustingHTTP(caFile string) (*http.Client, error) {
	b, err := ReadFile(caFile, maxCertificates)
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
