// Package server speaks HTTP for a log: the C2SP tlog-tiles read API for
// everybody, and docket's own API under /api/v1/ for pipelines.
//
//	GET  /checkpoint                             the newest signed note
//	GET  /tile/<L>/<N>[.p/<W>]                   hash tiles
//	GET  /tile/entries/<N>[.p/<W>]               entry bundles: leaves, never content
//	GET  /healthz                                whether the log admits submissions
//
//	POST /api/v1/statements                      one DSSE envelope -> its receipt;
//	                                             NDJSON of up to 1,000 -> a line each
//	GET  /api/v1/receipts/<statement digest>     the receipt under the newest checkpoint
//	GET  /api/v1/documents/<id>                  staple of a document, or of its absence
//	GET  /api/v1/identities/<id>                 staple of an identity, or of its absence
//	GET  /api/v1/consistency/<older>/<newer>     consistency proof between two sizes
//	GET  /api/v1/log                             origin, key, genesis leaf hash: to read, never to trust
//
//	POST /add                                    raw logs only: a leaf -> its index
//
// All answers come from one published view, so nothing newer than the published
// size leaves the server. Errors are problem documents (RFC 9457) with a stable
// code. Proof resources are paths, never queries: a cache that ignores queries
// would serve the wrong proof.
package server
