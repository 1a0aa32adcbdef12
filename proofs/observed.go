package proofs

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/docketlog/docket/proofs/statement"
)

// ObserveCheckpoint is what an attest.observe in another log says of a checkpoint,
// whose note has this SHA-256: docs/spec/checkpoint.md, section 10.
func ObserveCheckpoint(cp Checkpoint, note statement.Digest) []statement.Observed {
	root := statement.Digest(cp.Root)
	return []statement.Observed{
		{Resource: fmt.Sprintf("%s:checkpoint:%d", cp.Origin, cp.Size), Property: "present", Digest: &note},
		{Resource: fmt.Sprintf("%s:root:%d", cp.Origin, cp.Size), Property: "present", Digest: &root},
	}
}

// ObservedCheckpoint reads such a statement about the log with this origin. It demands
// the one form: what is another statement is an error, never a smaller checkpoint.
func ObservedCheckpoint(origin string, s *statement.Statement) (head TreeHead, err error) {
	body, ok := s.Body.(*statement.AttestObservation)
	if !ok || len(body.Observed) != 2 || body.About != nil || s.Run != "" {
		return head, errors.New("it is no attest.observe about a checkpoint and its root, and nothing else")
	}
	note, root := body.Observed[0], body.Observed[1]
	size, ok := strings.CutPrefix(note.Resource, origin+":checkpoint:")
	if !ok || root.Resource != origin+":root:"+size || note.Digest == nil || root.Digest == nil {
		return head, fmt.Errorf("it is about %q and %q; want a checkpoint of %s and its root", note.Resource, root.Resource, origin)
	}
	if head.Size, err = strconv.ParseUint(size, 10, 63); err != nil || strconv.FormatUint(head.Size, 10) != size {
		return TreeHead{}, fmt.Errorf("%q is no size", size)
	}
	if note.Property != "present" || root.Property != "present" || note.Count != nil || root.Count != nil || s.Subject != *note.Digest {
		return TreeHead{}, errors.New("it is about a checkpoint, in another form: want the property present, no count, and the note's SHA-256 as subject")
	}
	head.Root = Hash(*root.Digest)
	return head, nil
}
