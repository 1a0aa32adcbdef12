package statement

import "strings"

// A MentionOf says in which sense a statement mentions something. The numbers are those of search rows: they stay.
type MentionOf uint8

// What statements can be found by, beside what registers tell of them.
const (
	MentionKind     MentionOf = 1  // what it is: one byte, its code
	MentionRun      MentionOf = 2  // the run that it names, whether that exists or not
	MentionParent   MentionOf = 3  // the run that its run is a part of
	MentionAbout    MentionOf = 4  // a statement that it is about, or its evidence
	MentionGrant    MentionOf = 5  // a grant that it spends or acts for
	MentionTrace    MentionOf = 6  // the trace id of its traceparent, 32 hex digits
	MentionExternal MentionOf = 7  // a thing in another system: system ‖ "/" ‖ id
	MentionInput    MentionOf = 8  // bytes that its run or step starts from
	MentionOutput   MentionOf = 9  // bytes that its step or run brought about
	MentionWorkflow MentionOf = 10 // the text of a workflow
)

// A Mention is something that a statement mentions. Digests are the 32 bytes.
type Mention struct {
	Of    MentionOf
	Value string
}

// MentionDigest is the mention of a digest.
func MentionDigest(of MentionOf, d Digest) Mention { return Mention{of, string(d[:])} }

// Mentions gives what the statement can be found by, each once, in an order that follows from the statement. All of it
// is what its issuer said: a run or a grant that it names need not exist.
func (s *Statement) Mentions() []Mention {
	m := mentions{{MentionKind, string([]byte{byte(s.Code)})}}
	m.text(MentionRun, s.Run)
	if s.Traceparent != "" {
		m.text(MentionTrace, s.Traceparent[3:35])
	}
	for _, e := range s.External {
		m.text(MentionExternal, e.System+"/"+e.ID)
	}
	for _, grant := range s.Spends {
		m.digest(MentionGrant, grant)
	}
	m.ofWork(s)
	m.ofDecision(s.Body)
	m.ofFinding(s.Body)
	return m
}

// mentions gathers mentions. They are few.
type mentions []Mention

func (m *mentions) text(of MentionOf, value string) {
	if value == "" {
		return
	}
	for _, have := range *m {
		if have == (Mention{of, value}) {
			return
		}
	}
	*m = append(*m, Mention{of, value})
}

func (m *mentions) digest(of MentionOf, d Digest) { m.text(of, string(d[:])) }

func (m *mentions) files(of MentionOf, files []File) {
	for _, f := range files {
		m.digest(of, f.Digest)
	}
}

// ofWork: requests, steps and outcomes. An outcome's subject is its final output, else the request.
func (m *mentions) ofWork(s *Statement) {
	switch b := s.Body.(type) {
	case *DefineWorkflow, *RetireWorkflow:
		m.digest(MentionWorkflow, s.Subject)
	case *OpenRequest:
		m.digest(MentionWorkflow, b.Workflow)
		m.text(MentionParent, b.Parent)
		m.files(MentionInput, b.Inputs)
	case *IntendStep:
		m.files(MentionInput, b.In)
	case *FinishStep:
		m.files(MentionInput, b.In)
		m.files(MentionOutput, b.Out)
	case *CloseOutcome:
		m.digest(MentionOutput, s.Subject)
	}
}

func (m *mentions) ofDecision(body Body) {
	switch b := body.(type) {
	case *CancelRequest:
		m.digest(MentionAbout, b.About)
	case *GrantDecision:
		if b.About != nil {
			m.digest(MentionAbout, *b.About)
		}
		if b.ActingFor != nil {
			m.digest(MentionGrant, *b.ActingFor)
		}
	case *DenyDecision:
		m.digest(MentionAbout, b.About)
	case *RevokeDecision:
		m.digest(MentionAbout, b.About)
	}
}

func (m *mentions) ofFinding(body Body) {
	switch b := body.(type) {
	case *AttestObservation:
		if b.About != nil {
			m.digest(MentionAbout, *b.About)
		}
	case *RefuseFinding:
		m.digest(MentionAbout, b.Submission)
	case *AlertFinding:
		for _, d := range b.Evidence {
			m.digest(MentionAbout, d)
		}
	case *AckFinding:
		m.digest(MentionAbout, b.About)
	case *CloseFinding:
		m.digest(MentionAbout, b.About)
	}
}

// TraceID gives the trace id of a traceparent, or of a trace id alone: 32 lower-case hex digits, not all zero.
func TraceID(text string) (id string, ok bool) {
	if validTraceparent(text) {
		return text[3:35], true
	}
	return text, len(text) == 32 && validTraceID(text)
}

// ValidExternal says whether text names a thing in another system as mentions do: its system, "/" and its id there.
func ValidExternal(text string) bool {
	system, id, ok := strings.Cut(text, "/")
	return ok && validToken(system) && validForeign(id)
}
