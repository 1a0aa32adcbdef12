package statement

// ReleaseDocument (document.release) makes the subject, a document's bytes, the authoritative version of a document.
type ReleaseDocument struct {
	Document string   // document id
	Version  uint32   // the last version + 1, from 1
	Prev     *Digest  // statement digest of the last release; nil: there is none
	Size     uint64   // of the document in bytes, at most 2^53-1
	Media    string   // media type, such as "application/pdf"
	To       []string // identities it is meant for; may be empty
}

// WithdrawDocument (document.withdraw) ends the authority of the current version. The subject is that version's bytes.
type WithdrawDocument struct {
	Document string // document id
	Version  uint32 // the version withdrawn
	Reason   string // superseded, error, legal, privacy, expired or other
}

const withdrawReasons enum = "superseded|error|legal|privacy|expired|other"

var releaseNames = []string{"document", "media", "prev", "size", "to", "version"}

func (*ReleaseDocument) code() Code { return DocumentRelease }

func (*WithdrawDocument) code() Code { return DocumentWithdraw }

func readReleaseDocument(f *fields, p ref, _ Digest) Body {
	return &ReleaseDocument{
		Document: f.text(p, "document", ValidDocumentID, wantDocument),
		Version:  f.uint32(p, "version", 1),
		Prev:     f.nullable(p, "prev"),
		Size:     f.integer(p, "size", 0, maxInteger),
		Media:    f.text(p, "media", validMedia, wantMedia),
		To:       f.list(p, "to", 0, maxList, ValidID, wantID),
	}
}

func readWithdrawDocument(f *fields, p ref, _ Digest) Body {
	return &WithdrawDocument{
		Document: f.text(p, "document", ValidDocumentID, wantDocument),
		Version:  f.uint32(p, "version", 1),
		Reason:   f.enum(p, "reason", withdrawReasons),
	}
}

// Object gives what a grant for this release binds beside its subject.
func (d *ReleaseDocument) Object() DocumentObject { return DocumentObject{d.Document, d.Version} }

// Object gives what a grant for this withdrawal binds beside its subject.
func (d *WithdrawDocument) Object() DocumentObject { return DocumentObject{d.Document, d.Version} }

func (d *ReleaseDocument) appendMember(b []byte, name string) []byte {
	switch name {
	case "document":
		return appendText(b, name, d.Document)
	case "media":
		return appendText(b, name, d.Media)
	case "prev":
		return appendNullable(b, name, d.Prev)
	case "size":
		return appendInteger(b, name, d.Size)
	case "to":
		return appendList(b, name, d.To)
	case "version":
		return appendInteger(b, name, uint64(d.Version))
	}
	return b
}

func (d *WithdrawDocument) appendMember(b []byte, name string) []byte {
	switch name {
	case "document":
		return appendText(b, name, d.Document)
	case "reason":
		return appendText(b, name, d.Reason)
	case "version":
		return appendInteger(b, name, uint64(d.Version))
	}
	return b
}
