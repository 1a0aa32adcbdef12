package proofs

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// vectorFolder is where the test vectors stand, a Go module of their own.
const vectorFolder = "../docs/vectors"

var writeVectors = flag.Bool("write-vectors", false, "write the files of docs/vectors instead of comparing them")

// vectorFiles are all files of vectors, one JSON object a line, by name.
var vectorFiles = map[string]func(testing.TB) [][]byte{
	"vkey.jsonl":        vkeyVectors,
	"checkpoint.jsonl":  checkpointVectors,
	"cosignature.jsonl": cosignatureVectors,
	"keylist.jsonl":     keyListVectors,
	"policy.jsonl":      policyVectors,
	"quorum.jsonl":      quorumVectors,
	"merkle.jsonl":      merkleVectors,
	"tile.jsonl":        tileVectors,
	"leaf.jsonl":        leafVectors,
	"statement.jsonl":   statementVectors,
	"signature.jsonl":   signatureVectors,
	"register.jsonl":    registerVectors,
	"path.jsonl":        pathVectors,
	"history.jsonl":     historyVectors,
	"transition.jsonl":  transitionVectors,
	"receipt.jsonl":     receiptVectors,
	"invalid.jsonl":     invalidVectors,
	"form.jsonl":        formVectors,
	"moment.jsonl":      momentVectors,
	"absence.jsonl":     absenceVectors,
	"record.jsonl":      recordVectors,
}

// TestVectorsAreCurrent makes all vectors anew from fixed seeds: the files are what
// this code makes. The flag -write-vectors writes them.
func TestVectorsAreCurrent(t *testing.T) {
	var names []string
	for name, make := range vectorFiles {
		names = append(names, name)
		want := append(bytes.Join(make(t), []byte("\n")), '\n')
		path := filepath.Join(vectorFolder, name)
		if *writeVectors {
			if err := os.WriteFile(path, want, 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not what this code makes (%v): go test ./proofs -run TestVectorsAreCurrent -write-vectors", name, err)
		}
	}
	files, err := filepath.Glob(filepath.Join(vectorFolder, "*.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if !slices.Contains(names, filepath.Base(file)) {
			t.Errorf("nothing makes %s", file)
		}
	}
}

// lines prints vectors, one object a line.
func lines[V any](list []V) (out [][]byte) {
	for _, v := range list {
		out = append(out, marshalJSON(v, ""))
	}
	return out
}

// vectors reads the lines of a file, strictly.
func vectors[V any](t *testing.T, name string) (list []V) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(vectorFolder, name))
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(b) {
		var v V
		d := json.NewDecoder(bytes.NewReader(line))
		d.DisallowUnknownFields()
		if err := d.Decode(&v); err != nil {
			t.Fatalf("%s: %v in %.200s", name, err, line)
		}
		list = append(list, v)
	}
	if len(list) == 0 {
		t.Fatalf("%s is empty", name)
	}
	return list
}

// The results of a vector that is parsed or verified.
const (
	vectorAccept = "accept"
	vectorRefuse = "refuse"
)

// wantResult compares what came of a vector with what it says.
func wantResult(t *testing.T, comment, result string, err error) {
	t.Helper()
	if (err == nil) != (result == vectorAccept) || result != vectorAccept && result != vectorRefuse {
		t.Errorf("%s: %v, want %s", comment, err, result)
	}
}
