package main

import (
	"fmt"

	"github.com/docketlog/docket/proofs"
)

// What became of a release.
const (
	releaseNew       = "released"
	releaseResumed   = "resumed"   // an earlier run signed it and got no answer
	releaseDuplicate = "duplicate" // it was in the log already
	releaseCurrent   = "current"   // the file is the current version: nothing was signed
)

// released is what docket release tells. Index, Verdict and Sentence are those of
// the receipt, when one was verified in this run.
type released struct {
	Outcome   string      `json:"outcome"`
	File      string      `json:"file"`
	Document  string      `json:"document"`
	Version   uint32      `json:"version"`
	Statement string      `json:"statement"` // digest
	Index     *uint64     `json:"index,omitempty"`
	Receipt   string      `json:"receipt,omitempty"` // file that was written
	Verdict   proofs.Kind `json:"verdict,omitempty"`
	Sentence  string      `json:"sentence,omitempty"`
	Warning   string      `json:"warning,omitempty"`
	cosigning             // of the checkpoint of the log's answer
}

func (d *released) String() string {
	text := ""
	switch d.Outcome {
	case releaseCurrent:
		text = fmt.Sprintf("%s is current already: version %d of %s", d.File, d.Version, d.Document)
		if d.Receipt != "" {
			text += "; its receipt is now in " + d.Receipt
		}
	case releaseResumed:
		text = "resumed: " + d.admitted()
	case releaseDuplicate:
		text = "in the log already: " + d.admitted()
	default:
		text = d.admitted()
	}
	if d.exit() != nil {
		text += "\nnote: the log has it, but " + fewer + ": verify says so too, until a newer receipt has them"
	}
	if d.Warning != "" {
		text += "\nwarning: " + d.Warning
	}
	return text
}

func (d *released) admitted() string {
	return fmt.Sprintf("released %s as version %d of %s, entry %d; receipt in %s\n%s: %s",
		d.File, d.Version, d.Document, *d.Index, d.Receipt, d.Verdict, d.Sentence)
}
