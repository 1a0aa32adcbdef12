package statement

// Step is what the intent of a step and its done have in common. Run is the run that it belongs to.
type Step struct {
	Attempt   uint32 // of the run, from 1
	Seq       uint32 // counts per run, attempt and issuer, from 1; a done has that of its intent
	Name      string // of a step of the workflow, the member "step"
	Tool      string
	Target    string // what it acts on, in the terms of that system
	Privilege string // that it uses; empty: absent
	In        []File
	Policy    Verdict // what the policy engine of the signer said
	Branch    string  // which way the workflow took; empty: absent
	Runner    Digest  // of the program that does it
	Model     *Model  // nil: absent
	RetryOf   *Digest // statement digest of the outcome before; nil: absent
	Assurance string  // producer-signed, dssematerial-verified or collector-observed
}

// Verdict is what a policy engine said about a step.
type Verdict struct {
	ID      string // of the policy, in the terms of that engine
	Digest  Digest // of its text
	Verdict string // allow, deny, error or none
}

// Model is the model that an agent used.
type Model struct {
	Name   string
	Digest Digest
}

// IntendStep (step.intent) says what is about to be done, and spends the grants of a gated step. The subject is the digest
// of the first input, or else the statement digest of the request.
type IntendStep struct {
	Step
}

// FinishStep (step.done) says what was done. The subject is the digest of the first output, else of the first input, else
// the statement digest of the request.
type FinishStep struct {
	Step
	Intent  *Digest // statement digest of the intent; nil: absent
	Out     []File
	Result  string // ok, error or skipped
	Cause   string // of an error: policy, connector_timeout, missing_mapping, denied, input or internal; else empty
	Changes []Change
}

// Change is an effect outside: a resource, and the digests of its state before and after.
type Change struct {
	Resource string
	Before   *Digest // nil: it did not exist
	After    *Digest // nil: it does not exist any more
}

const (
	verdicts   enum = "allow|deny|error|none"
	assurances enum = "producer-signed|dssematerial-verified|collector-observed"
	results    enum = "ok|error|skipped"
	causes     enum = "policy|connector_timeout|missing_mapping|denied|input|internal"
)

func (*IntendStep) code() Code { return StepIntent }

func (*FinishStep) code() Code { return StepDone }

// Object gives what a grant for this step binds beside its subject. A grant of access binds also the resource and the
// privilege that the request wants.
func (i *IntendStep) Object() StepObject {
	return StepObject{Step: i.Name, Attempt: i.Attempt, Tool: i.Tool, Target: i.Target, In: i.In}
}
