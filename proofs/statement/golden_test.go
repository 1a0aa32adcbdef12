package statement

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestGoldenStatements(t *testing.T) {
	for _, s := range fixtures() {
		t.Run(s.Code.String(), func(t *testing.T) {
			b := mustMarshal(t, s)
			golden(t, s.Code.String()+".json", b)
			got, err := Parse(b)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(s, got); diff != "" {
				t.Errorf("parsed statement differs (-want +got):\n%s", diff)
			}
		})
	}
}

// Every optional member may be absent and every union takes each of its forms: what is formatted is parsed to the same.
func TestVariants(t *testing.T) {
	for name, s := range variants() {
		t.Run(name, func(t *testing.T) {
			got, err := Parse(mustMarshal(t, s))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(s, got); diff != "" {
				t.Errorf("parsed statement differs (-want +got):\n%s", diff)
			}
		})
	}
}

func TestGoldenDirectRelease(t *testing.T) {
	golden(t, "document.release-direct.json", mustMarshal(t, testDirectRelease()))
}

func TestGoldenPolicy(t *testing.T) {
	b, err := testPolicy().Marshal()
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "policy-1.json", b)

	later := testPolicy()
	later.Version = 2
	for i := range later.Admins.Members {
		later.Admins.Members[i] = Member{ID: later.Admins.Members[i].ID}
	}
	later.Log = Member{ID: later.Log.ID}
	if b, err = later.Marshal(); err != nil {
		t.Fatal(err)
	}
	golden(t, "policy-2.json", b)
	got, err := ParsePolicy(b)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(later, got); diff != "" {
		t.Errorf("parsed policy differs (-want +got):\n%s", diff)
	}
}

func TestGoldenWorkflow(t *testing.T) {
	golden(t, "workflow.json", []byte(workflowText()))
	got, err := testDefine().Body.(*DefineWorkflow).Workflow()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(testWorkflow(), got); diff != "" {
		t.Errorf("parsed workflow differs (-want +got):\n%s", diff)
	}
}

func TestGoldenEnvelopeAndLeaf(t *testing.T) {
	payload := mustMarshal(t, testRelease())
	key := keyOf("wl/doc-publisher")
	digest := DigestOf(payload)
	e := Envelope{Payload: payload, Signature: key.sign(digest), SPKI: key.spki}
	golden(t, "envelope.json", e.Marshal())
	golden(t, "leaf.json", Commitment{Digest: digest, Signature: e.Signature, SPKI: e.SPKI}.Leaf())
	golden(t, "digest.txt", []byte(digest.String()+"\n"))
}

func TestGoldenSeal(t *testing.T) {
	s := Seal{Index: 1023, Prev: 961, Time: 1763762400123, Rules: Rules, Count: 48211, Root: digestOf("root")}
	golden(t, "seal.txt", s.Marshal())
	got, err := ParseSeal(s.Marshal())
	if err != nil || got != s {
		t.Errorf("ParseSeal = %+v, %v; want %+v", got, err, s)
	}
}

func TestGoldenProofMessage(t *testing.T) {
	key := keyOf("wl/doc-publisher")
	golden(t, "proof.txt", ProofMessage(testLog, "enroll", "wl/doc-publisher", key.spki, nonceOf("identity.enroll")))
}
