package server_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/log/backup"
	"github.com/docketlog/docket/log/server"
)

const backupPath = "/api/v1/backups"

func (s *site) backing(f server.BackupFunc) *site { return s.with(server.Options{Backup: f}) }

func failing(err error) server.BackupFunc {
	return func(context.Context) (backup.Made, error) { return backup.Made{}, err }
}

// judgeBackup provokes what a request for a backup is answered.
func (d *description) judgeBackup(s *site) {
	d.t.Helper()
	made := s.backing(func(context.Context) (backup.Made, error) {
		return backup.Made{Folder: "20261122T100000Z-5", Size: 5, Bytes: 1 << 20, Seconds: 0.5}, nil
	})
	d.judge("backup", made.do("POST", backupPath, nil))
	d.judge("backup", made.do("POST", backupPath, nil)) // at once again
	d.judge("backup", s.do("POST", backupPath, nil))
	for _, err := range []error{log.ErrNoSpace, log.ErrStopped, log.ErrClosed, context.Canceled, errors.New("the disk is full")} {
		d.judge("backup", s.backing(failing(err)).do("POST", backupPath, nil))
	}
	begun, end := make(chan struct{}), make(chan struct{})
	slow := s.backing(func(context.Context) (backup.Made, error) { close(begun); <-end; return backup.Made{}, nil })
	first := make(chan answer)
	go func() { first <- slow.do("POST", backupPath, nil) }()
	<-begun
	d.judge("backup", slow.do("POST", backupPath, nil))
	close(end)
	if a := <-first; a.status != http.StatusOK {
		d.t.Errorf("the first of two: %d %s", a.status, a.body)
	}
}

// What went wrong with a backup may name paths: the client does not see it.
func TestBackupTellsNoPath(t *testing.T) {
	s := newSite(t)
	a := s.backing(failing(errors.New("open /mnt/backups: no such file"))).do("POST", backupPath, nil)
	if p := a.problem(t); p.Code != "internal" || strings.Contains(string(a.body), "/mnt") {
		t.Errorf("%s", a.body)
	}
	if a := s.do("GET", backupPath, nil); a.status != http.StatusMethodNotAllowed {
		t.Errorf("GET: %d", a.status)
	}
}

// A token for something else, or for everything else, makes no backup.
func TestBackupNeedsItsOwnRight(t *testing.T) {
	asked := 0
	s := newSite(t).with(server.Options{
		Tokens: parseTokens(t, "all "+tokenOne+" read submit metrics\ncron "+tokenTwo+" backup\n"),
		Backup: func(context.Context) (backup.Made, error) { asked++; return backup.Made{Folder: "x", Size: 5}, nil },
	})
	s.do("POST", backupPath, nil, "Authorization: Bearer "+tokenOne).refused(t, http.StatusForbidden, "scope", "")
	s.do("POST", backupPath, nil).refused(t, http.StatusUnauthorized, "token", "")
	if asked != 0 {
		t.Errorf("%d backups without the right", asked)
	}
	if a := s.do("POST", backupPath, nil, "Authorization: Bearer "+tokenTwo); a.status != http.StatusOK || asked != 1 {
		t.Errorf("%d %s", a.status, a.body)
	}
	s.do("GET", "/api/v1/search?identity=wl/pipeline", nil, "Authorization: Bearer "+tokenTwo).refused(t, http.StatusForbidden, "scope", "")
}

// readOnly is the site's log as it is left, for reading alone.
func (s *site) readOnly() *site {
	s.t.Helper()
	v := s.l.View()
	note := v.Checkpoint()
	v.Release()
	if err := s.l.Close(); err != nil {
		s.t.Fatal(err)
	}
	c := s.w.Config(s.store, nil)
	c.Signer = log.VerifyOnly(s.w.Signer.Key())
	l, err := log.OpenReadOnly(c, note)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { l.Close() })
	other := *s
	other.l, other.s = l, server.New(l)
	return &other
}

// judgeReadOnly provokes what a server of a log that ended answers.
func (d *description) judgeReadOnly() {
	d.t.Helper()
	s := newSite(d.t)
	kept := s.release("contracts/1")
	s.post(kept)
	want := s.do("GET", "/checkpoint", nil)
	s = s.readOnly()
	d.judge("health", s.do("GET", "/healthz", nil))
	a := s.do("POST", "/api/v1/statements", s.release("contracts/2").Marshal(), jsonBody)
	d.judge("submit", a)
	a.refused(d.t, http.StatusForbidden, "read-only", "")
	if got := s.do("GET", "/checkpoint", nil); string(got.body) != string(want.body) {
		d.t.Errorf("the checkpoint was %s and is %s", want.body, got.body)
	}
	for _, c := range []sample{
		{"receiptAt", "GET", "/api/v1/receipts/index/5", nil, nil}, {"checkpoints", "GET", "/api/v1/checkpoints", nil, nil},
		{"checkpointAt", "GET", "/api/v1/checkpoints/7", nil, nil}, {"document", "GET", "/api/v1/documents/contracts/1", nil, nil},
		{"consistency", "GET", "/api/v1/consistency/5/7", nil, nil},
	} {
		if a := s.sample(c); a.status != http.StatusOK {
			d.t.Errorf("%s: %d %s", c.target, a.status, a.body)
		} else {
			d.judge(c.id, a)
		}
	}
}
