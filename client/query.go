package client

import (
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/docketlog/docket/proofs/statement"
)

// A Query says which entries to search for: those that fit all of it. At least one
// filter is given.
type Query struct {
	Digest   *statement.Digest // of a document's exact bytes
	Document string            // id
	Identity string            // id of the issuer
	Since    time.Time         // not before, by the log's clock
	Until    time.Time         // before it, by the log's clock

	Kind        statement.Code    // 0: any
	Run         string            // that the statement names, opened or not
	Parent      string            // run that its run is a part of
	Grant       *statement.Digest // the grant itself, what spends it, and what is about it
	About       *statement.Digest // a statement that it is about, or its evidence
	Traceparent string            // or a trace id alone; all of the trace is found
	External    string            // a thing in another system: the system, "/" and the id there
	Input       *statement.Digest // bytes that a run or step starts from
	Output      *statement.Digest // bytes that a step or run brought about
	Workflow    *statement.Digest // text of a workflow

	Limit int // entries at most; 0: 50
}

// Empty says that there is no filter.
func (q Query) Empty() bool {
	q.Limit = 0
	return q == Query{}
}

// values is the query as the server reads it.
func (q Query) values() (url.Values, error) {
	if q.Empty() {
		return nil, errors.New("a search wants at least one filter")
	}
	v := url.Values{}
	for name, d := range map[string]*statement.Digest{
		"digest": q.Digest, "grant": q.Grant, "about": q.About, "input": q.Input, "output": q.Output, "workflow": q.Workflow,
	} {
		if d != nil {
			v.Set(name, hex.EncodeToString(d[:]))
		}
	}
	for name, text := range map[string]string{
		"document": q.Document, "identity": q.Identity, "run": q.Run, "parent": q.Parent, "traceparent": q.Traceparent, "external": q.External,
	} {
		if text != "" {
			v.Set(name, text)
		}
	}
	if q.Kind != 0 {
		v.Set("kind", q.Kind.String())
	}
	for name, t := range map[string]time.Time{"since": q.Since, "until": q.Until} {
		if !t.IsZero() {
			v.Set(name, t.UTC().Format("2006-01-02T15:04:05.000Z"))
		}
	}
	v.Set("limit", fmt.Sprint(min(q.Limit, 200)))
	return v, nil
}

func (q Query) fits(e *Entry) bool {
	document, _ := e.Document()
	return (q.Digest == nil || document != "" && e.Statement.Code != statement.DocumentWithdraw && *q.Digest == e.Statement.Subject) &&
		(q.Document == "" || q.Document == document) &&
		(q.Identity == "" || q.Identity == e.Statement.Issuer) &&
		(q.Since.IsZero() || e.Time >= q.Since.UnixMilli()) &&
		(q.Until.IsZero() || e.Time < q.Until.UnixMilli()) &&
		q.fitsMentions(e)
}

// fitsMentions compares what the statement mentions.
func (q Query) fitsMentions(e *Entry) bool {
	mentions := e.Statement.Mentions()
	has := func(of statement.MentionOf, value string) bool {
		return value == "" || slices.Contains(mentions, statement.Mention{Of: of, Value: value})
	}
	digest := func(of statement.MentionOf, d *statement.Digest) bool {
		return d == nil || slices.Contains(mentions, statement.MentionDigest(of, *d))
	}
	trace, _ := statement.TraceID(q.Traceparent)
	itself := q.Grant != nil && *q.Grant == e.Digest && e.Statement.Code == statement.DecisionGrant
	return (q.Kind == 0 || q.Kind == e.Statement.Code) &&
		has(statement.MentionRun, q.Run) && has(statement.MentionParent, q.Parent) &&
		has(statement.MentionTrace, trace) && has(statement.MentionExternal, q.External) &&
		(itself || digest(statement.MentionGrant, q.Grant) || digest(statement.MentionAbout, q.Grant)) &&
		digest(statement.MentionAbout, q.About) && digest(statement.MentionWorkflow, q.Workflow) &&
		digest(statement.MentionInput, q.Input) && digest(statement.MentionOutput, q.Output)
}
