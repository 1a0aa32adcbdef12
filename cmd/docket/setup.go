package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/admission"
	"github.com/docketlog/docket/proofs/statement"
	"github.com/docketlog/docket/storage/anchor"
	"github.com/docketlog/docket/storage/pebblestore"
)

// A setup is what a new sealed log is made of: its name, who may do what, and
// where a release needs no run.
type setup struct {
	origin   string
	server   string // base URL that the client will use
	direct   []string
	dev      bool
	mldsa    bool   // sign with ML-DSA-44 beside Ed25519
	admin    string // identity ids
	register string
	pipeline string
	logID    string
	monitor  string // empty: none
}

// devOrigin is the origin of logs made by --dev.
const devOrigin = "docket.localhost"

func devSetup(server string) setup {
	return setup{
		origin: devOrigin, server: server, direct: []string{"*"}, dev: true,
		admin: "h/dev-admin", register: "svc/dev-registrar", pipeline: "wl/dev-pipeline", logID: "svc/log", monitor: "svc/dev-monitor",
	}
}

// create makes log, anchor and client folders in f, which must not have any, and
// says on w what it made. A set-up that was cut off before is begun anew, or
// finished if it was whole.
func (s setup) create(ctx context.Context, f folders, w io.Writer) error {
	if err := anchor.Apart(f.anchor(), f.store()); err != nil {
		return err
	}
	resumed, err := f.setUp(func(aside folders) error { return s.make(ctx, aside) })
	if err != nil {
		return err
	}
	if resumed {
		return s.resumed(f, w)
	}
	s.report(f, w)
	return nil
}

// resumed says what an earlier run made: its log, not necessarily this one's.
func (s setup) resumed(f folders, w io.Writer) error {
	config, err := f.serverConfig()
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "finished the set-up of log %s that was cut off before: %s, %s, %s\n", config.Origin, f.log(), f.anchor(), f.client())
	if config.Origin != s.origin || config.Mode != string(log.Sealed) || config.Dev != s.dev {
		return fmt.Errorf("%s now holds the %s log %s, which that set-up was of: nothing was made for %s", f.dir, config.Mode, config.Origin, s.origin)
	}
	return nil
}

// make makes everything, in folders where nothing is yet.
func (s setup) make(ctx context.Context, f folders) error {
	if err := errors.Join(os.MkdirAll(f.log(), 0o700), os.MkdirAll(f.keys(), 0o700)); err != nil {
		return err
	}
	files, err := newLogKeys(f.log(), s.origin, s.mldsa)
	if err != nil {
		return err
	}
	signer, err := loadLogSigner(f.log(), "", s.origin, files...)
	if err != nil {
		return err
	}
	policy := verifierPolicy(signer.Keys())
	keys, err := s.identityKeys(f)
	if err != nil {
		return err
	}
	genesis, err := s.genesis(keys, policy)
	if err != nil {
		return err
	}
	if err := s.createLog(ctx, f, signer, keys, genesis); err != nil {
		return err
	}
	if err := s.writeClient(f, policy, proofs.LeafHash(genesis.Leaf)); err != nil {
		return err
	}
	return writeConfig(filepath.Join(f.log(), "config.json"), serverConfig{Origin: s.origin, Mode: string(log.Sealed), Dev: s.dev, Monitor: s.monitor, Keys: files})
}

// verifierPolicy is the policy of the log's first client: a line for each key, any one
// of which suffices.
func verifierPolicy(keys []proofs.VerifierKey) []byte {
	text := "# verifier policy (C2SP tlog-policy): the log's key, and which cosigners are demanded\n"
	if len(keys) > 1 {
		text = "# verifier policy (C2SP tlog-policy): the log's keys, and which cosigners are demanded. The signature\n" +
			"# of one key suffices: leave the others away to demand that one\n"
	}
	for _, key := range keys {
		text += "log " + key.String() + "\n"
	}
	return []byte(text + "quorum none\n")
}

// identityKeys makes a key for each identity: those of clients in the client's
// folder, the server's own in the log's, under the password of the log key.
func (s setup) identityKeys(f folders) (map[string]client.Signer, error) {
	clients, server := filepath.Join(f.keys(), "password"), filepath.Join(f.log(), "key-password")
	if err := newPassword(clients); err != nil {
		return nil, err
	}
	type file struct{ id, path, password string }
	files := []file{
		{s.admin, f.keyFile(s.admin), clients},
		{s.register, f.keyFile(s.register), clients},
		{s.pipeline, f.keyFile(s.pipeline), clients},
		{s.logID, f.identityKey(), server},
	}
	if s.monitor != "" {
		files = append(files, file{s.monitor, f.monitorKey(), server})
	}
	keys := make(map[string]client.Signer)
	for _, file := range files {
		key, err := newIdentityKey(file.path, file.password)
		if err != nil {
			return nil, err
		}
		keys[file.id] = key
	}
	return keys, nil
}

