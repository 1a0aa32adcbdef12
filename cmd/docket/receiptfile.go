package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/statement"
)

// neverReleased says that a log is proven to have no release of some bytes.
type neverReleased struct {
	file   string
	digest statement.Digest
	size   uint64
}

func (e *neverReleased) Error() string {
	return fmt.Sprintf("UNKNOWN: this log released no document with the bytes of %s (%s), as of size %d (proven)", e.file, e.digest, e.size)
}

// receiptOfFile fetches the receipt of the release of a file's bytes. If they were
// released as several documents, document says which one is meant.
func receiptOfFile(ctx context.Context, c *client.Client, file, document string) (*proofs.Receipt, error) {
	digest, _, err := hashFile(file)
	if err != nil {
		return nil, err
	}
	d, err := c.Digest(ctx, digest)
	if err != nil {
		return nil, err
	}
	if d.State == nil || d.State.Releases == 0 {
		return nil, &neverReleased{file, digest, d.Size}
	}
	receipts, err := c.ReceiptsOf(ctx, digest)
	if err != nil {
		return nil, err
	}
	if len(receipts) == 0 {
		return nil, fmt.Errorf("%w: it keeps back the %d releases of these bytes", client.ErrAnswer, d.State.Releases)
	}
	var names []string
	for _, r := range receipts {
		name, err := client.DocumentOf(r)
		if err != nil {
			return nil, err
		}
		if name == document || document == "" && len(receipts) == 1 {
			return r, nil
		}
		names = append(names, name)
	}
	if document == "" {
		return nil, usage("%s was released as several documents: say which one with --doc: %s", file, strings.Join(names, ", "))
	}
	return nil, fmt.Errorf("%s was not released as %s, but as %s", file, document, strings.Join(names, ", "))
}
