package main

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/pack"
)

// isPack says whether verify is asked about a pack: a file of that name and beginning
// that has no receipt. By its beginning alone no file is one: exit code 0 of a pack says
// nothing of the file's own bytes, so who verifies a PDF must never get it for a pack.
func (v *verify) isPack() bool {
	if v.receipt != "" || v.never || !strings.HasSuffix(v.file, ".zip") {
		return false
	}
	_, err := os.Lstat(v.file + ".docket")
	return errors.Is(err, fs.ErrNotExist) && beginsAsPack(v.file)
}

// beginsAsPack says whether the first file in a zip file is that of packs.
func beginsAsPack(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	head := make([]byte, 30+len("SPEC.txt"))
	_, err = io.ReadFull(f, head)
	return err == nil && string(head[:4]) == "PK\x03\x04" && string(head[30:]) == "SPEC.txt"
}

// verifyPack judges a pack with the verifier's own pins. No server is asked.
func (v *verify) verifyPack(cmd *cobra.Command) error {
	if v.at != "" || cmd.Flags().Changed("as-of") || len(v.staples) > 0 {
		return usage("%s has no receipt, so it is taken for an evidence pack: that answers for its own checkpoint, without --at, --as-of and --staple", v.file)
	}
	b, err := readPack(v.file)
	if err != nil {
		return err
	}
	expect := pack.Expect{Document: v.document, Now: time.Now().UnixMilli(), MaxAge: v.maxAgeMillis()}
	var verifier proofs.Verifier
	if v.policy != "" {
		if verifier, err = readVerifier(v.policy, v.genesis); err != nil {
			return err
		}
	} else {
		config, err := v.folders.clientConfig()
		if err != nil {
			return err
		}
		if verifier, err = readVerifier(v.folders.policy(), v.genesis); err != nil {
			return err
		}
		if expect.Dev = config.Dev; v.document == "" {
			expect.Namespaces = config.Expect
		}
		if note, err := readFile(filepath.Join(v.folders.client(), "checkpoint")); err == nil { // a convenience: a verdict does not depend on it
			expect.Seen = [][]byte{note}
		}
	}
	verdict := pack.Verify(verifier, b, expect)
	if len(verdict.Notes) == 2 { // of CONTRADICTED: portable, whatever becomes of the folder
		fork := &client.ForkError{Seen: verdict.Notes[0], Shown: verdict.Notes[1], Genesis: verifier.Genesis}
		if _, err := v.folders.keepEvidence(fork); err != nil {
			verdict.Warnings = append(verdict.Warnings, "the two signed checkpoints could not be kept: "+err.Error())
		}
	}
	return v.printPack(cmd.OutOrStdout(), verdict)
}

// readPack reads no more than a pack can have: one byte more makes it INVALID.
func readPack(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	b, err := io.ReadAll(io.LimitReader(f, pack.MaxSize+1))
	return b, errors.Join(err, f.Close())
}

func (v *verify) printPack(out io.Writer, verdict pack.Verdict) error {
	text := verdict.Brief()
	switch {
	case v.json:
		text = string(jsonLine(verdict))
	case v.checks:
		text = verdict.String()
	}
	if _, err := io.WriteString(out, text); err != nil {
		return err
	}
	if verdict.Exit != 0 {
		return &verdictError{verdict.Exit}
	}
	return nil
}