// genesis makes entry 0: the policy, signed by the admin.
func (s setup) genesis(keys map[string]client.Signer, policy []byte) (*admission.Checked, error) {
	admin := client.Author{Log: s.origin, ID: s.admin, Signer: keys[s.admin]}
	direct := s.direct
	if direct == nil {
		direct = []string{}
	}
	e, err := admin.Genesis(statement.Policy{
		Admins:           statement.Admins{M: 1},
		WitnessPolicy:    sha256.Sum256(policy),
		SkewSeconds:      300,
		GrantMaxSeconds:  24 * 3600,
		AccessMaxSeconds: 4 * 3600,
		ContentMax:       64 << 10,
		Overridable:      []string{},
		OverrideRoles:    []string{},
		Direct:           direct,
	}, []client.Member{{ID: s.admin, Signer: keys[s.admin]}}, client.Member{ID: s.logID, Signer: keys[s.logID]})
	if err != nil {
		return nil, err
	}
	return admission.CheckEnvelope(s.origin, e)
}

// createLog makes store and anchor, the log in them, and enrolls registrar,
// pipeline and monitor.
func (s setup) createLog(ctx context.Context, f folders, signer *log.Signer, keys map[string]client.Signer, genesis *admission.Checked) (err error) {
	store, err := pebblestore.Create(f.store(), pebblestore.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	a, err := anchor.Create(f.anchor())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	config := log.Config{Origin: s.origin, Mode: log.Sealed, Store: store, Anchor: a, Signer: signer}
	if err := log.Create(ctx, config, genesis); err != nil {
		return err
	}
	l, err := log.Open(config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	return s.enroll(ctx, l, keys)
}

func (s setup) enroll(ctx context.Context, l *log.Log, keys map[string]client.Signer) error {
	admin := client.Author{Log: s.origin, ID: s.admin, Signer: keys[s.admin]}
	registrar := client.Author{Log: s.origin, ID: s.register, Signer: keys[s.register]}
	first, err1 := admin.Enroll(client.Enrollment{
		ID: s.register, Class: "workload", Owner: "team-registry", Roles: []string{"registrar"}, Custody: "file",
	}, keys[s.register])
	second, err2 := registrar.Enroll(client.Enrollment{
		ID: s.pipeline, Class: "workload", Owner: "team-release", Custody: "file",
		Verbs: []string{"document.release", "document.withdraw"}, Namespaces: s.namespaces(),
	}, keys[s.pipeline])
	envelopes := []statement.Envelope{first, second}
	if s.monitor != "" {
		third, err := registrar.Enroll(client.Enrollment{
			ID: s.monitor, Class: "workload", Owner: "team-monitor", Custody: "file", Verbs: []string{"finding.alert"},
		}, keys[s.monitor])
		envelopes, err2 = append(envelopes, third), errors.Join(err2, err)
	}
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	var statements []*admission.Checked
	for _, e := range envelopes {
		c, err := l.Check(e)
		if err != nil {
			return err
		}
		statements = append(statements, c)
	}
	results, view, err := l.Submit(ctx, statements)
	if err != nil {
		return err
	}
	view.Release()
	for _, r := range results {
		if r.Refusal != nil {
			return r.Refusal
		}
	}
	return nil
}

// namespaces are where the pipeline may release: where no run is needed.
func (s setup) namespaces() []string {
	if len(s.direct) == 0 {
		return []string{"*"}
	}
	return s.direct
}

// writeClient pins log key and genesis for the client.
func (s setup) writeClient(f folders, policy []byte, genesis proofs.Hash) error {
	if err := createFile(f.policy(), policy, 0o644); err != nil {
		return err
	}
	if err := createFile(f.policy()+".genesis", []byte(hex.EncodeToString(genesis[:])+"\n"), 0o644); err != nil {
		return err
	}
	if err := os.MkdirAll(f.receipts(), 0o755); err != nil {
		return err
	}
	return writeConfig(filepath.Join(f.client(), "config.json"), clientConfig{
		Origin: s.origin, Server: s.server, Identity: s.pipeline, Registrar: s.register, Monitor: s.monitor, Expect: s.direct, Dev: s.dev,
	})
}

// report says what was made.
func (s setup) report(f folders, w io.Writer) {
	fmt.Fprintf(w, "made a new log %s:\n", s.origin)
	line := func(what, where string) { fmt.Fprintf(w, "  %-46s %s\n", what, where) }
	keys := "its Ed25519 key"
	if s.mldsa {
		keys = "its Ed25519 and ML-DSA-44 keys"
	}
	line("the log: "+keys+", its store", f.log()+string(filepath.Separator))
	line("its anchor: the newest signed checkpoint", f.anchor()+string(filepath.Separator))
	line("the client: verifier policy, keys, receipts", f.client()+string(filepath.Separator))
	fmt.Fprintf(w, "identities, each with a P-256 key, those of clients in %s, the server's own in %s:\n", f.keys(), f.log())
	line(s.admin+" (owner "+s.admin+")", "admin: member of the genesis policy")
	line(s.register+" (owner team-registry)", "registrar: enrolls identities")
	line(s.pipeline+" (owner team-release)", "pipeline: releases and withdraws documents")
	line(s.logID, "the log's own identity: puts refusals on record")
	if s.monitor != "" {
		line(s.monitor+" (owner team-monitor)", "monitor: signs alerts")
	}
	switch {
	case s.dev:
		fmt.Fprintln(w, "policy: direct releases everywhere (direct *), no cosigners (quorum none): for development, not for evidence")
	case len(s.direct) == 0:
		fmt.Fprintln(w, "policy: no direct releases, no cosigners (quorum none)")
	default:
		fmt.Fprintf(w, "policy: direct releases below %v, no cosigners (quorum none)\n", s.direct)
	}
}
