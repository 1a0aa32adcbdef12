package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// recheck checks a proof that docket printed in JSON, as a stranger does: offline,
// with x/mod and the key in the first line "log KEY" of a policy.
func recheck(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: recheck POLICY FILE")
	}
	var key string
	for line := range strings.Lines(ts.ReadFile(args[0])) {
		if k, ok := strings.CutPrefix(line, "log "); ok {
			key = strings.Fields(k)[0]
		}
	}
	text, err := os.ReadFile(ts.MkAbs(args[1]))
	ts.Check(err)
	err = recheckProof(key, text)
	if neg != (err != nil) {
		ts.Fatalf("%s: %v", args[1], err)
	}
}

func recheckProof(key string, text []byte) error {
	var p struct {
		Result       string
		Index, Size  int64
		LeafHash     []byte
		Hashes       [][]byte
		Checkpoint   string
		Older, Newer struct{ Note string }
	}
	if err := json.Unmarshal(text, &p); err != nil {
		return err
	}
	hashes := make([]tlog.Hash, len(p.Hashes))
	for i, h := range p.Hashes {
		hashes[i] = tlog.Hash(h)
	}
	if p.Result == "" {
		head, err := openHead(key, p.Checkpoint)
		if err != nil || head.N != p.Size {
			return fmt.Errorf("checkpoint of size %d: %v", head.N, err)
		}
		return tlog.CheckRecord(hashes, head.N, head.Hash, p.Index, tlog.Hash(p.LeafHash))
	}
	older, err := openHead(key, p.Older.Note)
	if err != nil {
		return err
	}
	newer, err := openHead(key, p.Newer.Note)
	if err != nil {
		return err
	}
	return tlog.CheckTree(hashes, newer.N, newer.Hash, older.N, older.Hash)
}

func openHead(key, text string) (tlog.Tree, error) {
	verifier, err := note.NewVerifier(key)
	if err != nil {
		return tlog.Tree{}, err
	}
	n, err := note.Open([]byte(text), note.VerifierList(verifier))
	if err != nil {
		return tlog.Tree{}, err
	}
	lines := strings.Split(n.Text, "\n")
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return tlog.Tree{}, err
	}
	root, err := base64.StdEncoding.DecodeString(lines[2])
	if err != nil || len(root) != tlog.HashSize {
		return tlog.Tree{}, fmt.Errorf("root %q: %v", lines[2], err)
	}
	return tlog.Tree{N: size, Hash: tlog.Hash(root)}, nil
}
