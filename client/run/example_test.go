package run_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/client/run"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// A program records its work: the digest of what it made, and the outcome that follows
// from the steps. TestExample runs it.
func Example() {
	record := recordWork // with a client, who asks, who executes, and a file to make
	_ = record
}

func recordWork(ctx context.Context, c *client.Client, asks, executes *client.Author, path string) (*run.Closed, error) {
	r, err := run.Open(ctx, c, executes, run.Options{Workflow: "flow", Requestor: asks})
	if err != nil {
		return nil, err
	}
	step, err := r.Begin(ctx, run.Step{Name: "render"})
	if err != nil {
		return nil, err
	}
	result := run.Result{Result: "error"}
	if err := os.WriteFile(path, []byte("the work"), 0o600); err == nil {
		result = run.Made("notice", path)
	}
	if _, err := step.Done(ctx, result); err != nil {
		return nil, err
	}
	return r.Close(ctx)
}

func TestExample(t *testing.T) {
	p, path := newPlace(t), filepath.Join(t.TempDir(), "notice.txt")
	closed, err := recordWork(ctx, p.client, p.Author("h/ask"), p.Pipeline, path)
	if err != nil || closed.Status != "partial" || len(closed.Missing) != 1 || closed.Missing[0] != "publish" {
		t.Fatal(closed, err)
	}
	s, err := statement.Parse(closed.Receipt.Envelope.Payload)
	if err != nil || s.Subject != named("the work") {
		t.Error("the outcome is not about what was made:", err)
	}
	if state := p.state(t, s.Run); state.Claimed != register.RunPartial {
		t.Errorf("%+v", state)
	}
	// What cannot be read was not made.
	if result := run.Made("notice", path+".none"); result.Result != "error" || result.Out != nil {
		t.Errorf("%+v", result)
	}
}
