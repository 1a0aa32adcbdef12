package audit_test

// The tests of the auditor. Each file has one theme:
//
//	audit_test.go   honest logs, and runs that go on
//	wrong_test.go   one kind of damage each, which a dishonest operator could do
//	history_test.go second histories, old states, clocks
//	report_test.go  what a report says, in JSON and HTML
//	state_test.go   what every State must do

import (
	"context"
	"encoding/binary"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/client/audit"
	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/log/logtest"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/admission"
	"github.com/docketlog/docket/proofs/statement"
	"github.com/docketlog/docket/storage/storagetest"
)

var ctx = context.Background()

// An operator serves whatever leaves and contents a test hands it, under the log's
// true key: tiles, bundles and checkpoints are always of one tree.
type operator struct {
	t   testing.TB
	w   *logtest.World
	url string

	mu sync.Mutex
	logtest.Tree
	contents [][]byte
	asked    int // requests for contents
	broken   func(asked int) bool
}

// honest returns the leaves and contents of a log that docket wrote: genesis, two
// enrollments, and n releases of documents, many to a seal.
func honest(t testing.TB, w *logtest.World, n int) *operator {
	t.Helper()
	o := &operator{t: t, w: w}
	store, anchor := storagetest.Open(t)
	l := w.Create(t, store, anchor)
	defer l.Close()
	var batch []*admission.Checked
	for i := range n {
		batch = append(batch, w.Release(fmt.Sprintf("contracts/%d", i), 1, nil, fmt.Appendf(nil, "text %d", i)))
		if len(batch) == 20 || i == n-1 {
			w.Clock.Add(time.Second)
			logtest.Submit(t, l, batch...)
			batch = nil
		}
	}
	o.take(l)
	return o.serve()
}

// take reads all of a log.
func (o *operator) take(l *log.Log) {
	o.t.Helper()
	v := l.View()
	defer v.Release()
	contents, err := v.Contents(0, v.Size())
	if err != nil {
		o.t.Fatal(err)
	}
	for i := range v.Size() {
		leaf, err := v.Leaf(i)
		if err != nil {
			o.t.Fatal(err)
		}
		o.append(leaf, contents[i])
	}
}

// append adds a leaf, whatever it is.
func (o *operator) append(leaf, content []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := o.Append(leaf); err != nil {
		o.t.Fatal(err)
	}
	o.contents = append(o.contents, content)
}

// again is an operator with other leaves: those that change makes of these.
func (o *operator) again(change func(leaves, contents [][]byte) (l, c [][]byte)) *operator {
	o.t.Helper()
	other := &operator{t: o.t, w: o.w}
	leaves, contents := change(append([][]byte{}, o.Leaves...), append([][]byte{}, o.contents...))
	for i := range leaves {
		other.append(leaves[i], contents[i])
	}
	return other.serve()
}

// become makes the operator serve another one's history.
func (o *operator) become(other *operator) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.Tree, o.contents = other.Tree, other.contents
}

func (o *operator) serve() *operator {
	h := httptest.NewServer(o)
	o.t.Cleanup(h.Close)
	o.url = h.URL
	return o
}

func (o *operator) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	defer o.mu.Unlock()
	body, err := o.answer(r.URL.Path)
	if err != nil {
		http.Error(w, err.Error(), http.StatusNotFound)
		return
	}
	_, _ = w.Write(body)
}

func (o *operator) answer(path string) ([]byte, error) {
	size := uint64(len(o.Leaves))
	switch {
	case path == "/checkpoint":
		head, err := o.Head(size)
		if err != nil {
			return nil, err
		}
		return o.w.Signer.Sign(proofs.Checkpoint{Origin: o.w.Origin, TreeHead: head})
	case strings.HasPrefix(path, "/tile/"):
		return o.Tile(path, size)
	}
	o.asked++
	if o.broken != nil && o.broken(o.asked) {
		return nil, fmt.Errorf("the disk of the operator is on fire")
	}
	var from, to int
	if _, err := fmt.Sscanf(path, "/api/v1/contents/%d/%d", &from, &to); err != nil || to > len(o.contents) {
		return nil, fmt.Errorf("no %s", path)
	}
	var b []byte
	for _, c := range o.contents[from:to] {
		b = append(binary.BigEndian.AppendUint32(b, uint32(len(c))), c...)
	}
	return b, nil
}

// client pins the log by the genesis of this operator.
func (o *operator) client() *client.Client {
	o.t.Helper()
	policy, err := proofs.ParsePolicy([]byte("log " + o.w.Signer.Key().String() + "\nquorum none\n"))
	if err != nil {
		o.t.Fatal(err)
	}
	return &client.Client{Server: o.url, Verifier: proofs.Verifier{Policy: policy, Genesis: proofs.LeafHash(o.Leaves[0])}, Memory: nil}
}

// auditor audits with a state of its own, by the world's clock.
func (o *operator) auditor() *audit.Auditor {
	return &audit.Auditor{Client: o.client(), State: audit.NewMemory(), Now: o.w.Clock.Now, Workers: 2}
}

// run audits the newest checkpoint.
func run(t testing.TB, a *audit.Auditor) (*audit.Report, error) {
	t.Helper()
	tree, err := a.Client.NewestTree(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return a.Run(ctx, tree)
}

// sealAt is a seal of these members.
func sealAt(index uint64, prev, at int64, count uint64, root [32]byte) []byte {
	return statement.Seal{Index: index, Prev: prev, Time: at, Rules: statement.Rules, Count: count, Root: root}.Marshal()
}

// lastSeal parses the last leaf.
func (o *operator) lastSeal() statement.Seal {
	o.t.Helper()
	seal, err := statement.ParseSeal(o.Leaves[len(o.Leaves)-1])
	if err != nil {
		o.t.Fatal(err)
	}
	return seal
}
