package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/proofs/statement"
)

// Two identities are the server's own: the log's, which puts refusals on record,
// and the monitor's, which signs alerts. Their keys lie in DIR/log, beside the log
// key and under its password, and nowhere else: no client needs them.

func (f folders) identityKey() string { return filepath.Join(f.log(), "identity.key") }
func (f folders) monitorKey() string  { return filepath.Join(f.log(), "monitor.key") }

// serverIdentities are the flags of serve that name the server's identities.
type serverIdentities struct {
	key        string // file; default DIR/log/identity.key
	monitorID  string // default: the one in DIR/log/config.json
	monitorKey string // file; default DIR/log/monitor.key
}

func (o *serverIdentities) flags(c *cobra.Command) {
	flags := c.Flags()
	flags.StringVar(&o.key, "identity-key", "", "file with the key of the log's own identity, which puts refusals on record (default DIR/log/identity.key)")
	flags.StringVar(&o.monitorID, "monitor-id", "", "id of the identity that signs alerts, with --monitor-key (default the one that init enrolled)")
	flags.StringVar(&o.monitorKey, "monitor-key", "", "file with its key (default DIR/log/monitor.key)")
}

func (o *serverIdentities) check() error {
	switch {
	case (o.monitorID == "") != (o.monitorKey == ""):
		return usage("--monitor-id and --monitor-key belong together")
	case o.monitorID != "" && !statement.ValidID(o.monitorID):
		return usage("--monitor-id %q is not an identity id", o.monitorID)
	}
	return nil
}

// logIdentity returns the key of the log's own identity; nil if there is none: a
// log that was made before refusals went on record is served without.
func (o *serveOptions) logIdentity(f folders) (client.Signer, error) {
	if o.identities.key != "" {
		return o.serverKey(o.identities.key)
	}
	if there, err := exists(f.identityKey()); err != nil || !there {
		return nil, err
	}
	return o.serverKey(f.identityKey())
}

// monitor returns who signs alerts; nil if this log has no monitor identity.
func (o *serveOptions) monitor(f folders, config serverConfig) (*client.Author, error) {
	id, path := config.Monitor, f.monitorKey()
	if o.identities.monitorID != "" {
		id, path = o.identities.monitorID, o.identities.monitorKey
	}
	if id == "" {
		return nil, nil
	}
	key, err := o.serverKey(path)
	if err != nil {
		return nil, fmt.Errorf("the key of the monitor %s: %w", id, err)
	}
	return &client.Author{Log: config.Origin, ID: id, Signer: key}, nil
}

// serverKey loads a key of the server. Its password is in FILE.password, else in
// --password-file, else beside the key.
func (o *serveOptions) serverKey(path string) (client.Signer, error) {
	password := path + ".password"
	if _, err := os.Stat(password); err != nil {
		password = passwordOf(path, o.passwordFile)
	}
	return loadIdentityKey(path, password)
}
