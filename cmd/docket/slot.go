package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/docketlog/docket/proofs/statement"
)

// slotName is what the name of a slot may be.
var slotName = regexp.MustCompile(`^[a-z0-9-]{1,32}$`)

// A slotPath is a file in a slot of a run.
type slotPath struct{ slot, path string }

// slotPaths reads the files of a flag: SLOT=FILE, or FILE for a slot named after flag
// and place, such as input-1. Of a file the log gets slot and digest alone: names of
// files leak.
func slotPaths(flag string, values []string) ([]slotPath, error) {
	var out []slotPath
	for i, value := range values {
		slot, path, named := strings.Cut(value, "=")
		if !named {
			slot, path = fmt.Sprintf("%s-%d", flag, i+1), value
		}
		if path == "" || !slotName.MatchString(slot) {
			return nil, usage("--%s %q is not SLOT=FILE: a slot has 1 to 32 of a to z, 0 to 9 and -", flag, value)
		}
		if slices.ContainsFunc(out, func(p slotPath) bool { return p.slot == slot }) {
			return nil, usage("--%s %q: the slot %q stands twice; name another with SLOT=FILE", flag, value, slot)
		}
		out = append(out, slotPath{slot, path})
	}
	return out, nil
}

// slotFiles hashes the files of a flag.
func slotFiles(flag string, values []string) ([]statement.File, error) {
	paths, err := slotPaths(flag, values)
	if err != nil {
		return nil, err
	}
	files := []statement.File{}
	for _, p := range paths {
		digest, _, err := hashFile(p.path)
		if err != nil {
			return nil, err
		}
		files = append(files, statement.File{Name: p.slot, Digest: digest})
	}
	return files, nil
}

// splitThree splits a value at its two commas; nil: it has not two.
func splitThree(value string) []string {
	if parts := strings.Split(value, ","); len(parts) == 3 {
		return parts
	}
	return nil
}
