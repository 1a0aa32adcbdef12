package client

import (
	"context"
	"fmt"
	"sort"
	"time"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// A Moment is a point of a log's past: by size, or by the log's clock. The zero
// Moment is now.
type Moment struct {
	Size uint64    // as the log was at this size: entries below it count; 0: Time says
	Time time.Time // after all entries of this time; the zero time: now
}

// before returns how many events of a history were there at the moment.
func (m Moment) before(h *History) int {
	return sort.Search(len(h.Events), func(i int) bool {
		e := h.Events[i]
		return m.Size != 0 && e.Index >= m.Size || m.Size == 0 && !m.Time.IsZero() && int64(e.Time) > m.Time.UnixMilli()
	})
}

// A Standing is an identity as of a moment: its key, status and scope, and all that
// it had signed. Both histories are proven complete.
type Standing struct {
	ID   string
	Size uint64 // leaves of the tree that the answer speaks for
	At   Moment

	State *register.IdentityState // nil: proven not to be enrolled by then
	Since *Entry                  // what made the state
	Terms *Entry                  // what has roles, verbs and namespaces: an enrollment or rotation, or the genesis policy
	Next  *register.Event         // the change that came after the moment; nil: none so far

	Signed   []register.Event // events of its activity by then, the kind is the statement's code
	Digests  []statement.Digest
	History  *History
	Activity *History
}

// Scope is what an identity may do: nil for a member of the genesis policy, which
// says no more than that.
func (s *Standing) Scope() *statement.EnrollIdentity {
	if s.Terms == nil {
		return nil
	}
	switch b := s.Terms.Statement.Body.(type) {
	case *statement.EnrollIdentity:
		return b
	case *statement.RotateIdentity:
		return &b.EnrollIdentity
	}
	return nil
}

// Standing fetches the whole history of an identity and of its activity, and says
// how it stood at a moment. Of what it signed the statements are not fetched: the
// events name them.
func (c *Client) Standing(ctx context.Context, id string, at Moment) (*Standing, error) {
	r := c.newReader()
	h, err := r.History(ctx, register.TypeIdentity, id)
	if err != nil {
		return nil, err
	}
	activity, err := r.History(ctx, register.TypeActivity, id)
	if err != nil {
		return nil, err
	}
	s := &Standing{ID: id, Size: min(h.Size, activity.Size), At: at, History: h, Activity: activity}
	if at.Size > s.Size {
		return nil, fmt.Errorf("the log has %d entries, fewer than the %d asked for", s.Size, at.Size)
	}
	if err := r.stand(ctx, s); err != nil {
		return nil, err
	}
	for i := range at.before(activity) {
		body, err := register.ParseActivityBody(activity.Bodies[i])
		if err != nil {
			return nil, activity.wrong("event %d: %v", i, err)
		}
		s.Signed = append(s.Signed, activity.Events[i])
		s.Digests = append(s.Digests, statement.Digest(body.Statement))
	}
	return s, nil
}

// stand reads the event that was in force, and what made it.
func (r *reader) stand(ctx context.Context, s *Standing) error {
	h, n := s.History, s.At.before(s.History)
	if n < len(h.Events) {
		s.Next = &h.Events[n]
	}
	if n == 0 {
		return nil
	}
	entries, err := r.statements(ctx, h)
	if err != nil {
		return err
	}
	body, err := register.ParseIdentityBody(h.Bodies[n-1])
	if err != nil {
		return h.wrong("event %d: %v", n-1, err)
	}
	s.State, s.Since = &body.State, entries[n-1]
	for _, e := range entries[:n] {
		if register.Hash(e.Digest) == body.State.Terms {
			s.Terms = e
		}
	}
	if s.Terms == nil {
		return h.wrong("no event of it has the terms %x", body.State.Terms)
	}
	return nil
}
