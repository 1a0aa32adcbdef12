package watch

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/proofs"
)

// Bounds of the state.
const (
	stateVersion   = 1
	maxState       = 64 << 20
	maxFired       = 16_384
	maxConvictions = 256
	maxEnds        = 64
)

// A state is what a watch knows, in one file. Times are unix milliseconds by the
// monitor's clock; 0: never.
type state struct {
	Version int    `json:"version"`
	Genesis []byte `json:"genesis"` // of the pinned log

	Trunk   string                  `json:"trunk,omitempty"` // newest note of the one history, with all cosignatures seen of it
	Grew    int64                   `json:"grew,omitempty"`
	Looked  int64                   `json:"looked,omitempty"`  // the newest round in which the log showed a signed note
	Without int64                   `json:"without,omitempty"` // the newest round before the trunk grew
	Sources map[string]*sourceState `json:"sources,omitempty"`
	Open    []openNote              `json:"open,omitempty"`
	Ends    []string                `json:"ends,omitempty"` // proven notes whose last leaf is to be looked at

	Seal     int64  `json:"seal"` // index of the newest seal that was looked at; -1: none
	SealTime int64  `json:"sealTime,omitempty"`
	Quorum   int64  `json:"quorum,omitempty"` // when a note with a quorum was seen last, or when it began
	Life     int64  `json:"life,omitempty"`   // the newest time that a seal, or a quorum, gives
	Behind   int64  `json:"behind,omitempty"` // since when the log shows less than others saw
	Replayed uint64 `json:"replayed,omitempty"`

	Registers   map[string]*registerState `json:"registers,omitempty"`
	Fired       []string                  `json:"fired,omitempty"` // dedup of what the sinks got
	Convictions []string                  `json:"convictions,omitempty"`
	Unkept      []string                  `json:"unkept,omitempty"` // of them: whose evidence found no place so far
}

// A sourceState is what one source showed.
type sourceState struct {
	Size  uint64 `json:"size"` // the largest
	Note  string `json:"note,omitempty"`
	At    int64  `json:"at,omitempty"`    // when it was seen first
	Since int64  `json:"since,omitempty"` // since when it gives no usable answer
}

// A registerState is the newest staple of a watched register.
type registerState struct {
	Size   uint64 `json:"size"` // events
	Staple string `json:"staple"`
}

func (s *state) source(name string) *sourceState {
	if s.Sources == nil {
		s.Sources = make(map[string]*sourceState)
	}
	if s.Sources[name] == nil {
		s.Sources[name] = &sourceState{}
	}
	return s.Sources[name]
}

func (w *Watch) statePath() string { return filepath.Join(w.Folder, "state.json") }

// load reads the state, if there is one, and opens its trunk.
func (w *Watch) load() error {
	genesis := w.Client.Verifier.Genesis
	w.state = state{Version: stateVersion, Genesis: genesis[:], Seal: -1, Quorum: w.Now().UnixMilli()}
	text, err := client.ReadFile(w.statePath(), maxState)
	if errors.Is(err, fs.ErrNotExist) {
		if len(w.notes.names) > 0 {
			return w.damaged(errors.New("it is gone, and notes are there"))
		}
		return nil
	}
	if err != nil {
		return w.damaged(err)
	}
	var s state
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&s); err != nil {
		return w.damaged(err)
	}
	switch {
	case s.Version != stateVersion:
		return w.damaged(fmt.Errorf("version %d, this monitor reads %d", s.Version, stateVersion))
	case !bytes.Equal(s.Genesis, genesis[:]):
		return fmt.Errorf("%s is of a log with another genesis than the pinned one: give another folder", w.statePath())
	}
	w.state = s
	if s.Trunk == "" {
		return nil
	}
	if w.trunk, err = w.Client.FileTree([]byte(s.Trunk)); err != nil {
		return w.damaged(err)
	}
	return nil
}

func (w *Watch) damaged(why error) error {
	return fmt.Errorf("%s cannot be used: %w: put the folder aside, to begin anew from the next checkpoint; its notes stay evidence", w.statePath(), why)
}

// save replaces the state file: a crash leaves the old one or the new one.
func (w *Watch) save() error {
	text, err := json.Marshal(&w.state)
	if err != nil {
		return err
	}
	return client.WriteFile(w.statePath(), append(text, '\n'), 0o600)
}

// checkpointOf opens a note that was verified before.
func (w *Watch) checkpointOf(note []byte) (proofs.Checkpoint, proofs.QuorumResult, error) {
	latest := w.Now().Add(w.Skew).Unix()
	return w.Client.Verifier.Policy.Open(note, latest)
}
