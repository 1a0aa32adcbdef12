package audit

import (
	"github.com/docketlog/docket/proofs/admission"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// A State keeps what a replay needs of the entries before its last Commit. Reads
// answer as of that Commit and are safe for concurrent use; one run commits.
type State interface {
	admission.State
	register.LeafReader

	// Progress returns what the last Commit was handed as such; nil: there was none.
	Progress() ([]byte, error)

	// Commit takes all of a change, durably, or nothing of it. After an error the
	// outcome is unknown: nothing more is committed before the state was opened again.
	Commit(c *Change) error
}

// A Change is what the entries of some seals did to a State.
type Change struct {
	Records   map[register.Key]*register.Record
	Leaves    []register.Leaf             // of the register tree: one for each of Records, by rising key
	Contents  map[statement.Digest][]byte // one may have no bytes, see admission.State
	Forgotten []statement.Digest          // contents that nothing names any more; they need not be there
	Admitted  map[statement.Digest]uint64
	Progress  []byte
}
