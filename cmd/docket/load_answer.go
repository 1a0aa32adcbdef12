package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"runtime"
	"strings"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/statement"
)

// sample is a receipt that will be verified in full.
type sample struct {
	job
	receipt []byte
}

// take counts the answer to a request. An error says that it cannot be used.
func (s *sender) take(w *worker, status int, jobs []job) error {
	answer := w.answer.Bytes()
	w.bytes += uint64(len(answer))
	if s.batch == 1 {
		return s.one(w, status, jobs[0], answer)
	}
	if status != http.StatusOK {
		// Nothing of the request was done: later versions of its documents
		// would be refused for a reason that is not theirs.
		return s.problemIn(status, answer)
	}
	lines := bytes.Split(bytes.TrimSuffix(answer, []byte("\n")), []byte("\n"))
	if len(lines) != len(jobs) {
		return fmt.Errorf("%w: %d lines for %d releases", client.ErrAnswer, len(lines), len(jobs))
	}
	for i, line := range lines {
		status, part, ok := splitLine(line, i)
		if !ok {
			return fmt.Errorf("%w: line %d is %.80q", client.ErrAnswer, i, s.hide(string(line)))
		}
		if err := s.one(w, status, jobs[i], part); err != nil {
			return err
		}
	}
	return nil
}

// splitLine takes line i of an NDJSON answer apart without parsing its receipt.
func splitLine(line []byte, i int) (status int, part []byte, ok bool) {
	var number int
	const receipt, problem = `,"receipt":`, `,"problem":`
	head, part, ok := bytes.Cut(line, []byte(receipt))
	if !ok {
		head, part, ok = bytes.Cut(line, []byte(problem))
	}
	n, err := fmt.Sscanf(string(head), `{"line":%d,"status":%d`, &number, &status)
	if !ok || err != nil || n != 2 || number != i || len(part) == 0 || part[len(part)-1] != '}' {
		return 0, nil, false
	}
	return status, part[:len(part)-1], true
}

// one counts the answer to one release.
func (s *sender) one(w *worker, status int, j job, answer []byte) error {
	switch status {
	case http.StatusCreated:
		w.admitted++
	case http.StatusOK:
		w.duplicates++
	default:
		p := s.problemIn(status, answer)
		if p.Code == "" {
			return fmt.Errorf("%w: status %d without a problem document", client.ErrAnswer, status)
		}
		w.count(&w.refused, p.Code)
		return nil
	}
	if !isReceiptOf(answer, j.envelope) {
		return fmt.Errorf("%w: not the receipt of %s: %.200q", client.ErrAnswer, j.digest, s.hide(string(answer)))
	}
	if sampled(j.number, s.percent) {
		s.mu.Lock()
		s.samples = append(s.samples, sample{j, bytes.Clone(answer)})
		s.mu.Unlock()
	}
	return nil
}

// isReceiptOf says whether an answer is of the form of a receipt and carries the
// envelope that was sent. No receipt has the name before its member: quotation
// marks in strings are escaped.
func isReceiptOf(answer, envelope []byte) bool {
	at := bytes.Index(answer, []byte(`,"envelope":`))
	return at > 0 && bytes.HasPrefix(answer, []byte(`{"checkpoint":"`)) && answer[len(answer)-1] == '}' &&
		bytes.HasPrefix(answer[at+len(`,"envelope":`):], envelope)
}

// sampled chooses percent of the numbers evenly, 0 in any case unless percent is 0.
func sampled(number uint64, percent float64) bool {
	return percent > 0 && (number == 0 || uint64(float64(number+1)*percent/100) > uint64(float64(number)*percent/100))
}

// codeForm is what the stable codes of docket are: those of rules, and words.
var codeForm = regexp.MustCompile(`^(E[0-9]{3}|[a-z]{1,16}(-[a-z]{1,16}){0,3})$`)

// unknownCode stands for a code that is none of docket's. It is counted and printed
// where the server's own words could steer a terminal or be somebody's secret.
const unknownCode = "unknown"

// problemIn reads a problem document; with none the code is empty.
func (s *sender) problemIn(status int, body []byte) *client.Refused {
	p := &client.Refused{}
	if json.Unmarshal(body, p) != nil {
		p = &client.Refused{}
	}
	if p.Code != "" && (!codeForm.MatchString(p.Code) || p.Code == s.token) {
		p.Code = unknownCode
	}
	p.Status, p.Field, p.Detail = status, s.hide(p.Field), s.hide(p.Detail)
	return p
}

// hide takes the client's token out of what a server or a proxy echoes.
func (s *sender) hide(text string) string {
	if s.token == "" {
		return text
	}
	return strings.ReplaceAll(text, s.token, "(the token)")
}

// verifySamples verifies the receipts that were chosen since the last call.
func (s *sender) verifySamples(v proofs.Verifier, prefix string, documents uint64) (uint64, error) {
	samples := s.samples
	s.samples = nil
	err := each(len(samples), runtime.GOMAXPROCS(0), func(_, i int) error {
		return samples[i].verify(v, prefix, documents)
	})
	return uint64(len(samples)), err
}

// verify verifies a receipt as docket verify does.
func (s sample) verify(v proofs.Verifier, prefix string, documents uint64) error {
	r, err := proofs.ParseReceipt(s.receipt)
	if err != nil {
		return fmt.Errorf("%w: %v", client.ErrAnswer, err)
	}
	if r.Envelope == nil || statement.DigestOf(r.Envelope.Payload) != s.digest {
		return fmt.Errorf("%w: the receipt is of another statement than %s", client.ErrAnswer, s.digest)
	}
	// Dev: the number of cosigners is not what is measured here.
	verdict := v.Verify(r, proofs.Expect{File: loadFile(prefix, s.number), Document: loadDocument(prefix, documents, s.number), Dev: true})
	ended := documents > 0 && verdict.Kind == proofs.WasAuthoritative // by a later version
	if verdict.Kind != proofs.Authoritative && !ended {
		return fmt.Errorf("%w: the receipt of %s: %s: %s", client.ErrAnswer, s.digest, verdict.Kind, verdict.Sentence())
	}
	return nil
}
