package scenario

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/proofs/statement"
)

// genesisOf makes the policy.set of index 0 from a policy of the cast.
func (y *Play) genesisOf(line Line) (statement.Envelope, error) {
	d, ok := y.story.declared("policy", line.words[0])
	if !ok {
		return statement.Envelope{}, fmt.Errorf("policy %s is not declared", line.words[0])
	}
	members := make([]client.Member, 0, 3)
	for _, id := range append(d.args.list("members"), d.args["log"]) {
		k, err := y.key(y.keyName(id))
		if err != nil {
			return statement.Envelope{}, err
		}
		members = append(members, client.Member{ID: id, Signer: k})
	}
	author, err := y.author(line.Signer, "")
	if err != nil {
		return statement.Envelope{}, err
	}
	return author.Genesis(statement.Policy{
		Admins:      statement.Admins{M: d.args.number("m", 1)},
		SkewSeconds: d.args.seconds("skew", 0), GrantMaxSeconds: d.args.seconds("grantMax", 0), AccessMaxSeconds: d.args.seconds("accessMax", 0),
		ContentMax: statement.MaxPayload, WitnessPolicy: sha256.Sum256(y.policy),
		Overridable: d.args.list("overridable"), OverrideRoles: d.args.list("overrideRoles"), Direct: d.args.list("direct"),
	}, members[:len(members)-1], members[len(members)-1])
}

// terms are what the cast says of an identity, with a key.
func (y *Play) terms(id, keyName string) (*statement.EnrollIdentity, client.Signer, error) {
	d, _ := y.story.declared("identity", id)
	if keyName == "" {
		keyName = d.args.or("key", id)
	}
	k, err := y.key(keyName)
	if err != nil {
		return nil, nil, err
	}
	e := &statement.EnrollIdentity{
		ID: id, Class: d.args["class"], Owner: d.args["owner"], Roles: d.args.list("roles"), SPKI: k.SPKI(),
		NotAfter: d.args.time("until", time.Time{}), Verbs: d.args.list("verbs"), Namespaces: d.args.list("namespaces"), Custody: d.args["custody"],
	}
	if d.args.has("tools") {
		e.Tools = d.args.list("tools")
	}
	return e, k, nil
}

// enroll: the new key signs its proof of possession over the statement's nonce;
// name and mail of a person are sealed.
func (y *Play) enroll(author *client.Author, line Line) (statement.Envelope, error) {
	id := line.words[0]
	e, k, err := y.terms(id, line.args["newkey"])
	if err != nil {
		return statement.Envelope{}, err
	}
	d, _ := y.story.declared("identity", id)
	sealed, err := sealedOf(d.args)
	if err != nil {
		return statement.Envelope{}, err
	}
	return y.possessed(author, line, statement.Statement{Sealed: sealed, Body: e}, e, k, "enroll")
}

// rotate gives an identity a new key; its terms stay.
func (y *Play) rotate(author *client.Author, line Line) (statement.Envelope, error) {
	e, k, err := y.rotated(line.words[0], line)
	if err != nil {
		return statement.Envelope{}, err
	}
	body := &statement.RotateIdentity{EnrollIdentity: *e}
	return y.possessed(author, line, statement.Statement{Body: body}, &body.EnrollIdentity, k, "rotate")
}

func (y *Play) rotated(id string, line Line) (*statement.EnrollIdentity, client.Signer, error) {
	e, k, err := y.terms(id, line.args["newkey"])
	if err == nil && line.args.has("expires") {
		e.NotAfter = line.args.time("expires", line.Time)
	}
	return e, k, err
}

// possessed signs a statement that brings a new key, with the proof of that key.
func (y *Play) possessed(author *client.Author, line Line, s statement.Statement, e *statement.EnrollIdentity, k client.Signer, op string) (statement.Envelope, error) {
	var err error
	if s.Nonce, err = nonce(); err != nil {
		return statement.Envelope{}, err
	}
	if e.Proof, err = k.Sign(statement.ProofMessage(y.story.Origin, op, e.ID, k.SPKI(), s.Nonce)); err != nil {
		return statement.Envelope{}, err
	}
	s.Subject = sha256.Sum256(k.SPKI())
	if s.Spends, err = y.refs(line.args.list("spends")); err != nil {
		return statement.Envelope{}, err
	}
	return author.Sign(s)
}

