package log

import (
	"github.com/docketlog/docket/proofs/admission"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// ownerOf returns the id of the identity that a key belongs to, or belonged to:
// one that was revoked or got another key since is known all the same. It is empty
// for a key that is no identity's. claimed is who the signer says he is, or empty;
// it saves reading who the key was enrolled for.
func ownerOf(st admission.State, key statement.Digest, claimed string) (string, error) {
	record, err := st.Record(register.DigestKey(register.SHA256Digest(register.Hash(key))))
	if err != nil || record == nil {
		return "", err
	}
	digest, err := register.ParseDigestState(record.State)
	if err != nil {
		return "", damage("the digest register of key %s: %v", key, err)
	}
	switch {
	case digest.KeyType == 0: // bytes that were released, which happen to be a key
		return "", nil
	case claimed != "" && register.IdentityKey(claimed) == digest.Identity:
		return claimed, nil
	}
	return idOf(st, digest.Identity)
}

// idOf returns the id of an identity register, from the statement that the
// register names for its terms.
func idOf(st admission.State, identity register.Key) (string, error) {
	record, err := st.Record(identity)
	if err != nil {
		return "", err
	}
	if record == nil {
		return "", damage("a key names the identity register %s, which is not there", identity)
	}
	state, err := register.ParseIdentityState(record.State)
	if err != nil {
		return "", damage("the identity register %s: %v", identity, err)
	}
	content, err := st.Content(statement.Digest(state.Terms))
	if err != nil {
		return "", err
	}
	terms, err := statement.Parse(content)
	if err != nil {
		return "", damage("the terms of the identity register %s: %v", identity, err)
	}
	var ids []string
	switch body := terms.Body.(type) {
	case *statement.EnrollIdentity:
		ids = []string{body.ID}
	case *statement.RotateIdentity:
		ids = []string{body.ID}
	case *statement.SetPolicy:
		policy, err := body.Policy()
		if err != nil {
			return "", damage("the genesis policy: %v", err)
		}
		for _, m := range append(policy.Admins.Members, policy.Log) {
			ids = append(ids, m.ID)
		}
	}
	for _, id := range ids {
		if register.IdentityKey(id) == identity {
			return id, nil
		}
	}
	return "", damage("the terms of the identity register %s name another identity", identity)
}
