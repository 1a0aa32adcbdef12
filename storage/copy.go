package storage

// A Copier is a Store that can copy itself while it is used. Not every store can:
// callers ask with a type assertion.
type Copier interface {
	// CopyTo makes a store in dir, which must not exist; its parent must. The copy
	// has all of every commit up to one number and nothing of any later one. That
	// number is not below the last durable commit at the time of the call. Commits go
	// on meanwhile, and one of those may be in the copy before it is durable in the
	// store itself. All files of the copy are synced when CopyTo returns nil; after an
	// error dir is not there, or it is of no use.
	CopyTo(dir string) error
}
