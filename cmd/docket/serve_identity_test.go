package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A set-up keeps the keys of the server's own identities with the server, readable
// by its owner alone, and none of them with the client.
func TestServerIdentities(t *testing.T) {
	f := folders{dir: t.TempDir()}
	if err := devSetup("http://127.0.0.1:1").create(t.Context(), f, io.Discard); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{f.identityKey(), f.monitorKey(), filepath.Join(f.log(), "key-password")} {
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", path, info, err)
		}
	}
	for _, id := range []string{"svc/log", "svc/dev-monitor"} {
		if there, err := exists(f.keyFile(id)); there || err != nil {
			t.Errorf("the client has the key of %s (%v)", id, err)
		}
	}
	config, err := f.serverConfig()
	if err != nil {
		t.Fatal(err)
	}
	var o serveOptions
	key, err := o.logIdentity(f)
	if err != nil || key == nil {
		t.Fatalf("the log's identity: %v, %v", key, err)
	}
	author, err := o.monitor(f, config)
	if err != nil || author.ID != "svc/dev-monitor" || author.Log != devOrigin {
		t.Fatalf("the monitor: %+v, %v", author, err)
	}
	if string(author.Signer.SPKI()) == string(key.SPKI()) {
		t.Error("log and monitor share a key")
	}
}

// A password that was moved away opens all three keys; one beside a key is its own.
func TestServerIdentityPasswords(t *testing.T) {
	f := folders{dir: t.TempDir()}
	if err := devSetup("http://127.0.0.1:1").create(t.Context(), f, io.Discard); err != nil {
		t.Fatal(err)
	}
	moved := filepath.Join(t.TempDir(), "password")
	if err := os.Rename(filepath.Join(f.log(), "key-password"), moved); err != nil {
		t.Fatal(err)
	}
	var o serveOptions
	if key, err := o.logIdentity(f); err == nil {
		t.Errorf("opened %v without its password", key)
	}
	o.passwordFile = moved
	if _, err := o.logIdentity(f); err != nil {
		t.Error(err)
	}
	other := filepath.Join(t.TempDir(), "other.key")
	if err := newPassword(other + ".password"); err != nil {
		t.Fatal(err)
	}
	if _, err := newIdentityKey(other, other+".password"); err != nil {
		t.Fatal(err)
	}
	o.identities = serverIdentities{key: other, monitorID: "svc/else", monitorKey: other}
	if _, err := o.logIdentity(f); err != nil {
		t.Error(err)
	}
	if author, err := o.monitor(f, serverConfig{Origin: devOrigin, Monitor: "svc/dev-monitor"}); err != nil || author.ID != "svc/else" {
		t.Errorf("%+v, %v", author, err)
	}
}

// A log that was made before it had these identities is served without them; a key
// that should be there and is not is an error.
func TestServerWithoutIdentities(t *testing.T) {
	f := folders{dir: t.TempDir()}
	var o serveOptions
	if key, err := o.logIdentity(f); key != nil || err != nil {
		t.Errorf("%v, %v", key, err)
	}
	if author, err := o.monitor(f, serverConfig{Origin: devOrigin}); author != nil || err != nil {
		t.Errorf("%v, %v", author, err)
	}
	if _, err := o.monitor(f, serverConfig{Origin: devOrigin, Monitor: "svc/m"}); err == nil || !strings.Contains(err.Error(), "the key of the monitor svc/m") {
		t.Error(err)
	}
	o.identities.key = f.identityKey()
	if _, err := o.logIdentity(f); err == nil {
		t.Error("a key that was named is not there, and nobody says so")
	}
	for _, bad := range []serverIdentities{{monitorID: "svc/m"}, {monitorKey: "m.key"}, {monitorID: "svc//m", monitorKey: "m.key"}} {
		if err := bad.check(); err == nil || exitCode(err) != exitUsage {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}
