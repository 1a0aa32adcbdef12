package admission

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// TestContentMax: E101 from the first byte above what the policy allows. The
// genesis policy judges itself, too.
func TestContentMax(t *testing.T) {
	genesis := func(most uint32) *Checked {
		s := newStatement(statement.PolicySet, "h/admin", "genesis")
		p := testPolicy(s.Nonce, "h/admin")
		p.ContentMax = most
		setPolicy(s, p)
		return sealed(s, "h/admin")
	}
	size := uint32(len(genesis(9999).Payload))
	l := newTestLog(t)
	wantRefusal(t, apply(l, genesis(size-1)), CodeForm)
	l.admit(genesis(size))

	s := newStatement(statement.IdentityEnroll, "h/admin", "registrar")
	body := enrollment("svc/reg", "svc/reg", "team-registry", s.Nonce)
	body.Roles = []string{roleRegistrar}
	s.Subject, s.Body = keyOf("svc/reg").digest(), body
	for len(sealed(s, "h/admin").Payload)+2*34 < int(size) {
		body.Roles = append(body.Roles, fmt.Sprintf("filler-%024d", len(body.Roles)))
	}
	body.Roles = append(body.Roles, "f")
	missing := int(size) - len(sealed(s, "h/admin").Payload)
	longest := &body.Roles[len(body.Roles)-1]
	if missing > 30 { // a role has at most 32 bytes
		body.Roles = append(body.Roles, strings.Repeat("g", missing-23))
		missing = 20
	}
	*longest = strings.Repeat("f", missing+2)
	wantRefusal(t, apply(l, sealed(s, "h/admin")), CodeForm)
	*longest = strings.Repeat("f", missing+1)
	c := sealed(s, "h/admin")
	if len(c.Payload) != int(size) {
		t.Fatalf("%d bytes, want %d", len(c.Payload), size)
	}
	l.admit(c)
}

// apply judges a statement and drops its effects.
func apply(l *testLog, c *Checked) error {
	_, err := l.fold.Apply(l.overlay, l.index(), l.time, c)
	return err
}

func wantRefusal(t *testing.T, err error, code string) {
	t.Helper()
	var r *Refusal
	if !errors.As(err, &r) || r.Code != code {
		t.Fatalf("%v, want %s", err, code)
	}
}

// TestEffects spells the effects of every built kind out, in their order.
func TestEffects(t *testing.T) {
	l := newTestLog(t)
	release1 := releaseStatement("wl/p", "wl/p", "open/1", 1, nil)
	steps := append(world(), release1, withdrawStatement("wl/p", "wl/p", "open/1", 1), revokeStatement("svc/reg", "wl/p", "wl/p"))
	var got []string
	for _, c := range steps {
		effects, err := l.fold.Apply(l.overlay, l.index(), l.time, c)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprintf("%s by %s", c.Statement.Code, c.Statement.Issuer))
		for _, e := range effects {
			got = append(got, fmt.Sprintf("  %s %x %s", e.Type, e.Kind, nameOf(e.Key)))
		}
		l.write(c, effects)
	}
	want := strings.Split(`policy.set by h/admin
  document 1 document docket:policy
  digest 1 digest of the text
  digest 2 key of svc/log
  digest 2 key of h/admin
  identity 1 identity h/admin
  identity 1 identity svc/log
  activity 11 activity h/admin
identity.enroll by h/admin
  digest 2 key of svc/reg
  identity 1 identity svc/reg
  activity 21 activity h/admin
identity.enroll by svc/reg
  digest 2 key of wl/p
  identity 1 identity wl/p
  activity 21 activity svc/reg
document.release by wl/p
  document 1 document open/1
  digest 1 file open/1 v1
  activity 81 activity wl/p
document.withdraw by wl/p
  document 2 document open/1
  activity 82 activity wl/p
identity.revoke by svc/reg
  identity 5 identity wl/p
  activity 25 activity svc/reg`, "\n")
	// By key within a type: the keys decide, not the list above.
	sortSameType(got)
	sortSameType(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("effects (-want +got):\n%s", diff)
	}
}

// sortSameType sorts neighbours of one type and kind.
func sortSameType(lines []string) {
	for i := range lines {
		for j := i; j > 0 && strings.HasPrefix(lines[j], "  ") && strings.Fields(lines[j])[0] == strings.Fields(lines[j-1])[0] && lines[j] < lines[j-1]; j-- {
			lines[j], lines[j-1] = lines[j-1], lines[j]
		}
	}
}

// nameOf finds the name behind a key among those that the tests use.
func nameOf(key register.Key) string {
	names := map[register.Key]string{
		register.DocumentKey(statement.PolicyDocument):                                  "document docket:policy",
		register.DocumentKey("open/1"):                                                  "document open/1",
		register.DigestKey(register.SHA256Digest(genesisStatement().Statement.Subject)): "digest of the text",
		register.DigestKey(register.SHA256Digest(fileOf("open/1", 1))):                  "file open/1 v1",
	}
	for _, id := range []string{"h/admin", "svc/log", "svc/reg", "wl/p"} {
		names[register.IdentityKey(id)] = "identity " + id
		names[register.ActivityKey(id)] = "activity " + id
		names[keyDigest(keyOf(id).spki)] = "key of " + id
	}
	return names[key]
}

