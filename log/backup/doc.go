// Package backup makes copies of a log that anybody can check alone, and checks
// them.
//
//	BACKUP/manifest.json    written last: without it the folder is no backup
//	BACKUP/checkpoint       the note that the log signed for exactly this store
//	BACKUP/log/config.json  what the log is configured as
//	BACKUP/log/log.vkey     its public keys
//	BACKUP/log/keys.N       the lists that its later keys came with, if it has any
//	BACKUP/log/store/       every row of the log
//
// The store of a backup ends where its note ends. A copy of a running store may end
// at a commit that is not signed yet: Make waits for its note.
//
// No private key is in a backup: whoever reads backups must not be able to sign. Nor
// is the anchor: it is there to notice that a store went back in time, and what is
// restored together with the store notices nothing.
//
// A manifest is no signature. It finds damage, and a copy that is not whole; whoever
// can write into a backup can make another manifest. What the log signed is the
// note, and Verify holds every row to it.
package backup
