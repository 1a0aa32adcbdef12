package interop

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestTesseraIntegration runs Tessera's integration test against a raw log: 600
// leaves at once, each read back and proven.
func TestTesseraIntegration(t *testing.T) {
	s := newRaw(t, 1)
	program := testProgram(t, "github.com/transparency-dev/tessera/integration")
	out, exit := run(t, time.Minute, program, "-test.v", "-test.timeout=50s", "--run_integration_test",
		"--log_url="+s.URL, "--write_log_url="+s.URL, "--log_public_key="+s.Log.Key().String(), "--test_entry_size=600")
	if exit != 0 || !strings.Contains(out, "--- PASS: TestLiveLogIntegration") {
		t.Errorf("exit %d\n%s", exit, out)
	}
	if size := head(s).Size; size != 601 {
		t.Errorf("size %d after 601 different leaves", size)
	}
	if err := check(fetcher(t, s), s.Log.Key().String()); err != nil {
		t.Errorf("fsck afterwards: %v", err)
	}
}

// TestTesseraHammer loads a raw log with Tessera's load generator: 64 writers
// with 10 % duplicates, and readers that fetch at random and from the start.
func TestTesseraHammer(t *testing.T) {
	s := newRaw(t, 0)
	const goal = 800
	out, exit := run(t, 25*time.Second, tool(t, "hammer"), "--log_public_key="+s.Log.Key().String(), "--log_url="+s.URL,
		"--num_writers=64", "--max_write_ops=1000", "--max_read_ops=100", "--num_readers_random=4", "--num_readers_full=4",
		fmt.Sprintf("--leaf_write_goal=%d", goal), "--leaf_min_size=490", "--max_runtime=15s", "--show_ui=false")
	if exit != 0 || !strings.Contains(out, "Reached tree size goal") {
		t.Errorf("exit %d; the tree has %d of %d leaves\n%s", exit, head(s).Size, goal, out)
	}
	// The load generator only warns of failed requests.
	if strings.Contains(out, "failed to") {
		t.Errorf("requests failed:\n%s", out)
	}
	if err := check(fetcher(t, s), s.Log.Key().String()); err != nil {
		t.Errorf("fsck afterwards: %v", err)
	}
}
