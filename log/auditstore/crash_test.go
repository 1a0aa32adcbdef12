package auditstore_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/client/audit"
	"github.com/docketlog/docket/log/auditstore"
	"github.com/docketlog/docket/log/logtest"
	"github.com/docketlog/docket/log/server"
	"github.com/docketlog/docket/proofs/admission"
	"github.com/docketlog/docket/storage"
	"github.com/docketlog/docket/storage/storagetest"
)

// A crash at any commit, applied or not, costs the work since the commit before it
// and nothing else: the next run says what one says that never crashed.
func TestCrashAtEachCommit(t *testing.T) {
	w := logtest.NewWorld()
	disk, anchors := storagetest.NewMemory(), storagetest.NewMemoryAnchor()
	rows, err := disk.Open()
	if err != nil {
		t.Fatal(err)
	}
	anchor, err := anchors.Open()
	if err != nil {
		t.Fatal(err)
	}
	l := w.Create(t, rows, anchor)
	defer l.Close()
	var prev *admission.Checked
	for i := range 60 {
		w.Clock.Add(time.Second)
		prev = w.Release("contracts/1", uint32(i)+1, prev, fmt.Appendf(nil, "text %d", i))
		logtest.Submit(t, l, prev)
	}
	h := httptest.NewServer(server.New(l))
	defer h.Close()
	c := &client.Client{Server: h.URL, Verifier: w.Verifier(t, l)}
	run := func(store storage.Store) (*audit.Report, error) {
		state, err := auditstore.Open(store)
		if err != nil {
			return nil, err
		}
		tree, err := c.NewestTree(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		return (&audit.Auditor{Client: c, State: state, Now: w.Clock.Now, Every: 7}).Run(context.Background(), tree)
	}
	fresh, err := storagetest.NewMemory().Open()
	if err != nil {
		t.Fatal(err)
	}
	want, err := run(fresh)
	if err != nil {
		t.Fatal(err)
	}
	commits, err := fresh.Sequence()
	if err != nil || commits < 8 {
		t.Fatalf("%d commits, %v", commits, err)
	}
	for n := range int(commits) {
		for _, fault := range storagetest.Faults {
			disk := storagetest.NewMemory()
			store, err := disk.Open()
			if err != nil {
				t.Fatal(err)
			}
			failing := storagetest.FailCommit(store, n, fault)
			report, err := run(failing)
			if err == nil || !failing.Fired() || report.Clean || len(report.Divergences) > 0 {
				t.Fatalf("commit %d, %v: %v", n, fault, err)
			}
			if err := failing.Close(); err != nil {
				t.Fatal(err)
			}
			if store, err = disk.Open(); err != nil {
				t.Fatal(err)
			}
			seq, err := store.Sequence()
			if err != nil {
				t.Fatal(err)
			}
			report, err = run(store)
			if err != nil || (report.From > 0) != (seq > 0) {
				t.Fatalf("commit %d, %v: from %d after %d commits: %v", n, fault, report.From, seq, err)
			}
			if diff := cmp.Diff(want, report, cmpopts.IgnoreFields(audit.Report{}, "From", "Began", "Ended"), cmpopts.IgnoreUnexported(audit.Tally{})); diff != "" {
				t.Errorf("commit %d, %v (-want +got):\n%s", n, fault, diff)
			}
		}
	}
}

// A row that was changed on this machine is damage here, never the log's lie.
func TestDamageIsLocal(t *testing.T) {
	w := logtest.NewWorld()
	rows, err := storagetest.NewMemory().Open()
	if err != nil {
		t.Fatal(err)
	}
	anchor, err := storagetest.NewMemoryAnchor().Open()
	if err != nil {
		t.Fatal(err)
	}
	l := w.Create(t, rows, anchor)
	defer l.Close()
	h := httptest.NewServer(server.New(l))
	defer h.Close()
	c := &client.Client{Server: h.URL, Verifier: w.Verifier(t, l)}
	for _, space := range []storage.Keyspace{storage.RegisterLeafSpace, storage.RecordSpace, storage.ContentSpace, storage.MetaSpace} {
		store, err := storagetest.NewMemory().Open()
		if err != nil {
			t.Fatal(err)
		}
		state, err := auditstore.Open(store)
		if err != nil {
			t.Fatal(err)
		}
		a := &audit.Auditor{Client: c, State: state, Now: w.Clock.Now}
		audited := func() (*audit.Report, error) {
			tree, err := c.NewestTree(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			return a.Run(context.Background(), tree)
		}
		if _, err := audited(); err != nil {
			t.Fatal(err)
		}
		var b storage.Batch
		start, end := space.Range()
		if err := store.Scan(start, end, func(key, value []byte) bool {
			value = append([]byte{}, value...)
			value[len(value)/2] ^= 1
			b.Set(key, value)
			return true
		}); err != nil || b.Len() == 0 {
			t.Fatalf("%v: %d rows, %v", space, b.Len(), err)
		}
		seq, err := store.Sequence()
		if err != nil {
			t.Fatal(err)
		}
		if err := store.Commit(seq+1, &b); err != nil {
			t.Fatal(err)
		}
		if a.State, err = auditstore.Open(store); err != nil {
			t.Fatal(err)
		}
		w.Clock.Add(time.Second)
		logtest.Submit(t, l, w.Release("contracts/"+space.String()[:4], 1, nil, []byte("text")))
		if report, err := audited(); err == nil || report.Clean || len(report.Divergences) > 0 || report.Error == "" {
			t.Errorf("%v: %v\n%+v", space, err, report.Divergences)
		}
	}
}
