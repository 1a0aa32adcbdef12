package deeds

import (
	"encoding/hex"
	"errors"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"github.com/docketlog/docket/proofs"
)

// javascript is the verifier of evidence in JavaScript, which shares no code with docket.
var javascript = filepath.Join("..", "..", "..", "interop", "js", "verify-evidence.mjs")

// node returns the path of Node.js 18 or later; empty: it is not installed, and the
// third program is docket alone.
var node = sync.OnceValue(func() string {
	path, err := exec.LookPath("node")
	if err != nil {
		return ""
	}
	out, err := exec.Command(path, "--version").Output()
	major, _, _ := strings.Cut(strings.TrimPrefix(string(out), "v"), ".")
	if n, parseErr := strconv.Atoi(major); err != nil || parseErr != nil || n < 18 {
		return ""
	}
	return path
})

// judgedElsewhere demands that the verifier in JavaScript says the same of evidence, by
// the same pins and by no others.
func (o *operator) judgedElsewhere(path string, level, exit int) {
	o.t.Helper()
	if node() == "" {
		o.t.Log("the verifier in JavaScript is not run: Node.js 18 or later is not installed")
		return
	}
	other := proofs.Hash{1}
	for pin, want := range map[proofs.Hash]int{o.genesis: exit, other: proofs.ExitInvalid} {
		cmd := exec.Command(node(), javascript, path, "--policy", filepath.Join(o.pins(level), "client", "policy"), "--genesis", hex.EncodeToString(pin[:]))
		out, err := cmd.CombinedOutput()
		var ended *exec.ExitError
		if err != nil && !errors.As(err, &ended) {
			o.t.Fatal(err)
		}
		if got := cmd.ProcessState.ExitCode(); got != want {
			o.t.Errorf("the verifier in JavaScript: exit %d, want %d\n%s", got, want, out)
		}
	}
}
