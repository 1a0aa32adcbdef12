// Package admission is the fold: the rules by which a statement becomes an
// entry, and what that entry writes to the registers.
//
// A log is a sequence of leaves. Each statement leaf commits to a content (the
// statement's bytes); each seal ends a batch and gives its time and the root of
// the register tree. Admission is a pure function over that sequence:
//
//	Check(origin, leaf, content)            -> *Checked | *Refusal   no state, any order, parallel
//	Apply(state, index, time, *Checked)     -> effects  | *Refusal   log order, one at a time
//
// Apply reads nothing but registers, the content that a register names by its
// statement digest, and the set of admitted statement digests; no clock, no
// randomness, no configuration. The writer runs it before it appends, an auditor
// runs the same code over the finished log (Replay), and both must come to the
// same register root at every seal. An entry that breaks a rule has no effects
// in anybody's replay: it is named by index and rule.
//
// An effect is one event for one register, for example of a first release:
//
//	document contracts/1   release   version 1, digest, statement, no run
//	digest   sha256 d1…    released  register key of contracts/1, version 1
//	activity wl/publisher  0x81      statement, no run
//
// The rules, their order and their codes stand in docs/spec/admission.md. These
// are the rules docket/1; they build every kind but erase.
package admission
