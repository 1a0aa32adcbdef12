package scenario

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/proofs/admission"
	"github.com/docketlog/docket/proofs/statement"
)

// A refusal is what the log answered to a statement.
type refusal struct {
	digest statement.Digest
	code   string
}

// findingTime is how long a refusal may take to be on record.
const findingTime = 10 * time.Second

// logIdentity is the log's own identity, which signs its findings.
func (y *Play) logIdentity() (client.Signer, error) {
	policy, err := statement.ParsePolicy([]byte(y.genesis.Statement.Body.(*statement.SetPolicy).Text))
	if err != nil {
		return nil, err
	}
	return y.key(policy.Log.ID)
}

// onRecord looks for the finding of the refusal that a line met. A refusal by E2xx
// to E6xx must have one by the log's identity, with a receipt that verifies; any
// other must have none.
func (y *Play) onRecord(ctx context.Context, fresh []entry) (found bool, err error) {
	for _, e := range fresh {
		body, ok := e.checked.Statement.Body.(*statement.RefuseFinding)
		if !ok {
			continue
		}
		if y.refused == nil || body.Submission != y.refused.digest || body.RefusalCode != y.refused.code || !log.OnRecord(body.RefusalCode) {
			return false, fmt.Errorf("entry %d says that %s was refused with %s, which no line met", e.index, body.Submission, body.RefusalCode)
		}
		if _, err := y.client.ReceiptAt(ctx, e.index); err != nil {
			return false, err
		}
		found = true
	}
	return found, nil
}

// awaited says whether a finding is still to come.
func (y *Play) awaited() bool { return y.refused != nil && log.OnRecord(y.refused.code) }

// rejudge proves a refusal on record: over the registers right before its finding
// the statement, whose bytes the quarantine kept, is refused for the same reason.
func (y *Play) rejudge(f *statement.RefuseFinding) error {
	e, err := y.quarantine.wait(f.Submission)
	if err != nil {
		return err
	}
	err = y.auditor.replay.Judge(y.clock.Now().UnixMilli(), e)
	var again *admission.Refusal
	if !errors.As(err, &again) || again.Code != f.RefusalCode {
		return fmt.Errorf("%s is on record as refused with %s; judged again: %w", f.Submission, f.RefusalCode, err)
	}
	return nil
}

// A quarantine keeps what was refused, in memory.
type quarantine struct {
	mu   sync.Mutex
	kept map[statement.Digest]statement.Envelope
}

// Keep implements log.Quarantine.
func (q *quarantine) Keep(r log.Refused) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.kept == nil {
		q.kept = make(map[statement.Digest]statement.Envelope)
	}
	q.kept[r.Digest] = r.Envelope
}

// wait returns what was refused: the log keeps it once the finding is published.
func (q *quarantine) wait(digest statement.Digest) (statement.Envelope, error) {
	for end := time.Now().Add(findingTime); time.Now().Before(end); time.Sleep(time.Millisecond) {
		q.mu.Lock()
		e, ok := q.kept[digest]
		q.mu.Unlock()
		if ok {
			return e, nil
		}
	}
	return statement.Envelope{}, fmt.Errorf("the quarantine does not have %s, which was refused", digest)
}
