package proofs

import (
	"fmt"
	"strings"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// An Approval is a grant that the statement of a verdict spent: who let it happen.
type Approval struct {
	Grant   statement.Digest // the statement that granted
	By      string           // identity that signed it
	Class   string           // of that identity: human, workload, agent or bridge
	Role    string           // in which it decided
	Meaning string           // review, approval, responsibility or authorship
	Rule    string           // that it decided by
	Index   uint64           // of the grant's entry
	Time    int64            // of that entry by the log's clock, Unix milliseconds

	Level     string              // direct, or bridged: brought from another system
	Person    string              // bridged: who decided there
	ActingFor *statement.Digest   // the delegation that it used; nil: none
	Delegator string              // in whose stead, with ActingFor
	Override  *statement.Override // the rule of the workflow that it set aside; nil: none
}

// A Run is the workflow run that the statement of a verdict belongs to.
type Run struct {
	ID       string
	Request  statement.Digest // the statement that asked for it
	Workflow statement.Digest // SHA-256 of the workflow's text, as the request pinned it
	Status   string           // right after the entry: open, success, partial, failed, aborted, cancelled or denied
	Now      string           // as of the size that the verdict speaks for
	Claimed  string           // by the newest outcome that counts; empty: there is none
}

// String says it in one line.
func (a Approval) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "by %s (%s) in the role %s, meaning %s, by the rule %s: entry %d, %s by the log's clock, grant %s",
		a.By, a.Class, a.Role, a.Meaning, a.Rule, a.Index, statement.FormatTime(a.Time), a.Grant)
	if a.Level == "bridged" {
		fmt.Fprintf(&b, "; decided in another system by %s", a.Person)
	}
	if a.ActingFor != nil {
		fmt.Fprintf(&b, "; in the stead of %s, by the delegation %s", a.Delegator, a.ActingFor)
	}
	if o := a.Override; o != nil {
		fmt.Fprintf(&b, "; it sets the rule %s aside (%s), to be reviewed by %s", o.Rule, o.Reason, statement.FormatTime(o.ReviewBy))
	}
	return b.String()
}

// describe says it in one line, as of a size.
func (r Run) describe(size uint64) string {
	s := fmt.Sprintf("%s, %s after this entry, %s as of size %d", r.ID, r.Status, r.Now, size)
	if r.Claimed != "" {
		s += fmt.Sprintf(" (its outcome claims %s)", r.Claimed)
	}
	return s + fmt.Sprintf("; request %s, workflow %s", r.Request, r.Workflow)
}

// runStatus returns the name of a run's status; "" for none.
func runStatus(status uint8) string {
	names := [...]string{
		register.RunOpen: "open", register.RunSuccess: "success", register.RunPartial: "partial", register.RunFailed: "failed",
		register.RunAborted: "aborted", register.RunCancelled: "cancelled", register.RunDenied: "denied",
	}
	if int(status) >= len(names) {
		return ""
	}
	return names[status]
}

// className returns the name of an identity's class.
func className(class uint8) string {
	names := [...]string{
		register.ClassHuman: "human", register.ClassWorkload: "workload", register.ClassAgent: "agent", register.ClassBridge: "bridge",
	}
	if int(class) >= len(names) {
		return ""
	}
	return names[class]
}
