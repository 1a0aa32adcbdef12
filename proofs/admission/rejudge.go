package admission

import "github.com/docketlog/docket/proofs/statement"

// Judge says what a log would have answered to an envelope as the next entry, if
// the seal that covers it had this time: a *Refusal, or nil if it would have been
// admitted. It changes nothing, and the replay goes on from where it is.
//
// So a refusal on record can be judged again by whoever has the refused statement:
// take all leaves before the index of its finding.refuse, and the time of the seal
// that covers it. Another error than a *Refusal says that an entry since the last
// seal is not admitted at this time, and decides nothing.
func (r *Replay) Judge(time int64, e statement.Envelope) error {
	if r.failed != nil {
		return r.failed
	}
	c, err := CheckEnvelope(r.origin, e)
	if err != nil {
		return err
	}
	overlay, err := r.apply(time)
	if err != nil {
		return err
	}
	_, err = r.fold.Apply(overlay, r.next, time, c)
	return err
}
