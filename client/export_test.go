package client

// SignatureHolds is signatureHolds, for its test: no log of a test admits an entry
// whose signature does not hold.
var SignatureHolds = signatureHolds
