package main

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/statement"
)

// folders is one --dir. What belongs to the server, to its client and to
// neither is kept apart, so that each can move to a machine of its own:
//
//	DIR/log/config.json    origin and mode of the log
//	DIR/log/log.key        the log's Ed25519 key, encrypted; log.vkey is public
//	DIR/log/log.mldsa.key  the log's ML-DSA-44 key, if it has one; log.N.key a later one
//	DIR/log/identity.key   the key of the log's own identity, encrypted: it signs refusals
//	DIR/log/monitor.key    the key of the monitor's identity, encrypted: it signs alerts
//	DIR/log/key-password   the password of all these
//	DIR/log/store/         Pebble
//	DIR/log/checkpoint     the note of a store that was restored for reading only
//	DIR/log/restored/      what restores did
//	DIR/log/quarantine/    refused statements: no part of the log
//	DIR/log/monitor-state.json            what the monitor remembers
//	DIR/log/alerts-undelivered.ndjson     alerts that no webhook took
//	DIR/anchor/            the newest signed checkpoint: never in a backup of DIR/log
//	DIR/client/config.json origin, server, identity, what is expected
//	DIR/client/policy      the verifier policy (C2SP tlog-policy)
//	DIR/client/policy.genesis  leaf hash of entry 0, in hex
//	DIR/client/checkpoint  the newest checkpoint that the client saw
//	DIR/client/evidence/   signed objects that do not fit together
//	DIR/monitor/           what docket monitor knows: state.json, notes/, evidence/
//	DIR/client/keys/       identity keys, encrypted, and their password
//	DIR/client/receipts/   the newest receipt of each statement
//	DIR/client/pending/    signed statements whose answer did not come yet
//	DIR/client/spool/      signed evidence that waits for the log
//	DIR/client/runs/       what is known of runs, to report on them without the log
type folders struct {
	dir       string
	anchorDir string // if the anchor is elsewhere
	tokenFile string // overrides that of the client's configuration
	caFile    string // likewise
}

func (f folders) log() string      { return filepath.Join(f.dir, "log") }
func (f folders) store() string    { return filepath.Join(f.dir, "log", "store") }
func (f folders) client() string   { return filepath.Join(f.dir, "client") }
func (f folders) keys() string     { return filepath.Join(f.dir, "client", "keys") }
func (f folders) policy() string   { return filepath.Join(f.dir, "client", "policy") }
func (f folders) receipts() string { return filepath.Join(f.dir, "client", "receipts") }

func (f folders) anchor() string {
	if f.anchorDir != "" {
		return f.anchorDir
	}
	return filepath.Join(f.dir, "anchor")
}

// keyFile is where the key of an identity is. Ids have '/', which is no part of
// a file's name; '+' is in no id.
func (f folders) keyFile(id string) string {
	return filepath.Join(f.keys(), strings.ReplaceAll(id, "/", "+")+".key")
}

// nextKeyFile is where the key is that an identity is to get.
func (f folders) nextKeyFile(id string) string {
	return strings.TrimSuffix(f.keyFile(id), ".key") + ".next"
}

// passwordFile has the password of the keys of identities.
func (f folders) passwordFile() string { return filepath.Join(f.keys(), "password") }

// receiptFile is where the newest receipt of a statement is.
func (f folders) receiptFile(digest statement.Digest) string {
	return filepath.Join(f.receipts(), hex.EncodeToString(digest[:])+".docket")
}

// serverConfig is DIR/log/config.json.
type serverConfig struct {
	Origin string `json:"origin"`
	Mode   string `json:"mode"`
	Dev    bool   `json:"dev"`

	Monitor string   `json:"monitor,omitempty"` // id of the identity that signs alerts; empty: none
	Keys    []string `json:"keys,omitempty"`    // files in DIR/log of the keys that sign checkpoints; empty: log.key

	ReadOnly bool `json:"readOnly,omitempty"` // restored from an older copy: it never signs again
}

// clientConfig is DIR/client/config.json.
type clientConfig struct {
	Origin    string   `json:"origin"`              // of the log
	Server    string   `json:"server"`              // base URL
	Identity  string   `json:"identity"`            // who signs releases
	Registrar string   `json:"registrar"`           // who enrolls and revokes identities
	Monitor   string   `json:"monitor,omitempty"`   // who files alerts; empty: nobody
	Expect    []string `json:"expect"`              // namespaces whose documents verify may call AUTHORITATIVE
	Dev       bool     `json:"dev"`                 // made by --dev: quorum none is enough here
	TokenFile string   `json:"tokenFile,omitempty"` // bearer token for the server; relative to DIR/client
	CAFile    string   `json:"caFile,omitempty"`    // PEM of the authorities that its certificate is from
}

