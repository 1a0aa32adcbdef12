// Package auditor is an audit cosigner: it replays a log from index 0, follows it,
// and cosigns its checkpoints. Where the cosignature of a witness means "consistent
// with what I saw before", this one means "every seal up to here is right": each
// leaf, signature, admission, register and seal (package client/audit).
//
//	c, err := auditor.New(auditor.Config{Audit: a, Witness: w, Logs: keys})
//	report, note, err := c.Step(ctx)      // replay what is new, then cosign it
//	http.Handle("/", c.Handler(logger))   // a C2SP witness for the log
//
// Cosigning is a witness's (package log/witness): its key, its store, its judgement
// of consistency. So it never signs two heads of one size, and a cosignature is
// durable before it leaves. The state of the replay is durable before that.
//
// # Requests
//
// The log may post add-checkpoint as to any witness. Before the witness judges it:
//
//	size replayed, its last leaf a seal    the witness answers; also, before anything is
//	                                       replayed in this process, for the very head that
//	                                       it cosigned last
//	size beyond what is replayed           it waits while the log is replayed up to there,
//	                                       at most Config.Wait; then 503 with Retry-After
//	a tree that the replayed one does not  422: the log signed two histories. The next Step
//	begin with                             reports it; nothing is cosigned any more
//	the audit has ended                    503 without Retry-After: see the auditor's report
//
// A log that starts asks its witnesses before it serves, and then a size that is not
// replayed cannot be. So a quorum should never rest on audit cosigners alone: demand
// them beside witnesses, whose answer suffices for a start.
//
// Whoever is none of the pinned log, or did not sign, gets the witness's own answer.
package auditor
