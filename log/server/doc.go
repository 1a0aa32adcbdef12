// Package server speaks HTTP for a log: the C2SP tlog-tiles read API for
// everybody, and docket's own API under /api/v1/ for pipelines.
//
//	GET  /checkpoint                                the newest signed note
//	GET  /tile/<L>/<N>[.p/<W>]                      hash tiles
//	GET  /tile/entries/<N>[.p/<W>]                  entry bundles: leaves, never content
//	GET  /healthz                                   whether the log admits submissions
//	GET  /openapi.yaml                              all of this for programs
//	GET  /metrics                              *    for Prometheus
//
//	POST /api/v1/statements                    *    one DSSE envelope -> its receipt;
//	                                                NDJSON of up to 1,000 -> a line each
//	GET  /api/v1/receipts/<statement digest>   *    the receipt under the newest checkpoint;
//	     .../index/<i>, leaf/<hash>            *    by index, by leaf hash
//	GET  /api/v1/receipts/document/<digest>    *    the receipts of these bytes
//	GET  /api/v1/content/<i>                   *    the envelope of a statement
//	GET  /api/v1/documents/<id>                *    staple of a register, or of its absence;
//	     /digests/<d>, /identities/<id>, /activities/<id>
//	GET  /api/v1/histories/documents/<id>, ... *    the events of a register
//	GET  /api/v1/search?...                    *    entries
//	GET  /api/v1/inclusion/<i>/<size>               inclusion proof in a tree of any size
//	GET  /api/v1/consistency/<older>/<newer>        consistency proof between two sizes
//	GET  /api/v1/checkpoints, .../<size>            the notes of the past
//	GET  /api/v1/leaf-index/<hash>                  the index of a leaf
//	GET  /api/v1/log                                origin, key, genesis leaf hash: to read, never to trust
//
//	POST /add                                  *    raw logs only: a leaf -> its index
//
// What is marked is protected: see Options. One table of routes fills the mux and
// makes the description; docs/api.md has an example of each.
//
// All answers come from one published view, so nothing newer than the published
// size leaves the server. Errors are problem documents (RFC 9457) with a stable
// code. Proof resources are paths, never queries: a cache that ignores queries
// would serve the wrong proof.
package server
