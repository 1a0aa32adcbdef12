package statement

// Want is what a request is for: a [WantDocument], a [WantAccess] or a [WantTask].
type Want interface {
	appendMembers(b []byte) []byte
}

// WantDocument asks for a release of a document.
type WantDocument struct {
	Document string // document id
}

// WantAccess asks for access to something, for a while.
type WantAccess struct {
	Resource  string
	Privilege string
	Seconds   uint32 // from 1
}

// WantTask asks for work that releases no document.
type WantTask struct {
	Task string
}

var (
	accessWantNames = []string{"privilege", "resource", "seconds"}
	allWantNames    = append([]string{"document", "task"}, accessWantNames...)
)

const oneWant = "exactly one of {document}, {privilege, resource, seconds} and {task}"

// wantNames judges the names of a want. Which of its forms it has is judged with the fields.
func wantNames(t *tree, p ref) error {
	at := t.member(p, "want")
	if at == 0 || t.values[at].kind != object {
		return nil
	}
	if prefix := t.member(at, "prefix"); prefix != 0 {
		return formError(t.path(prefix), "requests for a prefix are not built in these rules; want "+oneWant)
	}
	return t.only(at, allWantNames)
}

func readWant(f *fields, p ref) Want {
	at := f.object(p, "want")
	if at == 0 {
		return nil
	}
	document, task, access := f.has(at, "document"), f.has(at, "task"), false
	for _, name := range accessWantNames {
		access = access || f.has(at, name)
	}
	switch {
	case document && !task && !access:
		return WantDocument{f.text(at, "document", ValidDocumentID, wantDocument)}
	case task && !document && !access:
		return WantTask{f.text(at, "task", validToken, wantToken)}
	case access && !document && !task:
		return WantAccess{
			Resource:  f.text(at, "resource", validForeign, wantForeign),
			Privilege: f.text(at, "privilege", validForeign, wantForeign),
			Seconds:   f.uint32(at, "seconds", 1),
		}
	}
	f.wrong(at, oneWant)
	return nil
}

func appendWant(b []byte, w Want) []byte {
	b = append(appendName(b, "want"), '{')
	if w != nil {
		b = w.appendMembers(b)
	}
	return append(closeList(b, '}'), ',')
}

func (w WantDocument) appendMembers(b []byte) []byte { return appendText(b, "document", w.Document) }

func (w WantTask) appendMembers(b []byte) []byte { return appendText(b, "task", w.Task) }

func (w WantAccess) appendMembers(b []byte) []byte {
	b = appendText(b, "privilege", w.Privilege)
	b = appendText(b, "resource", w.Resource)
	return appendInteger(b, "seconds", uint64(w.Seconds))
}
