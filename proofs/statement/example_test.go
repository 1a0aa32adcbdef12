package statement_test

import (
	"errors"
	"fmt"

	"github.com/docketlog/docket/proofs/statement"
)

func ExampleParse() {
	payload := []byte(`{"_type":"https://in-toto.io/Statement/v1","predicate":{"at":"2026-11-10T14:02:11.004Z",` +
		`"document":"notes/1","issuer":"wl/doc-publisher","log":"docket.harbor-mutual.example","media":"text/plain",` +
		`"nonce":"-X2PCGjLnyWqNYD1wNi8HA","prev":null,"size":16,"to":[],"version":1},` +
		`"predicateType":"https://github.com/docketlog/docket/spec/document.release/v1",` +
		`"subject":[{"digest":{"sha256":"c929b5b81ef2f570525bf76c95e6784721fc328195b920dce2819da07265bbd4"}}]}`)
	s, err := statement.Parse(payload)
	if err != nil {
		fmt.Println(err)
		return
	}
	release := s.Body.(*statement.ReleaseDocument)
	fmt.Println(s.Code, release.Document, "version", release.Version)
	fmt.Println(statement.DigestOf(payload))

	_, err = statement.Parse(append(payload, '\n'))
	var refused *statement.Error
	if errors.As(err, &refused) {
		fmt.Println(refused.Code)
	}
	// Output:
	// document.release notes/1 version 1
	// sha256:886ff39ac27a153a28227be7ff485496d8122a1810ed6a02a4f1029e5dc1555e
	// E101
}
