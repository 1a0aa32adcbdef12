package restore

import (
	"context"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/log/backup"
	"github.com/docketlog/docket/log/witness"
	"github.com/docketlog/docket/proofs"
)

// Inputs name what a plan is made from. All paths are absolute.
type Inputs struct {
	Backup      string   `json:"backup"`      // folder
	Log         string   `json:"log"`         // DIR/log
	Anchor      string   `json:"anchor"`      // folder
	Policy      string   `json:"policy"`      // file, whose witnesses are asked; empty: nobody is
	Checkpoints []string `json:"checkpoints"` // files that people brought
}

// Tools are what Gather needs from outside.
type Tools struct {
	Open backup.Opener
	// Ask asks the witnesses of a policy.
	Ask func(ctx context.Context, policy *proofs.Policy, newest witness.Head) ([]witness.Answer, bool, error)
}

// States of what was found.
const (
	None    = "none"    // there is nothing
	Whole   = "whole"   // it is there, and nothing is wrong with it
	Damaged = "damaged" // it is there and cannot be relied on
	Same    = "same"    // it is there, and that of the backup
	Other   = "other"   // it is there, and another log's
	Rekeyed = "rekeyed" // it is there, of this log's name, and with other keys that sign
	Agrees  = "agrees"  // a witness holds this checkpoint, and no larger one
	Ahead   = "ahead"   // it holds a larger tree
	Forked  = "forked"  // it holds another tree
	Silent  = "silent"  // it gave no usable answer
)

// Facts are all that a decision follows from.
type Facts struct {
	Origin string       `json:"origin"`
	Mode   log.Mode     `json:"mode"`
	Keys   log.KeyTerms `json:"keys"`

	Backup    BackupFact    `json:"backup"`
	Ended     bool          `json:"ended"`  // the backup is of a log that was for reading only
	Store     StoreFact     `json:"store"`  // what is in DIR/log/store
	Config    string        `json:"config"` // config.json and log.vkey in DIR/log: none, same, rekeyed or other
	ReadOnly  bool          `json:"readOnly"`
	Anchor    AnchorFact    `json:"anchor"`
	Known     []Known       `json:"known"` // signed checkpoints that anybody holds, by size
	Policy    string        `json:"policy,omitempty"`
	Asked     string        `json:"asked,omitempty"` // about which checkpoint: of the backup or of the store
	Witnesses []WitnessFact `json:"witnesses,omitempty"`
	Confirmed bool          `json:"confirmed"` // each quorum has a witness that agrees
}

// BackupFact is a backup that was verified, every row of it.
type BackupFact struct {
	Manifest string `json:"manifest"` // SHA-256, hex
	Made     string `json:"made"`
	Size     uint64 `json:"size"`
	Root     []byte `json:"root"`
}

// StoreFact is what is left of the log's own store.
type StoreFact struct {
	State  string `json:"state"` // none, whole or damaged
	Size   uint64 `json:"size"`  // durable leaves, if it could be read
	Root   []byte `json:"root,omitempty"`
	Detail string `json:"detail,omitempty"` // what is wrong with it
}

// AnchorFact is the anchor's file.
type AnchorFact struct {
	State  string `json:"state"`            // none, whole, damaged, or other: another log's
	SHA256 string `json:"sha256,omitempty"` // of its text, hex
	Claims uint64 `json:"claims"`           // the largest size of its notes, verified or not
	Detail string `json:"detail,omitempty"`
}

// WitnessFact is what one witness answered.
type WitnessFact struct {
	URL    string `json:"url"`
	State  string `json:"state"` // agrees, ahead, forked or silent
	Size   uint64 `json:"size"`  // as it says; it signs nothing about it
	Detail string `json:"detail,omitempty"`
}

// Known is a checkpoint that the log signed and somebody holds.
type Known struct {
	Source string `json:"source"` // backup, store, anchor, or a file's path
	Size   uint64 `json:"size"`
	Root   []byte `json:"root"`
	Note   string `json:"note"`
	// How a tree stands to it: it continues it (Same), ends before it (Ahead), or has
	// another one in its place (Forked). Store is empty without a whole store.
	Backup string `json:"inBackup"`
	Store  string `json:"inStore,omitempty"`
}

// head is its tree head.
func (k *Known) head() proofs.TreeHead {
	return proofs.TreeHead{Size: k.Size, Root: proofs.Hash(k.Root)}
}

// newest is the largest size that anybody has signed proof of.
func (f *Facts) newest() *Known { return &f.Known[len(f.Known)-1] }

// claimed is the largest size that anybody knows of, signed or said by a witness.
func (f *Facts) claimed() uint64 {
	size := max(f.newest().Size, f.Anchor.Claims)
	for _, w := range f.Witnesses {
		if w.State == Ahead {
			size = max(size, w.Size)
		}
	}
	return size
}
