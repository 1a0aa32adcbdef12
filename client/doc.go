// Package client is the Go client of a docket log. It makes and signs
// statements, submits them, and keeps only what it verified: every checkpoint
// against the newest one it saw, every receipt under the verifier policy that
// the caller pinned, every answer against the request that was made.
//
//	c := &client.Client{Server: "http://127.0.0.1:8070", Verifier: verifier, State: dir}
//	envelope, err := author.Release("contracts/1", 1, nil, file)
//	receipt, err := c.Submit(ctx, envelope)
package client
