package sigstore

import (
	"crypto/ed25519"
	"crypto/x509"
	"errors"

	"github.com/docketlog/docket/proofs"
)

// Media types of the files that name the log.
const (
	TrustedRootMediaType   = "application/vnd.dev.sigstore.trustedroot+json;version=0.1"
	SigningConfigMediaType = "application/vnd.dev.sigstore.signingconfig.v0.2+json"
)

// Since is the start of the validity of keys and services in the files. The formats
// demand one, and no verifier of a docket bundle uses it: without an integrated
// time there is nothing to compare it with.
const Since = "2024-01-01T00:00:00Z"

// A TrustedRoot is a trusted_root.json that trusts logs and nothing else: no
// certificate authority, no timestamp authority.
type TrustedRoot struct {
	MediaType              string       `json:"mediaType"`
	CertificateAuthorities []struct{}   `json:"certificateAuthorities"`
	CTLogs                 []struct{}   `json:"ctlogs"`
	TimestampAuthorities   []struct{}   `json:"timestampAuthorities"`
	Logs                   []TrustedLog `json:"tlogs"`
}

// A TrustedLog is one key of a log.
type TrustedLog struct {
	BaseURL       string    `json:"baseUrl"` // https://<origin>: its host is what the checkpoint must name
	HashAlgorithm string    `json:"hashAlgorithm"`
	ID            LogID     `json:"logId"`
	PublicKey     PublicKey `json:"publicKey"`
}

// A PublicKey is a key with the time since which it is valid.
type PublicKey struct {
	Raw      []byte   `json:"rawBytes"` // SubjectPublicKeyInfo in DER
	Details  string   `json:"keyDetails"`
	ValidFor ValidFor `json:"validFor"`
}

// ValidFor is an open interval of time.
type ValidFor struct {
	Start string `json:"start"`
}

// TrustedRootOf returns a trusted root of the Ed25519 keys among those of a
// verifier policy.
func TrustedRootOf(keys []proofs.VerifierKey) (*TrustedRoot, error) {
	root := &TrustedRoot{
		MediaType: TrustedRootMediaType, CertificateAuthorities: []struct{}{}, CTLogs: []struct{}{}, TimestampAuthorities: []struct{}{},
	}
	for _, k := range keys {
		if k.Type != proofs.TypeEd25519 {
			continue
		}
		spki, err := x509.MarshalPKIXPublicKey(ed25519.PublicKey(k.Public))
		if err != nil {
			return nil, err
		}
		root.Logs = append(root.Logs, TrustedLog{
			BaseURL: "https://" + k.Name, HashAlgorithm: "SHA2_256", ID: LogID{KeyID: LogKeyID(k)},
			PublicKey: PublicKey{Raw: spki, Details: "PKIX_ED25519", ValidFor: ValidFor{Since}},
		})
	}
	if len(root.Logs) == 0 {
		return nil, errors.New("the policy has no Ed25519 log key, and Sigstore clients take no other")
	}
	return root, nil
}

// Marshal returns the trusted root as a file.
func (r *TrustedRoot) Marshal() []byte { return marshal(r) }

// A SigningConfig is a signing_config.json that names one log and nothing else.
type SigningConfig struct {
	MediaType  string    `json:"mediaType"`
	LogConfig  Selector  `json:"rekorTlogConfig"`
	TimeConfig Selector  `json:"tsaConfig"`
	Logs       []Service `json:"rekorTlogUrls"`
}

// A Selector says how many of several services are used.
type Selector struct {
	Selector string `json:"selector"`
}

// A Service is where a log is, and who runs it.
type Service struct {
	URL      string   `json:"url"`
	Version  int      `json:"majorApiVersion"`
	Operator string   `json:"operator"`
	ValidFor ValidFor `json:"validFor"`
}

// SigningConfigOf returns the signing configuration of the log with this origin.
func SigningConfigOf(origin string) *SigningConfig {
	return &SigningConfig{
		MediaType: SigningConfigMediaType, LogConfig: Selector{"ANY"}, TimeConfig: Selector{"ANY"},
		Logs: []Service{{URL: "https://" + origin, Version: 2, Operator: origin, ValidFor: ValidFor{Since}}},
	}
}

// Marshal returns the signing configuration as a file.
func (s *SigningConfig) Marshal() []byte { return marshal(s) }
