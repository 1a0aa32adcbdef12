package evidence

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/statement"
)

// Skew is how far a seal's time may be ahead of the witnesses' before it convicts,
// where the verifier says nothing else.
const Skew = 5 * time.Minute

// maxTime is the latest time of a cosignature that counts, in POSIX seconds: the
// year 9999.
const maxTime = 253402300799

// A Judgement is what evidence amounts to. Convicts: the log's own signatures cannot
// all be true, or it signed what the rules forbid. Says is what they disagree on, or
// why that does not follow; one sentence without its end.
type Judgement struct {
	Convicts bool
	Code     string // why, for programs: one of the codes of this package
	Says     string
}

func convicts(code, format string, args ...any) (Judgement, error) {
	return Judgement{true, code, fmt.Sprintf(format, args...)}, nil
}

func proves(code, format string, args ...any) (Judgement, error) {
	return Judgement{false, code, fmt.Sprintf(format, args...)}, nil
}

// Judge derives what the evidence proves against the log that a verifier pinned. It
// believes nothing but the log's signatures, and, of the kind time, the verifier's
// own quorum. The error, an [*Invalid], says that a part is malformed, is not of that
// log, or does not verify: then the file is no evidence of anything.
func (e *Evidence) Judge(v proofs.Verifier, skew time.Duration) (Judgement, error) {
	if err := e.check(); err != nil {
		return invalid(CodeForm, err)
	}
	if v.Policy == nil {
		return invalid(CodeCheckpoint, errors.New("the verifier has no policy"))
	}
	if e.Genesis != nil && !bytes.Equal(e.Genesis, v.Genesis[:]) {
		return invalid(CodeGenesis, errors.New("the evidence is of a log with another genesis than the pinned one"))
	}
	switch e.shape() {
	case formNotes:
		return e.judgeNotes(v)
	case formReceipts:
		return e.judgeReceipts(v)
	case formSeal:
		return e.judgeSeal(v, skew)
	default:
		return e.judgeLeaf(v)
	}
}

// judgeNotes compares two signed notes. A rollback and two unproven notes are judged
// as forks: what they are is told by the notes.
func (e *Evidence) judgeNotes(v proofs.Verifier) (Judgement, error) {
	var heads [2]proofs.Checkpoint
	for i, note := range e.Checkpoints {
		var err error
		if heads[i], _, err = proofs.OpenCheckpoint([]byte(note), v.Policy.LogKeys()); err != nil {
			return invalid(CodeCheckpoint, fmt.Errorf("checkpoint %d of the evidence: %w", i, err))
		}
	}
	older, newer := heads[0], heads[1]
	if older.Size > newer.Size {
		older, newer = newer, older
	}
	switch {
	case older.Origin != newer.Origin:
		return proves(CodeTwoLogs, "the checkpoints are of two logs, %s and %s: they say nothing of each other", older.Origin, newer.Origin)
	case older.TreeHead == newer.TreeHead:
		return proves(CodeOneTree, "both checkpoints are of one tree, of size %d", older.Size)
	case older.Size == newer.Size:
		return convicts(CodeTwoRoots, "%s signed two trees of size %d, with the roots %x and %x", older.Origin, older.Size, heads[0].Root, heads[1].Root)
	case len(e.Consistency) == 0:
		return proves(CodeNoProof, "%s signed the sizes %d and %d, and nothing here says that they are not of one history: an older state may be a copy, a cache or a replica that lags",
			older.Origin, heads[0].Size, heads[1].Size)
	}
	proof, err := hashes(e.Consistency)
	if err != nil {
		return invalid(CodeForm, err)
	}
	root := proofs.Hash(e.Root)
	if err := proofs.VerifyConsistency(proofs.TreeHead{Size: older.Size, Root: root}, newer.TreeHead, proof); err != nil {
		return invalid(CodeConsistency, fmt.Errorf("the consistency proof of the evidence: %w", err))
	}
	if root == older.Root {
		return proves(CodeOneHistory, "the tree of size %d begins with that of size %d: they are of one history", newer.Size, older.Size)
	}
	return convicts(CodeOtherPrefix, "%s signed the root %x for size %d, and a tree of size %d that begins with another one, of the root %x", older.Origin, older.Root, older.Size, newer.Size, root)
}

func (e *Evidence) judgeReceipts(v proofs.Verifier) (Judgement, error) {
	var both [2]*proofs.Receipt
	for i, text := range e.Receipts {
		var err error
		if both[i], err = proofs.ParseReceipt(text); err != nil {
			return invalid(CodeForm, fmt.Errorf("receipt %d of the evidence: %w", i, err))
		}
	}
	c, err := v.Contradiction(both[0], both[1])
	if err != nil {
		return invalid(CodeCheckpoint, err)
	}
	if c == nil {
		return proves(CodeAgree, "the two receipts do not exclude each other")
	}
	return convicts(c.Class, "%s", c.Reason)
}

// judgeSeal compares a seal's time with that by which a quorum had cosigned a tree
// that has the seal. A seal cannot be from after that. One from long before convicts
// nobody: witnesses may have been out of reach when it was signed.
func (e *Evidence) judgeSeal(v proofs.Verifier, skew time.Duration) (Judgement, error) {
	cp, quorum, err := v.Policy.Open([]byte(e.Checkpoints[0]), maxTime)
	if err != nil {
		return invalid(CodeCheckpoint, fmt.Errorf("the checkpoint of the evidence: %w", err))
	}
	entry := e.Entries[0]
	if err := entry.verify(cp); err != nil {
		return invalid(CodeInclusion, err)
	}
	seal, err := statement.ParseSeal(entry.Leaf)
	if err != nil || seal.Index != entry.Index {
		return proves(CodeNoTime, "the leaf at %d is no seal of that index: it has no time", entry.Index)
	}
	if !quorum.Satisfied || quorum.QuorumTime == 0 {
		return proves(CodeNoQuorum, "no quorum of the verifier policy cosigned the checkpoint of size %d: nobody's clock speaks against the seal at %d", cp.Size, seal.Index)
	}
	latest := quorum.QuorumTime*1000 + 999 + skew.Milliseconds()
	if seal.Time <= latest {
		return proves(CodeInTime, "the seal at %d says %s, and a quorum had cosigned it by %s: no more than the skew of %s ahead",
			seal.Index, statement.FormatTime(seal.Time), statement.FormatTime(quorum.QuorumTime*1000), skew)
	}
	return convicts(CodeAhead, "the seal at %d says %s, and a quorum of witnesses had cosigned a tree with it by %s",
		seal.Index, statement.FormatTime(seal.Time), statement.FormatTime(quorum.QuorumTime*1000))
}

// verify checks that the leaf stands in the tree.
func (e Entry) verify(cp proofs.Checkpoint) error {
	proof, err := hashes(e.Inclusion)
	if err == nil {
		err = proofs.VerifyInclusion(proofs.LeafHash(e.Leaf), e.Index, cp.TreeHead, proof)
	}
	if err != nil {
		return fmt.Errorf("entry %d of the evidence: %w", e.Index, err)
	}
	return nil
}
