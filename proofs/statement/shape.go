package statement

import "slices"

// shape says what the predicate of a kind holds.
type shape struct {
	own    []string // its members beside the common part
	names  []string // all its members, sorted
	run    presence // optional or mandatory
	spends presence
	inner  []inner
	// union judges names that depend on the value of another member; nil: none do.
	union func(t *tree, predicate ref) error
	read  func(f *fields, predicate ref, subject Digest) Body
}

type presence uint8

const (
	optional  presence = iota // absent rather than empty
	mandatory                 // an empty list says "none"
	never
)

// inner gives the names in the objects below a member: in the object that it is, or in each object of the array.
type inner struct {
	member string
	names  []string
}

var commonNames = []string{"at", "external", "issuer", "log", "nonce", "run", "sealed", "traceparent"}

var (
	externalNames = []string{"digest", "id", "kind", "system"}
	fileNames     = []string{"digest", "name"}
)

// shapes has one entry for each kind and op that is built.
var shapes = complete([256]*shape{
	PolicySet: {own: []string{"text"}, spends: mandatory, read: readSetPolicy},

	IdentityEnroll:  {own: enrollNames, spends: mandatory, read: readEnrollIdentity},
	IdentityRotate:  {own: enrollNames, spends: mandatory, read: readRotateIdentity},
	IdentitySuspend: {own: []string{"id", "reason"}, spends: mandatory, read: readSuspendIdentity},
	IdentityResume:  {own: []string{"id", "reason"}, spends: mandatory, read: readResumeIdentity},
	IdentityRevoke:  {own: []string{"compromisedSince", "id", "reason"}, spends: mandatory, read: readRevokeIdentity},
	IdentityRetire:  {own: []string{"id", "reason"}, spends: mandatory, read: readRetireIdentity},

	WorkflowDefine: {own: []string{"text"}, spends: mandatory, read: readDefineWorkflow},
	WorkflowRetire: {own: []string{"workflow"}, spends: mandatory, read: readRetireWorkflow},

	RequestOpen:   {own: openNames, run: mandatory, spends: never, inner: openInner, union: wantNames, read: readOpenRequest},
	RequestCancel: {own: []string{"about", "reason"}, run: mandatory, spends: never, read: readCancelRequest},

	DecisionGrant:  {own: grantNames, spends: never, inner: grantInner, union: objectNames, read: readGrantDecision},
	DecisionDeny:   {own: []string{"about", "reason", "rule"}, run: mandatory, spends: never, read: readDenyDecision},
	DecisionRevoke: {own: []string{"about", "reason"}, spends: never, read: readRevokeDecision},

	StepIntent: {own: stepNames, run: mandatory, spends: mandatory, inner: stepInner, read: readIntendStep},
	StepDone:   {own: doneNames, run: mandatory, spends: never, inner: doneInner, read: readFinishStep},

	OutcomeClose: {own: outcomeNames, run: mandatory, spends: never, inner: outcomeInner, read: readCloseOutcome},

	DocumentRelease:  {own: releaseNames, read: readReleaseDocument},
	DocumentWithdraw: {own: []string{"document", "reason", "version"}, read: readWithdrawDocument},

	AttestObserve: {own: []string{"about", "observed"}, spends: never, inner: observedInner, read: readAttestObservation},

	FindingRefuse: {own: []string{"code", "submission", "submitter"}, spends: never, read: readRefuseFinding},
	FindingAlert:  {own: alertNames, spends: never, read: readAlertFinding},
	FindingAck:    {own: []string{"about", "reason"}, spends: never, read: readAckFinding},
	FindingClose:  {own: []string{"about", "reason"}, spends: never, read: readCloseFinding},
})

// complete adds the common part to the names of each shape: late for evidence alone, spends where it is not forbidden.
func complete(shapes [256]*shape) [256]*shape {
	for i, s := range shapes {
		if s == nil {
			continue
		}
		s.names = slices.Concat(s.own, commonNames)
		if !Code(i).Authority() {
			s.names = append(s.names, "late")
		}
		if s.spends != never {
			s.names = append(s.names, "spends")
		}
		slices.Sort(s.names)
	}
	return shapes
}

// shapeOf gives the shape of a kind and op that is built, or nil.
func shapeOf(c Code) *shape { return shapes[c] }

// onlyKnown refuses (E101) every name below the predicate that this kind does not have, and names that stand twice.
func (s *shape) onlyKnown(t *tree, predicate ref) error {
	if err := t.only(predicate, s.names); err != nil {
		return err
	}
	if err := t.onlyInner(predicate, inner{"external", externalNames}); err != nil {
		return err
	}
	for _, i := range s.inner {
		if err := t.onlyInner(predicate, i); err != nil {
			return err
		}
	}
	if s.union == nil {
		return nil
	}
	return s.union(t, predicate)
}

// onlyInner applies only to the named member of obj if it is an object, or to each of its elements if it is an array.
func (t *tree) onlyInner(obj ref, i inner) error {
	if err := t.onlyMember(obj, i.member, i.names); err != nil {
		return err
	}
	return t.onlyEach(obj, i.member, i.names)
}
