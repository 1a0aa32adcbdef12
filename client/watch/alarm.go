package watch

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/client/monitor"
	"github.com/docketlog/docket/proofs/evidence"
	"github.com/docketlog/docket/proofs/statement"
)

// An alarm is a condition that holds.
type alarm struct {
	rule, condition string
	key             string // tells it apart from others of the condition
	detail          string
	severity        string // empty: that of the rule
	identity        string
	index           uint64 // that it is about; 0: none
	occurred        int64  // by the log's clock; 0: now
	evidence        *evidence.Evidence
	convicts        bool // nobody mutes it
}

// maxFiles bounds the folder of evidence: a log with a second history has no end of it.
const maxFiles = 1024

var severityOf = map[string]string{"AL-15": monitor.Crit, "AL-16": monitor.High, "WATCH": monitor.Info}

// raise tells of a condition, once for each key, and keeps its evidence. What is muted
// is told when the mute has ended, if it still holds.
func (w *Watch) raise(a alarm) {
	if a.rule != "WATCH" {
		w.round.Uneasy = true
	}
	dedup := strings.Join([]string{a.rule, a.condition, a.key}, "/")
	if slices.Contains(w.state.Fired, dedup) {
		return
	}
	alert := monitor.Alert{
		Rule: a.rule, Condition: a.condition, Version: monitor.RuleVersion, Severity: cmp.Or(a.severity, severityOf[a.rule]), First: a.index,
		Occurred: cmp.Or(a.occurred, w.round.Time), Detected: w.round.Time, Dedup: dedup, Identity: a.identity, Detail: a.detail,
	}
	if a.evidence != nil {
		digest, path, err := w.keepEvidence(a.evidence)
		if err != nil {
			w.failed("evidence", err) // the alert says all the more
			if a.convicts {
				w.state.Unkept = append(w.state.Unkept, hex.EncodeToString(digest[:]))
			}
		} else {
			alert.Evidence = []statement.Digest{digest}
			alert.Detail += "; evidence " + path
		}
	}
	w.round.Alerts = append(w.round.Alerts, alert)
	if w.muted(a) {
		w.round.Muted++
		return
	}
	w.state.Fired = append(w.state.Fired, dedup)
	if over := len(w.state.Fired) - maxFired; over > 0 {
		w.state.Fired = slices.Delete(w.state.Fired, 0, over)
	}
	for _, sink := range w.Sinks {
		sink.Send(alert)
	}
}

// convict takes evidence that must convict the log: it is judged here as anybody would.
// What it does not prove alone, such as a wrong register root, this watch knows by a
// replay of its own: condition "leaf". All else that does not convict is no evidence.
func (w *Watch) convict(condition string, e *evidence.Evidence) error {
	judged, err := e.Judge(w.Client.Verifier, w.Skew)
	if err != nil {
		return fmt.Errorf("watch: evidence of its own making: %w", err)
	}
	if !judged.Convicts && condition != "leaf" {
		w.failed(condition, errors.New("no evidence: "+judged.Says))
		return nil
	}
	text := e.Marshal()
	sum := sha256.Sum256(text)
	id := hex.EncodeToString(sum[:])
	switch {
	case slices.Contains(w.state.Unkept, id):
		w.keepLate(id, e)
	case !slices.Contains(w.state.Convictions, id) && len(w.state.Convictions) < maxConvictions:
		w.state.Convictions = append(w.state.Convictions, id)
		w.raise(alarm{rule: "AL-15", condition: condition, key: id[:16], detail: judged.Says, evidence: e, convicts: true})
	}
	return nil
}

// keepLate keeps the evidence of a conviction that was told when there was no place.
func (w *Watch) keepLate(id string, e *evidence.Evidence) {
	if _, _, err := w.keepEvidence(e); err != nil {
		w.failed("evidence", err)
		return
	}
	w.state.Unkept = slices.DeleteFunc(w.state.Unkept, func(unkept string) bool { return unkept == id })
}

// keepEvidence writes evidence into a file of its own; the same twice is one file.
func (w *Watch) keepEvidence(e *evidence.Evidence) (statement.Digest, string, error) {
	dir := filepath.Join(w.Folder, "evidence")
	text := e.Marshal()
	digest := statement.Digest(sha256.Sum256(text))
	path := filepath.Join(dir, e.Kind+"-"+hex.EncodeToString(digest[:8])+".json")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return digest, "", err
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return digest, path, err
	}
	files, err := os.ReadDir(dir)
	if err == nil && len(files) >= maxFiles {
		err = fmt.Errorf("%s has %d files: move them to where they are kept", dir, len(files))
	}
	if err == nil {
		err = client.WriteFile(path, text, 0o600)
	}
	if err != nil {
		return digest, "", err
	}
	w.round.Files = append(w.round.Files, path)
	return digest, path, nil
}
