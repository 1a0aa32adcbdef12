// Package run records the run of a workflow as its executor: the request that opens
// it, each step with the digests of its inputs and outputs, the release, and the
// outcome that follows from the steps.
//
//	r, err := run.Open(ctx, client, author, run.Options{Workflow: "flows/notice", Want: want})
//	step, err := r.Begin(ctx, run.Step{Name: "draft", In: inputs}) // intent, if gated
//	err = step.Done(ctx, run.Result{Out: outputs})
//	released, err := r.Release(ctx, "claims/1", file, nil)         // spends the approvals
//	closed, err := r.Close(ctx)
//
// The log gets digests alone: no bytes, names of files, arguments or environment.
//
// Close claims what the steps give, never more: success when every required step is
// ok, failed when none is, else partial, with what is missing.
//
// Authority (request, intent, release) needs the log: without an answer it is an
// error, and the same bytes may be submitted again. Evidence (done, outcome) goes
// through a spool, if there is one: it is durable before it is sent, and an error of
// type *spool.WaitsError says that it waits there. From then on evidence says that it
// is late, until the log takes some again.
package run
