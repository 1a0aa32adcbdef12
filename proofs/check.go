package proofs

// A CheckName names one check of a receipt. The names are stable: programs may
// compare them. What each check demands stands in docs/spec/receipt.md.
type CheckName string

// The checks, in the order in which Verify makes them.
const (
	CheckCheckpoint     CheckName = "checkpoint"          // strict form, a signature by a log key of the policy, every known cosignature valid
	CheckSealForm       CheckName = "seal form"           // the seal is in its one form
	CheckSealPosition   CheckName = "seal position"       // it names its own place, N-1, and the seal before it
	CheckSealInclusion  CheckName = "seal inclusion"      // it stands at N-1
	CheckGenesis        CheckName = "genesis"             // the pinned leaf hash stands at 0
	CheckStatement      CheckName = "statement"           // strict form
	CheckSignature      CheckName = "signature"           // of the statement, under the key in the envelope
	CheckLog            CheckName = "log"                 // the statement was made for this log
	CheckEntry          CheckName = "entry inclusion"     // the derived leaf stands at the index, before the seal
	CheckRules          CheckName = "rules"               // the seal's rules are known here
	CheckDirect         CheckName = "direct release"      // runs and grants are shown exactly if a release names them
	CheckRegisters      CheckName = "registers"           // exactly the registers that the statement names
	CheckDocument       CheckName = "document register"   // the value stands under the seal's root
	CheckDocumentEvents CheckName = "document events"     // they are in the history, at possible places and times
	CheckRelease        CheckName = "release"             // one of them is the one that the statement makes
	CheckDocumentNext   CheckName = "document neighbours" // they are adjacent, and it is the newest or followed by its successor
	CheckVersion        CheckName = "version"             // version and prev continue the events before
	CheckDocumentState  CheckName = "document state"      // the value's state is what its events make
	CheckIdentity       CheckName = "identity register"   // as for the document
	CheckIdentityEvents CheckName = "identity events"
	CheckIdentityNext   CheckName = "identity neighbours"
	CheckSigner         CheckName = "signer"           // at the entry the identity was active, with the key in the leaf
	CheckKeyExpiry      CheckName = "key expiry"       // and the key had not expired
	CheckIdentityState  CheckName = "identity state"   // the newest state, opened
	CheckRun            CheckName = "run register"     // as for the document
	CheckRunEvents      CheckName = "run events"       // two: by the request, and by the entry
	CheckRequest        CheckName = "request"          // the first opened the run
	CheckInRun          CheckName = "run"              // the second is the one that the statement makes
	CheckRunState       CheckName = "run state"        // the newest state, opened, is of that request
	CheckGrant          CheckName = "grant"            // the statement that granted is the one that the entry spends
	CheckGrantTerms     CheckName = "grant terms"      // it binds kind, document, version, bytes, signer, request and time of the entry
	CheckGrantRegister  CheckName = "grant register"   // as for the document
	CheckGrantEvents    CheckName = "grant events"     // two: the grant, and its spending
	CheckGranted        CheckName = "granted"          // the first is the one that the statement that granted makes
	CheckSpent          CheckName = "spent"            // the second is its spending by the entry
	CheckApart          CheckName = "apart"            // it was given by one of another owner than that of the signer
	CheckRegister       CheckName = "register"         // a register of a staple that is judged alone
	CheckHistory        CheckName = "history"          // the events are all of the register, and lead to its state
	CheckFile           CheckName = "file"             // the file in hand is the statement's subject
	CheckCompromise     CheckName = "compromise"       // the signer's key was not reported compromised from before the entry
	CheckCosigners      CheckName = "cosigners"        // the quorum of the verifier policy
	CheckExpected       CheckName = "expected"         // the document is the one asked for, or in an expected namespace
	CheckAge            CheckName = "age"              // not older than the maximum age
	CheckSameLog        CheckName = "no contradiction" // receipt and staple do not exclude each other
)

// A CheckError is a check of a receipt that did not pass.
type CheckError struct {
	Name CheckName
	Err  error
}

func (e *CheckError) Error() string { return string(e.Name) + ": " + e.Err.Error() }

func (e *CheckError) Unwrap() error { return e.Err }

// A checkList grows in the order of the checks, up to the first failure.
type checkList struct {
	prefix string // of the names: "staple " for the second series
	checks []Check
	failed *CheckError
}

// run makes a check unless one failed before. The detail of a check that passed
// says what it found.
func (l *checkList) run(name CheckName, check func() (detail string, err error)) bool {
	if l.failed != nil {
		return false
	}
	detail, err := check()
	if err != nil {
		l.failed = &CheckError{Name: CheckName(l.prefix) + name, Err: err}
	}
	return l.note(name, detail, err)
}

// note adds a check that qualifies a verdict: later ones are made all the same.
func (l *checkList) note(name CheckName, detail string, err error) bool {
	if err != nil {
		detail = err.Error()
	}
	l.checks = append(l.checks, Check{Name: CheckName(l.prefix) + name, OK: err == nil, Detail: detail})
	return err == nil
}
