package deeds

import (
	"bytes"
	"testing"

	"github.com/docketlog/docket/proofs/statement"
)

// TestReceiptsOfOneCheckpointAgree: any two receipts or staples that show one register
// under one checkpoint show the same of it: value, newest event and state, over a log
// with direct releases, withdrawals, runs and grants.
func TestReceiptsOfOneCheckpointAgree(t *testing.T) {
	o := newOperator(t)
	v2 := o.versions(2)
	office := o.w.NewOffice(t, o.log)
	request := office.Request("R1", document)
	file3 := file(3)
	legal, risk := office.Approve("h/legal", "legal", statement.DocumentRelease, request, document, 3, file3), office.Approve("h/risk", "risk", statement.DocumentRelease, request, document, 3, file3)
	o.submit(request)
	o.submit(legal)
	o.submit(risk)
	o.submit(office.ReleaseIn(request, document, 3, v2, file3, legal, risk))
	o.submit(o.w.Release("contracts/8", 1, nil, file(1)))
	o.submit(o.w.Withdraw("contracts/8", 1, file(1)))

	v := o.log.View()
	defer v.Release()
	shown, pairs := make(map[string][]shownRegister), 0
	for i := range v.Size() {
		r, err := v.Receipt(i)
		if err != nil { // of a seal
			continue
		}
		if !bytes.Equal(r.Checkpoint, v.Checkpoint()) {
			t.Fatal("another checkpoint")
		}
		for _, p := range r.Registers {
			name := p.Type.String() + " " + p.ID
			s := shownRegister{value: p.Value.Marshal(), last: map[uint64][]byte{}}
			for _, e := range p.Events {
				s.last[e.Event.Seq] = e.Event.Marshal()
			}
			for _, other := range shown[name] {
				s.agrees(t, name, other)
				pairs++
			}
			shown[name] = append(shown[name], s)
		}
	}
	if pairs < 30 || len(shown) < 12 {
		t.Errorf("only %d pairs of %d registers", pairs, len(shown))
	}
}

// A shownRegister is a register as one receipt shows it.
type shownRegister struct {
	value []byte
	last  map[uint64][]byte // events by seq
}

func (s shownRegister) agrees(t *testing.T, name string, other shownRegister) {
	t.Helper()
	if !bytes.Equal(s.value, other.value) {
		t.Errorf("%s has two values", name)
	}
	for seq, event := range s.last {
		if b, ok := other.last[seq]; ok && !bytes.Equal(b, event) {
			t.Errorf("event %d of %s is shown in two ways", seq, name)
		}
	}
}
