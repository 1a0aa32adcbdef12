package monitor

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/docketlog/docket/proofs/statement"
)

// A pending alert was raised, and is not seen in the log yet.
type pending struct {
	Alert Alert `json:"alert"`
	Sent  bool  `json:"sent"` // to the sinks
	filed bool  // in this run; a later one looks whether the log has it
}

// kept is the file of a follower.
type kept struct {
	Detector *Detector  `json:"detector"`
	Pending  []*pending `json:"pending"`
}

// load reads the state file, if there is one. One that makes no sense is not used:
// the log tells the same again.
func (f *Follower) load() error {
	if f.State == "" {
		return nil
	}
	text, err := os.ReadFile(f.State)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	k := kept{Detector: f.Detector}
	if err := json.Unmarshal(text, &k); err != nil {
		f.anew(err)
		return nil
	}
	f.pending = k.Pending
	return nil
}

// anew forgets everything and reads the log from its first entry.
func (f *Follower) anew(why error) {
	f.Logger.Error("monitor: its state is not used, the log is read again", "file", f.State, "error", why)
	f.Detector, f.pending = New(f.Detector.self), nil
}

// save replaces the state file: a crash leaves the old one or the new one.
func (f *Follower) save() error {
	if f.State == "" {
		return nil
	}
	text, err := json.Marshal(kept{f.Detector, f.pending})
	if err != nil {
		return err
	}
	folder := filepath.Dir(f.State)
	file, err := os.OpenFile(f.State+".tmp", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(text)
	if err = errors.Join(err, file.Sync(), file.Close()); err == nil {
		err = os.Rename(file.Name(), f.State)
	}
	if err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	d, err := os.Open(folder)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// alertJSON is an alert as a state file has it.
type alertJSON struct {
	Rule      string   `json:"rule"`
	Condition string   `json:"condition"`
	Version   uint32   `json:"version"`
	Severity  string   `json:"severity"`
	Evidence  []string `json:"evidence"`
	First     uint64   `json:"first"`
	Occurred  int64    `json:"occurred"`
	Detected  int64    `json:"detected"`
	Dedup     string   `json:"dedup"`
	Run       string   `json:"run,omitempty"`
	Identity  string   `json:"identity,omitempty"`
}

// MarshalJSON writes digests as text.
func (a Alert) MarshalJSON() ([]byte, error) {
	return json.Marshal(alertJSON{
		a.Rule, a.Condition, a.Version, a.Severity, texts(a.Evidence), a.First, a.Occurred, a.Detected, a.Dedup, a.Run, a.Identity,
	})
}

func texts(digests []statement.Digest) []string {
	list := make([]string, len(digests))
	for i, d := range digests {
		list[i] = d.String()
	}
	return list
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (a *Alert) UnmarshalJSON(b []byte) error {
	var in alertJSON
	if err := json.Unmarshal(b, &in); err != nil {
		return err
	}
	*a = Alert{
		Rule: in.Rule, Condition: in.Condition, Version: in.Version, Severity: in.Severity, First: in.First,
		Occurred: in.Occurred, Detected: in.Detected, Dedup: in.Dedup, Run: in.Run, Identity: in.Identity,
	}
	for _, text := range in.Evidence {
		digest, err := statement.ParseDigest(text)
		if err != nil {
			return err
		}
		a.Evidence = append(a.Evidence, digest)
	}
	if len(a.Evidence) == 0 {
		return errors.New("an alert without evidence")
	}
	return nil
}