func readConfig(path string, v any) error {
	b, err := readFile(path)
	if err != nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

func writeConfig(path string, v any) error {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	return client.WriteFile(path, append(b, '\n'), 0o644)
}

func (f folders) serverConfig() (serverConfig, error) {
	var c serverConfig
	err := readConfig(filepath.Join(f.log(), "config.json"), &c)
	if errors.Is(err, fs.ErrNotExist) {
		return c, fmt.Errorf("there is no log in %s: make one with docket init --dir %s, or to try it docket serve --dev", f.log(), f.dir)
	}
	return c, err
}

func (f folders) clientConfig() (clientConfig, error) {
	var c clientConfig
	err := readConfig(filepath.Join(f.client(), "config.json"), &c)
	if errors.Is(err, fs.ErrNotExist) {
		return c, fmt.Errorf("there is no client folder in %s: start docket serve --dev there, or name the folder with --dir", f.client())
	}
	return c, err
}

// verifier reads the verifier policy in file, and the genesis leaf hash beside
// it in file.genesis, unless genesis gives the hash itself.
func readVerifier(file, genesis string) (proofs.Verifier, error) {
	policy, err := readLogPolicy(file)
	if err != nil {
		return proofs.Verifier{}, err
	}
	given := genesis != ""
	if !given {
		b, err := readFile(file + ".genesis")
		if errors.Is(err, fs.ErrNotExist) {
			return proofs.Verifier{}, fmt.Errorf("the leaf hash of the log's entry 0 is not pinned: put it into %s.genesis or give --genesis", file)
		}
		if err != nil {
			return proofs.Verifier{}, err
		}
		genesis = strings.TrimSuffix(string(b), "\n")
	}
	hash, err := statement.ParseDigest("sha256:" + genesis)
	if err != nil {
		if given {
			return proofs.Verifier{}, usage("--genesis is 64 lower-case hex digits, not %q", genesis)
		}
		return proofs.Verifier{}, fmt.Errorf("the genesis leaf hash in %s.genesis is 64 lower-case hex digits, not %q", file, genesis)
	}
	return proofs.Verifier{Policy: policy, Genesis: proofs.Hash(hash)}, nil
}

// author returns who signs as the given identity.
func (f folders) author(origin, id string) (*client.Author, error) {
	key, err := loadIdentityKey(f.keyFile(id), filepath.Join(f.keys(), "password"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("the key of %s: %w; docket identity enroll makes it for a new identity, else sign where the key is", id, err)
	}
	if err != nil {
		return nil, fmt.Errorf("the key of %s: %w", id, err)
	}
	return &client.Author{Log: origin, ID: id, Signer: key}, nil
}

// keepReceipt keeps a verified receipt as the newest of its statement, unless one
// that verifies too is there and newer, or as new and as well cosigned. What is damaged
// there is replaced.
func (f folders) keepReceipt(ctx context.Context, v proofs.Verifier, r *proofs.Receipt) (err error) {
	if err := os.MkdirAll(f.receipts(), 0o700); err != nil {
		return err
	}
	unlock, err := client.LockFile(ctx, filepath.Join(f.receipts(), ".lock"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	digest := statement.DigestOf(r.Envelope.Payload)
	if kept, ok := f.keptReceipt(digest); ok && verifiesAs(v, kept, digest) {
		old, err1 := checkpointOf(kept)
		new, err2 := checkpointOf(r)
		more := isCosigned(v, r) && !isCosigned(v, kept)
		if err1 == nil && err2 == nil && (old.Size > new.Size || old.Size == new.Size && !more) {
			return nil
		}
	}
	return client.WriteFile(f.receiptFile(digest), r.Marshal(), 0o600)
}

// isCosigned says whether the quorum of the verifier's policy signed a receipt's tree.
func isCosigned(v proofs.Verifier, r *proofs.Receipt) bool {
	_, quorum, err := v.Policy.Open(r.Checkpoint, math.MaxInt64)
	return err == nil && quorum.Satisfied
}

// verifiesAs says whether a receipt verifies, and is that of a statement.
func verifiesAs(v proofs.Verifier, r *proofs.Receipt, digest statement.Digest) bool {
	return r.Envelope != nil && statement.DigestOf(r.Envelope.Payload) == digest && v.Verify(r, proofs.Expect{}).Kind != proofs.Invalid
}

// refresh fetches and keeps a newer receipt of a statement: one that shows that
// its version is no longer the current one.
func (f folders) refresh(ctx context.Context, c *client.Client, digest statement.Digest) error {
	r, err := c.Receipt(ctx, digest)
	if err != nil {
		return err
	}
	return f.keepReceipt(ctx, c.Verifier, r)
}

// keptReceipt returns what keepReceipt kept. It is unverified: verify judges it.
func (f folders) keptReceipt(digest statement.Digest) (*proofs.Receipt, bool) {
	b, err := readFile(f.receiptFile(digest))
	if err != nil {
		return nil, false
	}
	r, err := proofs.ParseReceipt(b)
	return r, err == nil
}

// checkpointOf reads the checkpoint of a receipt without verifying it.
func checkpointOf(r *proofs.Receipt) (proofs.Checkpoint, error) {
	note, err := proofs.ParseNote(r.Checkpoint)
	if err != nil {
		return proofs.Checkpoint{}, err
	}
	return proofs.ParseCheckpoint(note.Body)
}

// readPolicy reads a file in the form of a verifier policy.
func readPolicy(file string) (*proofs.Policy, error) {
	text, err := readFile(file)
	if err != nil {
		return nil, err
	}
	policy, err := proofs.ParsePolicy(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return policy, nil
}

// readLogPolicy reads a verifier policy that names a log.
func readLogPolicy(file string) (*proofs.Policy, error) {
	policy, err := readPolicy(file)
	if err != nil {
		return nil, err
	}
	if len(policy.Logs) == 0 {
		return nil, fmt.Errorf("%s names no log: add a line log <verifier key>", file)
	}
	return policy, nil
}
