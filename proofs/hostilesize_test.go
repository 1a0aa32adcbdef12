package proofs

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// TestLargestReceiptsInTime: receipts as large as the form allows, made of true parts
// again and again, are judged and held against each other in a time that nobody
// notices, and none of them is good. The limit is wide for machines with much to do.
func TestLargestReceiptsInTime(t *testing.T) {
	const limit = 10 * time.Second
	v, all := receiptsOf(t)
	withGrants := all["approved"]
	inflated := map[string]func(r *Receipt){
		"the same registers": func(r *Receipt) {
			for len(r.Registers) < MaxReceiptRegisters {
				r.Registers = append(r.Registers, withGrants.Registers...)
			}
			r.Registers = r.Registers[:MaxReceiptRegisters]
		},
		"registers by other names": func(r *Receipt) {
			p := r.Registers[0]
			for i := len(r.Registers); i < MaxReceiptRegisters; i++ {
				p.ID = fmt.Sprintf("contracts/%d", i)
				r.Registers = append(r.Registers, p)
			}
		},
		"events": func(r *Receipt) {
			for i := range r.Registers {
				if e := r.Registers[i].Events; len(e) > 0 {
					r.Registers[i].Events = slices.Repeat(e, MaxReceiptEvents)[:MaxReceiptEvents]
				}
			}
		},
		"proofs": func(r *Receipt) {
			r.Inclusion, r.SealInclusion, r.GenesisInclusion = make([]Hash, maxReceiptProof), make([]Hash, maxReceiptProof), make([]Hash, maxReceiptProof)
		},
	}
	var large []*Receipt
	for name, inflate := range inflated {
		r := *withGrants
		r.Registers = slices.Clone(withGrants.Registers)
		inflate(&r)
		begun := time.Now()
		parsed, err := ParseReceipt(r.Marshal())
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got := v.Verify(parsed, expectationOf(withGrants))
		v.VerifyStapled(withGrants, parsed.Staple(), expectationOf(withGrants))
		if took := time.Since(begun); got.Kind != Invalid || took > limit {
			t.Errorf("%s, in %v:\n%s", name, took, got)
		}
		large = append(large, parsed, all["withdrawn"])
	}
	begun := time.Now()
	for i, a := range large {
		for _, b := range large[i:] {
			if c, _ := v.Contradiction(a, b); c != nil {
				t.Errorf("the log is framed: %s", c.Reason)
			}
		}
	}
	if took := time.Since(begun); took > limit {
		t.Errorf("%d pairs in %v", len(large)*len(large)/2, took)
	}
}
