package main

import (
	"context"
	"crypto/sha256"
	"encoding/pem"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/proofs/statement"
)

// governOptions say what a change of governance is about.
type governOptions struct {
	workflow  string
	publicKey string
	notAfter  string
	terms     client.Enrollment
}

func (o *governOptions) flags(c *cobra.Command) {
	flags := c.Flags()
	flags.StringVar(&o.workflow, "workflow", "", "id of the workflow to retire")
	flags.StringVar(&o.publicKey, "public-key", "", "PEM file with the new key of the identity (default: that in DIR/client/keys)")
	flags.StringVar(&o.notAfter, "not-after", "", "when the new key ends, as the enrollment or rotation says")
	flags.StringVar(&o.terms.Class, "class", "workload", "of an enrollment: human, workload, agent or bridge")
	flags.StringVar(&o.terms.Owner, "owner", "", "of an enrollment: who answers for it")
	flags.StringArrayVar(&o.terms.Roles, "enroll-role", nil, "of an enrollment: a role that it gets; may be repeated")
	flags.StringArrayVar(&o.terms.Verbs, "verb", nil, "of an enrollment: what it may sign; may be repeated")
	flags.StringArrayVar(&o.terms.Tools, "enroll-tool", nil, "of an enrollment: tool that it may use; may be repeated")
	flags.StringArrayVar(&o.terms.Namespaces, "namespace", nil, "of an enrollment or a delegation: prefix of documents and workflows; may be repeated")
}

// ofGovernance is the draft of an agreement: about is the id of an identity.
func (o *approveOptions) ofGovernance(ctx context.Context, s *session, code statement.Code, about string) (*draft, error) {
	if !statement.ValidID(o.to) {
		return nil, usage("--to is mandatory: the identity that will sign the %s", code)
	}
	g := client.Agreement{For: code, Object: statement.TextObject{}}
	var err error
	var what string
	switch code {
	case statement.PolicySet, statement.WorkflowDefine:
		g.Subject, err = textDigest(code, o.file)
		what = fmt.Sprintf("the %s of text %s", code, g.Subject)
	case statement.WorkflowRetire:
		g.Subject, err = o.retired(ctx, s)
		what = fmt.Sprintf("the %s of %s", code, o.workflow)
	case statement.IdentityEnroll, statement.IdentityRotate, statement.IdentityResume:
		var object statement.IdentityObject
		object, g.Subject, err = o.identity(ctx, s, code, about)
		g.Object, what = object, fmt.Sprintf("the %s of %s, key %s", code, about, g.Subject)
	case statement.DecisionGrant:
		var object statement.DelegationObject
		object, g.Subject, err = o.delegation(ctx, s)
		g.Object, what = object, fmt.Sprintf("decisions of %s in the role %s in its stead", o.to, object.Role)
	default:
		err = usage("--grant-for %s: there are no grants for that", code)
	}
	if err != nil {
		return nil, err
	}
	return &draft{what: what, subject: g.Subject, make: func(ctx context.Context, d client.Decision) (statement.Envelope, error) {
		g.Decision = d
		return s.client.Agree(ctx, s.author, g)
	}}, nil
}

// delegation lets another decide in one's stead: in a role, within namespaces, with the
// key that it has now.
func (o *approveOptions) delegation(ctx context.Context, s *session) (statement.DelegationObject, statement.Digest, error) {
	object := statement.DelegationObject{Role: o.role, Namespaces: o.terms.Namespaces}
	if object.Role == "" || len(object.Namespaces) == 0 {
		return object, statement.Digest{}, usage("a delegation wants --role and --namespace: what the delegate may decide")
	}
	i, err := s.client.IdentityTerms(ctx, o.to)
	if err != nil {
		return object, statement.Digest{}, err
	}
	return object, i.Key(), nil
}