// TestBodies: what the events of a release say.
func TestBodies(t *testing.T) {
	l := newTestLog(t)
	l.admit(world()...)
	c := releaseStatement("wl/p", "wl/p", "open/1", 1, nil)
	effects, err := l.fold.Apply(l.overlay, l.index(), l.time, c)
	if err != nil {
		t.Fatal(err)
	}
	subject := register.SHA256Digest(c.Statement.Subject)
	document := register.DocumentBody{Version: 1, Digest: subject, Statement: c.Digest}
	released := register.ReleasedBody{Document: register.DocumentKey("open/1"), Version: 1}
	activity := register.ActivityBody{Statement: c.Digest}
	want := []Effect{
		{register.DocumentKey("open/1"), register.TypeDocument, register.DocumentRelease, document.Marshal()},
		{register.DigestKey(subject), register.TypeDigest, register.DigestReleased, released.Marshal()},
		{register.ActivityKey("wl/p"), register.TypeActivity, 0x81, activity.Marshal()},
	}
	if diff := cmp.Diff(want, effects); diff != "" {
		t.Errorf("effects (-want +got):\n%s", diff)
	}
}

// failing is a State whose n-th read fails.
type failing struct {
	State
	n *int
}

var errRead = errors.New("the disk is gone")

func (f failing) fail() error {
	*f.n--
	if *f.n == 0 {
		return errRead
	}
	return nil
}

func (f failing) Record(key register.Key) (*register.Record, error) {
	if err := f.fail(); err != nil {
		return nil, err
	}
	return f.State.Record(key)
}

func (f failing) Content(digest statement.Digest) ([]byte, error) {
	if err := f.fail(); err != nil {
		return nil, err
	}
	return f.State.Content(digest)
}

func (f failing) Admitted(digest statement.Digest) (uint64, bool, error) {
	if err := f.fail(); err != nil {
		return 0, false, err
	}
	return f.State.Admitted(digest)
}

// TestReadFaults: a state that cannot be read decides nothing. No fault becomes
// a refusal, or an admission.
func TestReadFaults(t *testing.T) {
	l := newTestLog(t)
	l.admit(world()...)
	release := releaseStatement("wl/p", "wl/p", "open/1", 1, nil)
	l.admit(release)
	for _, c := range []*Checked{
		enrollStatement("svc/reg", "wl/q", "wl/q", "team-q", []string{}),
		revokeStatement("svc/reg", "wl/p", "wl/p"),
		releaseStatement("wl/p", "wl/p", "open/1", 2, &release.Digest),
		withdrawStatement("wl/p", "wl/p", "open/1", 1),
	} {
		reads := 0
		for n := 1; ; n++ {
			left := n
			_, err := NewFold(origin).Apply(failing{l.overlay, &left}, l.index(), l.time, c)
			if left > 0 {
				if err != nil {
					t.Fatal(err)
				}
				break
			}
			reads++
			var refusal *Refusal
			if !errors.Is(err, errRead) || errors.As(err, &refusal) {
				t.Errorf("%s: fault at read %d gives %v", c.Statement.Code, n, err)
			}
		}
		if reads < 5 {
			t.Errorf("%s: %d reads", c.Statement.Code, reads)
		}
	}
}

// TestForeignChecked: a statement checked for one log is no refusal in another
// one's fold, but a fault of the program.
func TestForeignChecked(t *testing.T) {
	_, err := NewFold("other.docket.example").Apply(newMemory(), 0, noon, genesisStatement())
	var refusal *Refusal
	if err == nil || errors.As(err, &refusal) {
		t.Fatalf("%v, want an error that is no refusal", err)
	}
}

// TestDamagedContent: what a register names is checked against its digest.
func TestDamagedContent(t *testing.T) {
	l := newTestLog(t)
	l.admit(world()...)
	l.seal()
	for digest, content := range l.state.contents {
		l.state.contents[digest] = append([]byte{' '}, content...)
	}
	_, err := NewFold(origin).Apply(l.overlay, l.index(), l.time, releaseStatement("wl/p", "wl/p", "open/1", 1, nil))
	if !errors.Is(err, ErrContent) {
		t.Fatalf("%v, want ErrContent", err)
	}
}

// TestCache: a fold whose cache starts anew gives the same verdicts.
func TestCache(t *testing.T) {
	l := newTestLog(t)
	l.admit(world()...)
	for i := range maxCached {
		l.fold.cache[statement.Digest{0: 1, 1: byte(i >> 8), 2: byte(i)}] = named{}
	}
	l.admit(releaseStatement("wl/p", "wl/p", "open/1", 1, nil))
	if n := len(l.fold.cache); n > maxCached {
		t.Fatalf("%d cached", n)
	}
}
