// Package storagetest checks stores and anchors against their contracts, and
// has the ones that other packages test with: in memory, and failing.
//
// A test of a store hands Run a function that makes one:
//
//	func TestStore(t *testing.T) {
//		storagetest.Run(t, func(t *testing.T) (storage.Store, func() storage.Store) { ... })
//	}
//
// A test of a log wraps a store or an anchor, and sweeps the fault over all
// writes, in both forms, until it no longer fires:
//
//	for n := 0; ; n++ {
//		s := storagetest.FailCommit(open(), n, storagetest.Applied)
//		... run until the first error, close, open again, check ...
//		if !s.Fired() {
//			break
//		}
//	}
package storagetest
