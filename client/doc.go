// Package client is the Go client of a docket log. It makes and signs
// statements, submits them, and keeps only what it verified: every checkpoint
// against the newest one it saw, every receipt under the verifier policy that
// the caller pinned, every answer against the request that was made.
//
//	c := &client.Client{
//		Server:   "http://127.0.0.1:8070",
//		Verifier: verifier,
//		Memory:   &client.Memory{Path: "checkpoint"},
//	}
//	envelope, err := author.Release("contracts/1", 1, nil, file)
//	receipt, duplicate, err := c.Submit(ctx, envelope)
//
// With an error there is no result: what did not verify is never handed out.
// Without a Memory a server that shows an old state, or another history, is not
// caught.
package client
