package interop

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	fnote "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"

	"github.com/docketlog/docket/interop/site"
	"github.com/docketlog/docket/log/witness"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/storage/storagetest"
)

// An omniwitness is a process of transparency-dev's witness, with its own database.
type omniwitness struct {
	t     *testing.T
	name  string
	home  string
	url   string
	keys  []string // files of its private keys
	vkeys []string
	cmd   *exec.Cmd
}

// newOmniwitness makes keys, of both types if pq, and the list of logs.
func newOmniwitness(t *testing.T, name, logURL string, log proofs.VerifierKey, pq bool) *omniwitness {
	t.Helper()
	o := &omniwitness{t: t, name: name, home: t.TempDir()}
	skey, vkey, err := note.GenerateKey(rand.Reader, name)
	if err != nil {
		t.Fatal(err)
	}
	if vkey, err = fnote.VKeyToCosignatureV1(vkey); err != nil {
		t.Fatal(err)
	}
	o.addKey(skey, vkey)
	if pq {
		skey, vkey, err := fnote.GenerateMLDSAKey(name)
		if err != nil {
			t.Fatal(err)
		}
		o.addKey(skey, vkey)
	}
	logs := fmt.Sprintf("Logs:\n  - Origin: %s\n    URL: %s/\n    PublicKey: %s\n", log.Name, logURL, log)
	if err := os.WriteFile(filepath.Join(o.home, "logs.yaml"), []byte(logs), 0o600); err != nil {
		t.Fatal(err)
	}
	port, err := net.Listen("tcp", loopback)
	if err != nil {
		t.Fatal(err)
	}
	o.url = "http://" + port.Addr().String()
	port.Close()
	o.start()
	return o
}

func (o *omniwitness) addKey(skey, vkey string) {
	o.t.Helper()
	file := filepath.Join(o.home, fmt.Sprintf("key%d", len(o.keys)))
	if err := os.WriteFile(file, []byte(skey), 0o600); err != nil {
		o.t.Fatal(err)
	}
	o.keys, o.vkeys = append(o.keys, file), append(o.vkeys, vkey)
}

func (o *omniwitness) start() {
	o.t.Helper()
	args := []string{
		"--listen=" + strings.TrimPrefix(o.url, "http://"), "--metrics_listen=", "--db_file=" + o.db(),
		"--additional_logs=" + filepath.Join(o.home, "logs.yaml"), "--public_witness_config_url=",
	}
	for _, key := range o.keys {
		args = append(args, "--private_key_path="+key)
	}
	o.cmd = exec.Command(tool(o.t, "omniwitness"), args...)
	said, err := os.Create(filepath.Join(o.home, "out"))
	if err != nil {
		o.t.Fatal(err)
	}
	o.cmd.Stdout, o.cmd.Stderr = said, said
	if err := o.cmd.Start(); err != nil {
		o.t.Fatal(err)
	}
	said.Close()
	o.t.Cleanup(o.kill)
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if c, err := net.Dial("tcp", strings.TrimPrefix(o.url, "http://")); err == nil {
			c.Close()
			return
		}
		if time.Now().After(end) {
			text, _ := os.ReadFile(filepath.Join(o.home, "out"))
			o.t.Fatalf("%s does not listen: %s", o.name, text)
		}
	}
}

func (o *omniwitness) db() string { return filepath.Join(o.home, "w.db") }

func (o *omniwitness) kill() {
	_ = o.cmd.Process.Kill()
	_ = o.cmd.Wait()
}

func (o *omniwitness) signal(s os.Signal) {
	o.t.Helper()
	if err := o.cmd.Process.Signal(s); err != nil {
		o.t.Fatal(err)
	}
}

// finals are the notes that met the quorum.
type finals struct {
	mu     sync.Mutex
	newest proofs.Checkpoint
	note   []byte
}

