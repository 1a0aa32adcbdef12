package statement

// File is one input or output of a run: a slot that it fills, and the digest of its bytes. File names leak; slots do not.
type File struct {
	Name   string // the slot, [a-z0-9-]{1,32}
	Digest Digest
}

// files reads an array of at most 64 files, no slot twice. It is never nil.
func (f *fields) files(obj ref, name string) []File {
	items := f.objects(obj, name, 0, maxObjects, "{digest, name}")
	list := make([]File, 0, len(items))
	for _, i := range items {
		file := File{Name: f.text(i, "name", validName, wantName), Digest: f.digest(i, "digest")}
		for _, other := range list {
			if other.Name == file.Name {
				f.fail(joinPath(f.path(i), "name"), "stands twice; want each slot once")
			}
		}
		list = append(list, file)
	}
	return list
}

func appendFiles(b []byte, name string, list []File) []byte {
	return appendObjects(b, name, list, File.appendMembers)
}

func (f File) appendMembers(b []byte) []byte {
	return appendText(appendDigest(b, "digest", f.Digest), "name", f.Name)
}
