package client_test

import (
	"errors"
	"testing"

	"github.com/docketlog/docket/client"
)

// A log with another entry 0 is another log, whatever key signs it: no reader takes
// it for the pinned one, and its checkpoint is not remembered.
func TestPinnedGenesis(t *testing.T) {
	s := newSite(t)
	s.grow("contracts/1")
	for name, read := range map[string]func(c *client.Client) error{
		"checkpoint": func(c *client.Client) error { _, _, err := c.Checkpoint(ctx); return err },
		"tree":       func(c *client.Client) error { _, err := c.NewestTree(ctx); return err },
		"search": func(c *client.Client) error {
			_, err := c.Search(ctx, client.Query{Document: "contracts/1"})
			return err
		},
		"content": func(c *client.Client) error { _, err := c.Content(ctx, 5); return err },
		"kept note": func(c *client.Client) error {
			tree, err := c.Tree(s.get("/checkpoint"))
			return errors.Join(err, tree.CheckGenesis(ctx))
		},
		"no memory":   func(c *client.Client) error { c.Memory = nil; _, err := c.NewestTree(ctx); return err },
		"second time": func(c *client.Client) error { c.NewestTree(ctx); _, err := c.NewestTree(ctx); return err },
	} {
		if err := read(s.client()); err != nil {
			t.Errorf("%s: the right pin: %v", name, err)
		}
		c := s.client()
		c.Verifier.Genesis[7] ^= 1
		err := read(c)
		var other *client.GenesisError
		if !errors.As(err, &other) || !errors.Is(err, client.ErrAnswer) || other.Pinned != c.Verifier.Genesis || other.Shown == other.Pinned {
			t.Errorf("%s: %v", name, err)
		}
		if c.Memory != nil {
			c.Verifier.Genesis[7] ^= 1
			c.Server = "http://127.0.0.1:1"
			if _, err := c.Document(ctx, "contracts/1"); !errors.Is(err, client.ErrUnreachable) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// A tree proves its beginning once.
func TestGenesisIsProvenOnce(t *testing.T) {
	s := newSite(t)
	tree := tree(t, s.client())
	before := s.requests.Load()
	if err := tree.CheckGenesis(ctx); err != nil || s.requests.Load() != before {
		t.Errorf("%d requests, %v", s.requests.Load()-before, err)
	}
}
