// Package sigstore writes what Sigstore clients read: a bundle (v0.3) of one entry
// of a docket log, and the trusted root and signing configuration that name the
// log. It is pure: no I/O, no clock. The normative text is docs/spec/export.md.
//
// A bundle proves that its statement was signed by a key and is in the log. It says
// nothing of versions, of seals, of who the key was, or of whether the statement is
// still in force: only a receipt does (package proofs).
//
//	bundle, err := sigstore.BundleOf(receipt, policy.LogKeys())
//	root, err := sigstore.TrustedRootOf(policy.LogKeys())
//
// Nothing is verified here. Verify the receipt first: a bundle of a bad receipt is
// a bad bundle.
package sigstore
