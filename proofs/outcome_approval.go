package proofs

import (
	"fmt"

	"github.com/docketlog/docket/proofs/statement"
)

// approvals are the grants that the entry spends.
func (j *judgement) approvals() []Approval {
	var list []Approval
	for _, a := range j.approvers {
		list = append(list, a.approval)
	}
	return list
}

// checkCompromise: neither the key of the signer nor that of one who granted was
// reported compromised from before it signed.
func (j *judgement) checkCompromise() error {
	if err := checkCompromise(j.signer, j.time); err != nil {
		return err
	}
	for _, a := range j.approvers {
		if since := a.newest.CompromisedSince; since <= uint64(a.approval.Time) {
			return fmt.Errorf("the key of %s, who granted it, was reported compromised since %s, the grant is of %s",
				a.approval.By, formatUnsigned(since), statement.FormatTime(a.approval.Time))
		}
	}
	return nil
}

// uncheckedApproval: what the rules of admission decided about grants and run, and
// who vouches for that.
func (j *judgement) uncheckedApproval() string {
	const rules = "that the approvals were enough (how many, in which roles, of which owners), that none was revoked, and that the run allowed it: admission decided that, "
	if j.verdict.Level == LevelAudited {
		return rules + "and the audit cosigners vouch for it"
	}
	return rules + "on the log's word alone; an audit cosigner or a replay judges it again"
}
