package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/statement"
)

// run comes to a verdict.
func (v *verify) run(ctx context.Context, now time.Time) (proofs.Verdict, error) {
	digest, _, err := hashFile(v.file)
	if err != nil {
		return proofs.Verdict{}, err
	}
	receipt, err := v.readReceipt()
	if verdict := invalidFile(err, digest); verdict != nil { // a verdict, not a failure of this program
		return *verdict, nil
	}
	if err != nil {
		return proofs.Verdict{}, err
	}
	given, err := v.readStaples()
	if verdict := invalidFile(err, digest); verdict != nil {
		return *verdict, nil
	}
	if err != nil {
		return proofs.Verdict{}, err
	}
	expect := proofs.Expect{File: digest, Document: v.document, Now: now.UnixMilli(), MaxAge: v.maxAgeMillis()}
	if v.policy != "" {
		verifier, err := readVerifier(v.policy, v.genesis)
		if err != nil {
			return proofs.Verdict{}, err
		}
		verdict := verifier.VerifyAt(receipt, given, v.then, expect)
		return notAsked(verdict, "whether something newer exists: without a client folder no server is asked"), nil
	}
	c, config, err := v.folders.pinnedClient("")
	if err != nil {
		return proofs.Verdict{}, err
	}
	if v.genesis != "" {
		if c.Verifier, err = readVerifier(v.folders.policy(), v.genesis); err != nil {
			return proofs.Verdict{}, err
		}
	}
	if v.document == "" {
		expect.Namespaces = config.Expect
	}
	expect.Dev = config.Dev
	if len(given) > 0 {
		return notAsked(c.Verifier.VerifyAt(receipt, given, v.then, expect), "whether something newer exists: --staple says what is used"), nil
	}
	return v.withNewer(ctx, c, config, receipt, expect), nil
}

// maxAgeMillis is --max-age, rounded up: 0 stands for none.
func (v *verify) maxAgeMillis() int64 { return (v.maxAge + time.Millisecond - 1).Milliseconds() }

// readStaples reads the staples that were given.
func (v *verify) readStaples() ([]*proofs.Receipt, error) {
	var given []*proofs.Receipt
	for _, path := range v.staples {
		r, err := parseReceiptFile(path)
		if err != nil {
			return nil, err
		}
		given = append(given, r)
	}
	return given, nil
}

// readReceipt reads the receipt of the file.
func (v *verify) readReceipt() (*proofs.Receipt, error) {
	path := v.receipt
	if path == "" {
		path = v.file + ".docket"
	}
	r, err := parseReceiptFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if v.receipt == "" && beginsAsPack(v.file) {
			return nil, fmt.Errorf("%s has no receipt: %s is not there; as an evidence pack it is verified under a name that ends in .zip", v.file, path)
		}
		return nil, fmt.Errorf("%s has no receipt: %s is not there; name it with --receipt", v.file, path)
	}
	return r, err
}

// malformedReceipt says that a file is no receipt.
type malformedReceipt struct {
	path string
	err  error
}

func (e *malformedReceipt) Error() string { return e.path + ": " + e.err.Error() }

// parseReceiptFile reads a receipt or staple from a file.
func parseReceiptFile(path string) (*proofs.Receipt, error) {
	b, err := readFile(path)
	if err != nil {
		return nil, err
	}
	r, err := proofs.ParseReceipt(b)
	if err != nil {
		return nil, &malformedReceipt{path, err}
	}
	return r, nil
}

// invalidFile is the verdict about a file that is no receipt; nil: err is another error.
func invalidFile(err error, digest statement.Digest) *proofs.Verdict {
	var malformed *malformedReceipt
	if !errors.As(err, &malformed) {
		return nil
	}
	return &proofs.Verdict{Kind: proofs.Invalid, Exit: proofs.ExitInvalid, File: digest, Reason: malformed.Error()}
}
