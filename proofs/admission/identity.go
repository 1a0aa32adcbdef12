package admission

import (
	"crypto/sha256"
	"slices"
	"strings"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// enroll judges identity.enroll: E203, E204, E205, E206, E207, then its grants.
func (e *entry) enroll(body *statement.EnrollIdentity) ([]Effect, error) {
	if err := checkKeyUnseen(e.st, body.SPKI); err != nil {
		return nil, err
	}
	if err := checkDuties(body, e.by); err != nil {
		return nil, err
	}
	if e.c.unproven != nil {
		return nil, e.c.unproven
	}
	if err := e.by.checkVerb(e.c.Statement.Code); err != nil {
		return nil, err
	}
	if governs(body) && !e.by.admin {
		return nil, refuse(CodeScope, "predicate.roles", "only an admin enrolls a registrar or a privacy officer").at(e.by.last)
	}
	taken, err := readIdentity(e.st, body.ID)
	if err != nil {
		return nil, err
	}
	if taken != nil {
		return nil, refuse(CodeIdentity, "predicate.id", "identity %q exists already: choose another id", body.ID).at(taken.last)
	}
	spent, err := e.spendGoverned(body.Object())
	if err != nil {
		return nil, err
	}
	return append(spent, enrollEffects(body.ID, body.SPKI, newIdentity(classes[body.Class], body.Owner, body.SPKI, body.NotAfter, e.c.Digest))...), nil
}

// governs says whether an enrollment makes one who decides about others.
func governs(body *statement.EnrollIdentity) bool {
	return slices.Contains(body.Roles, roleRegistrar) || slices.Contains(body.Roles, rolePrivacy)
}

var classes = map[string]uint8{
	"human":    register.ClassHuman,
	"workload": register.ClassWorkload,
	"agent":    register.ClassAgent,
	"bridge":   register.ClassBridge,
}

// newIdentity is the state of an identity that the statement terms enrolls.
func newIdentity(class uint8, owner string, spki []byte, notAfter int64, terms statement.Digest) register.IdentityState {
	return register.IdentityState{
		Status:           register.IdentityActive,
		Class:            class,
		Owner:            sha256.Sum256([]byte(owner)),
		Key:              register.SPKIKey(spki),
		NotAfter:         orNone(notAfter),
		CompromisedSince: register.None,
		Terms:            terms,
	}
}

// orNone is a time of a statement, where 0 is absent, as a register has it.
func orNone(time int64) uint64 {
	if time == 0 {
		return register.None
	}
	return uint64(time)
}

// enrollEffects are the events of an enrollment: the key becomes known for all
// time in its digest register, and the identity begins.
func enrollEffects(id string, spki []byte, state register.IdentityState) []Effect {
	key := register.IdentityKey(id)
	taken := register.KeyBody{KeyType: register.KeyTypeSPKI, Identity: key}
	body := register.IdentityBody{State: state, Statement: state.Terms}
	return []Effect{
		{Key: keyDigest(spki), Type: register.TypeDigest, Kind: register.DigestKeyed, Body: taken.Marshal()},
		{Key: key, Type: register.TypeIdentity, Kind: register.IdentityEnroll, Body: body.Marshal()},
	}
}

// keyDigest is the digest register of a public key.
func keyDigest(spki []byte) register.Key {
	return register.DigestKey(register.SHA256Digest(sha256.Sum256(spki)))
}

// checkKeyUnseen is E203: one key, one identity, for all time.
func checkKeyUnseen(st State, spki []byte) error {
	record, err := st.Record(keyDigest(spki))
	if err != nil || record == nil {
		return err
	}
	state, err := register.ParseDigestState(record.State)
	if err != nil {
		return err
	}
	if state.KeyType != 0 {
		return refuse(CodeKeyTaken, "predicate.spki", "this key is, or was, the key of an identity: make a new key").at(record.Last)
	}
	return nil
}

// checkDuties is E204: who enrolls an identity does not own it when it may act.
func checkDuties(body *statement.EnrollIdentity, by *issuer) error {
	if slices.Contains(body.Roles, roleAdmin) {
		return refuse(CodeDuties, "predicate.roles", "the role admin comes from the policy's members alone")
	}
	acts := slices.ContainsFunc(body.Verbs, func(verb string) bool {
		return strings.HasPrefix(verb, "step.") || strings.HasPrefix(verb, "document.")
	})
	if acts && by.state.Owner == sha256.Sum256([]byte(body.Owner)) {
		return refuse(CodeDuties, "predicate.owner", "identity %q and its registrar have the same owner, %q: another registrar must enroll it", body.ID, body.Owner).at(by.last)
	}
	return nil
}

// checkProof is E205: the new key signed the log, the op, the identity and the
// nonce of the statement. It returns nil if it did.
func checkProof(s *statement.Statement, op string, m statement.Member) *Refusal {
	key, err := statement.ParsePublicKey(m.SPKI)
	if err == nil {
		message := statement.ProofMessage(s.Log, op, m.ID, m.SPKI, s.Nonce)
		err = statement.Verify(key, sha256.Sum256(message), m.Proof)
	}
	if err == nil {
		return nil
	}
	field := "predicate.proof"
	if op == "genesis" {
		field = "predicate.text"
	}
	return refuse(CodePossession, field, "the proof of possession of identity %q does not verify under its key, for this log, nonce and op %s", m.ID, op)
}