// keyDigest is the subject of what is said about an identity: its current key.
func (y *Play) keyDigest(id string) (statement.Digest, error) {
	k, err := y.key(y.keyName(id))
	if err != nil {
		return statement.Digest{}, err
	}
	return sha256.Sum256(k.SPKI()), nil
}

func (y *Play) suspend(author *client.Author, line Line) (statement.Envelope, error) {
	key, err := y.keyDigest(line.words[0])
	if err != nil {
		return statement.Envelope{}, err
	}
	return author.Sign(statement.Statement{Subject: key, Body: &statement.SuspendIdentity{ID: line.words[0], Reason: line.args["reason"]}})
}

func (y *Play) revoke(author *client.Author, line Line) (statement.Envelope, error) {
	key, err := y.keyDigest(line.words[0])
	if err != nil {
		return statement.Envelope{}, err
	}
	body := &statement.RevokeIdentity{ID: line.words[0], Reason: line.args["reason"], CompromisedSince: line.args.time("since", line.Time)}
	return author.Sign(statement.Statement{Subject: key, Body: body})
}

// flow is the text of a workflow of the cast.
func (y *Play) flow(name string) ([]byte, error) {
	d, ok := y.story.declared("workflow", name)
	if !ok {
		return nil, fmt.Errorf("workflow %s is not declared", name)
	}
	id, version, _ := strings.Cut(name, "@v")
	a := d.args
	f := statement.Workflow{
		ID: id, Version: args{"v": version}.number("v", 0), Namespaces: a.list("namespaces"), Tools: a.list("tools"), Targets: a.list("targets"),
		Destinations: a.list("destinations"), Expects: a.list("expects"), WithdrawGrants: a.number("withdraw", 0),
		Approval: statement.Approval{
			N: a.number("n", 0), Roles: a.list("roles"), Class: a["class"], Level: a.or("level", "any"), TTLSeconds: a.seconds("ttl", 0),
		},
		Runners: []statement.Digest{}, Detail: a.or("detail", "full"), Materiality: a.or("materiality", "external"), Retention: "P7Y",
		MaxDurationSeconds: a.seconds("duration", 0), MaxAttempts: a.number("attempts", 1), RetryWindowSeconds: a.seconds("retry", 0),
	}
	for _, name := range a.list("runners") {
		f.Runners = append(f.Runners, sampleDigest(name))
	}
	for _, word := range a.list("steps") {
		f.Steps = append(f.Steps, stepOf(word, a))
	}
	return f.Marshal()
}

// stepOf reads a step: "fetch" is required, "recon?" is not, "publish!" is the
// release; gated= names those that spend grants, actors=step:identity who else
// may do them.
func stepOf(word string, a args) statement.WorkflowStep {
	s := statement.WorkflowStep{Name: strings.TrimRight(word, "?!"), Required: !strings.HasSuffix(word, "?"), Release: strings.HasSuffix(word, "!"), Actors: []string{}}
	s.Gated = slices.Contains(a.list("gated"), s.Name)
	for _, pair := range a.list("actors") {
		if step, id, _ := strings.Cut(pair, ":"); step == s.Name {
			s.Actors = append(s.Actors, id)
		}
	}
	return s
}

func (y *Play) define(author *client.Author, line Line) (statement.Envelope, error) {
	text, err := y.flow(line.words[0])
	if err != nil {
		return statement.Envelope{}, err
	}
	spends, err := y.refs(line.args.list("spends"))
	if err != nil {
		return statement.Envelope{}, err
	}
	return author.Sign(statement.Statement{Subject: sha256.Sum256(text), Spends: spends, Body: &statement.DefineWorkflow{Text: string(text)}})
}