// textDigest is the digest of a policy or workflow document as it will be signed.
func textDigest(code statement.Code, path string) (statement.Digest, error) {
	if path == "" {
		return statement.Digest{}, usage("want --file FILE: the text that you approve")
	}
	text, err := canonicalFile(path)
	if err != nil {
		return statement.Digest{}, err
	}
	if code == statement.PolicySet {
		_, err = statement.ParsePolicy(text)
	} else {
		_, err = statement.ParseWorkflow(text)
	}
	if err != nil {
		return statement.Digest{}, usage("%s: %w", path, err)
	}
	return sha256.Sum256(text), nil
}

// retired is the text of the workflow that is to be retired.
func (o *approveOptions) retired(ctx context.Context, s *session) (statement.Digest, error) {
	if !statement.ValidID(o.workflow) {
		return statement.Digest{}, usage("want --workflow ID: the workflow to retire")
	}
	t, w, err := s.client.Workflow(ctx, o.workflow)
	if err == nil && w == nil {
		err = fmt.Errorf("no workflow has the id %s, as of size %d (proven)", o.workflow, t.Size)
	}
	return t.Digest, err
}

// identity is what binds a grant about an identity: all its terms, and its key.
func (o *approveOptions) identity(ctx context.Context, s *session, code statement.Code, id string) (statement.IdentityObject, statement.Digest, error) {
	object := statement.IdentityObject{Identity: id}
	if !statement.ValidID(id) {
		return object, statement.Digest{}, usage("name the identity: docket approve --grant-for %s ID", code)
	}
	if code == statement.IdentityEnroll {
		key, err := o.newKey(s, s.keyFile(id))
		if err != nil {
			return object, key, err
		}
		terms, err := o.enrollment(id)
		object.Terms = terms.TermsHash()
		return object, key, err
	}
	i, err := s.client.IdentityTerms(ctx, id)
	if err != nil {
		return object, statement.Digest{}, err
	}
	terms, key := i.Terms, i.Key()
	if code == statement.IdentityRotate {
		until, err := timeFlag("--not-after", o.notAfter)
		if err != nil {
			return object, key, err
		}
		if terms.NotAfter = 0; !until.IsZero() {
			terms.NotAfter = until.UnixMilli()
		}
		if key, err = o.newKey(s, s.nextKeyFile(id)); err != nil {
			return object, key, err
		}
	}
	object.Terms = terms.TermsHash()
	return object, key, nil
}

// enrollment is what identity enroll will say with the same flags.
func (o *approveOptions) enrollment(id string) (statement.EnrollIdentity, error) {
	t := o.terms
	if t.Class == "human" && t.Owner == "" {
		t.Owner = id
	}
	if t.Owner == "" {
		return t.Terms(), usage("--owner is mandatory: the team or person that answers for %s", id)
	}
	var err error
	t.ID = id
	t.NotAfter, err = timeFlag("--not-after", o.notAfter)
	return t.Terms(), err
}

// newKey is the SPKI digest of the key that is to be bound: of a PEM file, or of the
// key that lies in this folder.
func (o *approveOptions) newKey(s *session, kept string) (statement.Digest, error) {
	if o.publicKey == "" {
		key, err := loadIdentityKey(kept, s.passwordFile())
		if err != nil {
			return statement.Digest{}, fmt.Errorf("the new key is not in this folder, so name it with --public-key: %w", err)
		}
		return sha256.Sum256(key.SPKI()), nil
	}
	b, err := readFile(o.publicKey)
	if err != nil {
		return statement.Digest{}, err
	}
	block, _ := pem.Decode(b)
	if block == nil || block.Type != "PUBLIC KEY" {
		return statement.Digest{}, usage("%s holds no PUBLIC KEY in PEM: docket key show prints one", o.publicKey)
	}
	if _, err := statement.ParsePublicKey(block.Bytes); err != nil {
		return statement.Digest{}, usage("%s: %w", o.publicKey, err)
	}
	return sha256.Sum256(block.Bytes), nil
}
