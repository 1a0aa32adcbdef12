// Package statement reads and writes what goes into the log: statements, their envelopes, and the two kinds of leaves.
// It judges what can be judged from the bytes alone; who may state what, and when, is for the admission fold.
// The normative text is docs/spec/statement.md, with a page per kind under docs/spec/kinds.
//
// # Statement
//
// A statement is an in-toto Statement v1 in JSON that is its own canonical form (RFC 8785): names sorted, no white space,
// integers only. [Parse] accepts exactly the bytes that [Statement.Marshal] gives. A release of a document's first version,
// in one line in reality:
//
//	{"_type":"https://in-toto.io/Statement/v1",
//	 "predicate":{"at":"2026-11-10T14:02:11.004Z","document":"notes/1","issuer":"wl/doc-publisher",
//	  "log":"docket.harbor-mutual.example","media":"text/plain","nonce":"-X2PCGjLnyWqNYD1wNi8HA","prev":null,
//	  "size":16,"to":[],"version":1},
//	 "predicateType":"https://github.com/docketlog/docket/spec/document.release/v1",
//	 "subject":[{"digest":{"sha256":"c929b5b81ef2f570525bf76c95e6784721fc328195b920dce2819da07265bbd4"}}]}
//
// The list spends is mandatory in policy, identity and workflow statements and in step.intent, where [] says that no grant is
// spent. In document statements it is optional: absent says that no grant is spent, and if it is present it is not empty. Other
// kinds do not have it. Lists of a kind's own are mandatory and may be empty; tools of an identity are optional, and there []
// says "no tool" and absence "no limit of its own". All other optional members are absent rather than empty.
//
// # Kinds
//
// There is one [Code] and one type of [Body] for each kind and op; in each the fields are named as on its page. Two members are
// unions: the [Want] of a request and the [Object] of a grant. Two kinds carry a document of their own as a text, so that one file
// is approved and nothing is serialised again: [Policy] and [Workflow]. [Code.Built] says which kinds can be made and read (all but
// erase), [Code.InForce] which of them a log takes.
//
// # Digest, envelope, leaf
//
// What is signed is [PAE], "DSSEv1 28 application/vnd.in-toto+json <length> <payload>"; its SHA-256, [DigestOf], is the
// statement digest, the statement's one name. The signature is ECDSA P-256 in strict DER and travels in a DSSE [Envelope].
// The tree holds a [Commitment] to it: digest, signature and key as a hashedrekord 0.0.2 entry, the form that Sigstore
// clients check, of about 489 bytes:
//
//	{"apiVersion":"0.0.2","kind":"hashedrekord","spec":{"hashedRekordV002":{"data":{"algorithm":"SHA2_256","digest":"<digest>"},
//	"signature":{"content":"<DER>","verifier":{"keyDetails":"PKIX_ECDSA_P256_SHA_256","publicKey":{"rawBytes":"<SPKI>"}}}}}}
//
// # Seal
//
// The other leaf is the [Seal], written by the log alone at the end of every signed tree; the first byte, "{" or "d", tells
// the two apart:
//
//	docket/v1/seal
//	index 1023
//	prev 961
//	time 1763762400123
//	rules docket/1
//	registers 48211 SBNJTRN+FjG7owHVrKtue7eqdM4RhdRWVl71HXN2d7I=
package statement
