package main

import (
	"context"
	"fmt"
	"io"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// complete is what is said of a history, and of nothing else.
const complete = "proven"

// eventView is one event of a history.
type eventView struct {
	Seq       uint64 `json:"seq"`
	Index     uint64 `json:"index"`
	Time      string `json:"time"` // by the log's clock
	Kind      string `json:"kind"`
	Version   uint32 `json:"version,omitempty"` // of a document
	Digest    string `json:"digest,omitempty"`  // of its bytes
	Status    string `json:"status,omitempty"`  // of an identity, afterwards
	Key       string `json:"key,omitempty"`     // SHA-256 of its SPKI
	Statement string `json:"statement"`
}

var documentKinds = map[uint8]string{register.DocumentRelease: "release", register.DocumentWithdraw: "withdraw"}

var identityKinds = map[uint8]string{
	register.IdentityEnroll: "enroll", register.IdentityRotate: "rotate", register.IdentitySuspend: "suspend",
	register.IdentityResume: "resume", register.IdentityRevoke: "revoke", register.IdentityRetire: "retire",
}

// readHistory fetches a history and says what its events are.
func readHistory(ctx context.Context, cl *client.Client, t register.Type, id string) (*client.History, []eventView, error) {
	h, err := cl.History(ctx, t, id)
	if err != nil {
		return nil, nil, err
	}
	views := []eventView{}
	for i, e := range h.Events {
		v := eventView{Seq: e.Seq, Index: e.Index, Time: statement.FormatTime(int64(e.Time))}
		if t == register.TypeDocument {
			err = v.ofDocument(e.Kind, h.Bodies[i])
		} else {
			err = v.ofIdentity(e.Kind, h.Bodies[i])
		}
		if err != nil {
			return nil, nil, fmt.Errorf("event %d: %w", e.Seq, err)
		}
		views = append(views, v)
	}
	return h, views, nil
}

func (v *eventView) ofDocument(kind uint8, text []byte) error {
	body, err := register.ParseDocumentBody(text)
	v.Kind, v.Version = documentKinds[kind], body.Version
	v.Digest, v.Statement = statement.Digest(body.Digest.Hash()).String(), statement.Digest(body.Statement).String()
	return err
}

func (v *eventView) ofIdentity(kind uint8, text []byte) error {
	body, err := register.ParseIdentityBody(text)
	v.Kind, v.Status = identityKinds[kind], identityStatuses[body.State.Status]
	v.Key, v.Statement = statement.Digest(body.State.Key.Hash()).String(), statement.Digest(body.Statement).String()
	return err
}

// printEvents prints a history, one event on a line.
func printEvents(out io.Writer, events []eventView) error {
	for _, e := range events {
		what := fmt.Sprintf("version %d  %s", e.Version, e.Digest)
		if e.Key != "" {
			what = fmt.Sprintf("%s  key %s", e.Status, e.Key)
		}
		if _, err := fmt.Fprintf(out, "  %d  %s  entry %d  %s  %s\n", e.Seq, e.Time, e.Index, e.Kind, what); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(out, "events: %d, complete: %s\n", len(events), complete)
	return err
}
