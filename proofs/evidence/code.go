package evidence

import "github.com/docketlog/docket/proofs"

// Codes say why, for programs. Of evidence that convicts:
const (
	CodeTwoRoots    = "two roots"    // one size, two trees
	CodeOtherPrefix = "other prefix" // the larger tree begins with another one
	CodeFork        = proofs.ClassFork
	CodePhantom     = proofs.ClassPhantom
	CodeRewrite     = proofs.ClassRewrite
	CodeTime        = proofs.ClassTime
	CodeAhead       = "ahead" // a seal after the time of the quorum over it
	CodeEntry       = "entry" // an entry that the rules forbid
	CodeSeal        = "seal"  // a leaf where another seal belongs
)

// Of evidence from which nothing follows:
const (
	CodeTwoLogs    = "two logs"
	CodeOneTree    = "one tree"
	CodeOneHistory = "one history"
	CodeNoProof    = "no proof" // two sizes, and nothing that leads from one to the other
	CodeAgree      = "agree"    // two receipts that may both be true
	CodeNoTime     = "no time"  // the leaf is no seal of its index
	CodeNoQuorum   = "no quorum"
	CodeInTime     = "in time"
	CodeNoRules    = "no rules" // no seal at hand says that the rules of the entry were in force
	CodeReplay     = "replay"   // only a replay of the log tells
)

// Of a file that is no evidence of anything:
const (
	CodeForm        = "form"
	CodeGenesis     = "genesis"
	CodeCheckpoint  = "checkpoint" // it is not the log's by the verifier's policy
	CodeConsistency = "consistency"
	CodeInclusion   = "inclusion" // an entry is not under the checkpoint, or is missing
	CodeRules       = "rules"     // they are not known
)

// Invalid says that evidence is none, and by which of the codes.
type Invalid struct {
	Code string
	Err  error
}

func (e *Invalid) Error() string { return e.Err.Error() }

// Unwrap returns what is wrong.
func (e *Invalid) Unwrap() error { return e.Err }

func invalid(code string, err error) (Judgement, error) { return Judgement{}, &Invalid{code, err} }