// TestWitnesses: a raw log asks two witnesses of transparency-dev, one of them with
// an ML-DSA key too, and one of ours, for a quorum of two. One is killed, one is set
// back to an older state, one is stopped; the note that meets the quorum verifies
// under x/mod and transparency-dev's own verifiers.
func TestWitnesses(t *testing.T) {
	s := newRaw(t, 10)
	key := s.Log.Key()
	a := newOmniwitness(t, "witness.example/a", s.URL, key, true)
	b := newOmniwitness(t, "witness.example/b", s.URL, key, false)
	own, ownURL := newOwnWitness(t, key)

	policy, err := proofs.ParsePolicy(fmt.Appendf(nil, "log %s\nwitness a %s %s\nwitness apq %s %s\nwitness b %s %s\nwitness own %s %s\ngroup aa any a apq\ngroup all 2 aa b own\nquorum all\n",
		key, a.vkeys[0], a.url, a.vkeys[1], a.url, b.vkeys[0], b.url, own, ownURL))
	if err != nil {
		t.Fatal(err)
	}
	if err := witness.Confirm(t.Context(), witness.GatherConfig{Policy: policy}, headOf(s)); err != nil {
		t.Fatal(err)
	}
	var f finals
	more := gathering(t, s, policy, &f, 2*time.Second)
	more("witness.example/a", "witness.example/b", "witness.example/own")
	verifyElsewhere(t, f.note, key.String(), append(append([]string{own.String()}, a.vkeys...), b.vkeys...))

	copied, err := os.ReadFile(a.db())
	if err != nil {
		t.Fatal(err)
	}
	more()
	b.kill()
	more("witness.example/a", "witness.example/own")
	b.start()
	more("witness.example/b")

	// a forgets: its database is an old copy. It says so, gets a proof, and goes on.
	a.kill()
	for _, file := range []string{a.db() + "-wal", a.db() + "-shm"} {
		if err := os.Remove(file); err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(a.db(), copied, 0o600); err != nil {
		t.Fatal(err)
	}
	a.start()
	more("witness.example/a")

	b.signal(syscall.SIGSTOP)
	t.Cleanup(func() { _ = b.cmd.Process.Signal(syscall.SIGCONT) })
	for range 3 {
		more("witness.example/a", "witness.example/own")
	}
}

// gathering asks the witnesses of a policy until the test ends, and tells f of what meets
// the quorum. more grows the log and waits for a note of that size with the lines that
// are demanded.
func gathering(t *testing.T, s *site.Site, policy *proofs.Policy, f *finals, timeout time.Duration) (more func(demand ...string)) {
	t.Helper()
	changed := make(chan struct{}, 1)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		ended <- witness.Gather(ctx, witness.GatherConfig{
			Policy: policy, Changed: changed, Newest: func() witness.Head { return headOf(s) }, Size: func() uint64 { return head(s).Size },
			Final: func(cp proofs.Checkpoint, note []byte) {
				f.mu.Lock()
				defer f.mu.Unlock()
				f.newest, f.note = cp, note
			},
			Failed:  func(url string, err error) { t.Logf("%s: %v", url, err) },
			Timeout: timeout, Round: time.Second, Refresh: time.Hour, Retry: 20 * time.Millisecond,
		})
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	size := 10
	return func(demand ...string) {
		t.Helper()
		size += 17
		grow(t, s, size)
		select {
		case changed <- struct{}{}:
		default:
		}
		f.await(t, s, policy, demand)
	}
}

// await waits for a note of the newest size that meets the quorum and has lines of
// the named witnesses.
func (f *finals) await(t *testing.T, s *site.Site, policy *proofs.Policy, names []string) {
	t.Helper()
	want := head(s)
	var note []byte
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		f.mu.Lock()
		reached := f.newest.TreeHead == want
		for _, name := range names {
			reached = reached && strings.Contains(string(f.note), "— "+name+" ")
		}
		note = f.note
		f.mu.Unlock()
		if !reached {
			continue
		}
		cp, q, err := policy.Open(note, time.Now().Unix()+60)
		if err != nil || !q.Satisfied || cp.TreeHead != want {
			t.Fatalf("%+v, %+v, %v", cp, q, err)
		}
		return
	}
	t.Fatalf("size %d was not cosigned by %v: %s", want.Size, names, note)
}

func headOf(s *site.Site) witness.Head {
	v := s.Log.View()
	defer v.Release()
	cp := proofs.Checkpoint{Origin: s.Log.Origin(), TreeHead: v.TreeHead()}
	return witness.Head{Checkpoint: cp, Note: v.Checkpoint(), Prove: func(older uint64) ([]proofs.Hash, error) {
		now := s.Log.View()
		defer now.Release()
		return now.Consistency(older, cp.Size)
	}}
}

// newOwnWitness serves a witness of this project.
func newOwnWitness(t *testing.T, log proofs.VerifierKey) (proofs.VerifierKey, string) {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key, err := proofs.NewVerifierKey("witness.example/own", proofs.TypeEd25519Cosignature, public)
	if err != nil {
		t.Fatal(err)
	}
	store, err := storagetest.NewMemory().Open()
	if err != nil {
		t.Fatal(err)
	}
	w, err := witness.Open(witness.Config{Store: store, Logs: []proofs.VerifierKey{log}, Cosigners: []witness.Cosigner{ownKey{key, private}}})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.Handler(w.Handler(nil)))
	t.Cleanup(func() { server.Close(); _ = w.Close() })
	return key, server.URL
}

type ownKey struct {
	key     proofs.VerifierKey
	private ed25519.PrivateKey
}

func (k ownKey) Key() proofs.VerifierKey { return k.key }

func (k ownKey) Sign(message []byte) ([]byte, error) { return ed25519.Sign(k.private, message), nil }

// verifyElsewhere opens a note with x/mod and the verifiers of transparency-dev.
func verifyElsewhere(t *testing.T, text []byte, log string, cosigners []string) {
	t.Helper()
	verifier, err := note.NewVerifier(log)
	if err != nil {
		t.Fatal(err)
	}
	all := []note.Verifier{verifier}
	for _, vkey := range cosigners {
		v, err := fnote.NewVerifierForCosignatureV1(vkey)
		if err != nil {
			v, err = fnote.NewMLDSAVerifier(vkey)
		}
		if err != nil {
			t.Fatalf("%s: %v", vkey, err)
		}
		all = append(all, v)
	}
	n, err := note.Open(text, note.VerifierList(all...))
	if err != nil {
		t.Fatal(err)
	}
	if len(n.Sigs) != len(all) || len(n.UnverifiedSigs) != 0 {
		t.Errorf("%d signatures verified, %d did not; want %d: %s", len(n.Sigs), len(n.UnverifiedSigs), len(all), text)
	}
}
