package proofs

import (
	"bytes"
	"strconv"
	"strings"
)

// Limits of tlog-proofs.
const (
	MaxTLogProofExtra = 64 << 10                                            // bytes of Extra
	MaxTLogProof      = MaxTLogProofExtra*4/3 + MaxNote + 45*maxProof + 128 // bytes of the file
)

const tlogProofHeader = "c2sp.org/tlog-proof@v1\n"

// A TLogProof is a C2SP tlog-proof: a self-contained proof that a leaf is in a
// log. Nothing in it is verified.
type TLogProof struct {
	Extra      []byte // unauthenticated: take no leaf, digest or name from it; nil when absent
	Index      uint64
	Proof      []Hash // from the leaf to the root
	Checkpoint []byte // the signed note, verbatim
}

// Marshal returns the text form.
func (t TLogProof) Marshal() []byte {
	b := []byte(tlogProofHeader)
	if len(t.Extra) > 0 {
		b = append(b, "extra "+encodeBase64(t.Extra)+"\n"...)
	}
	b = append(b, "index "...)
	b = strconv.AppendUint(b, t.Index, 10)
	b = append(b, '\n')
	for _, h := range t.Proof {
		b = append(b, encodeBase64(h[:])+"\n"...)
	}
	b = append(b, '\n')
	return append(b, t.Checkpoint...)
}

// ParseTLogProof is the inverse of Marshal and takes only what it prints. The
// checkpoint must be a well-formed signed checkpoint that has the index, and the
// number of hashes must be the one for this index and size.
func ParseTLogProof(b []byte) (TLogProof, error) {
	if len(b) > MaxTLogProof {
		return TLogProof{}, formatError("tlog-proof", "%d bytes, at most %d are allowed", len(b), MaxTLogProof)
	}
	rest, ok := bytes.CutPrefix(b, []byte(tlogProofHeader))
	if !ok {
		return TLogProof{}, formatError("tlog-proof", "first line is not %q", tlogProofHeader)
	}
	var t TLogProof
	line, rest, _ := cutLine(rest)
	if encoded, ok := strings.CutPrefix(line, "extra "); ok {
		if t.Extra, ok = decodeBase64(encoded); !ok || len(t.Extra) == 0 || len(t.Extra) > MaxTLogProofExtra {
			return TLogProof{}, formatError("tlog-proof", "extra line is not canonical or too long")
		}
		line, rest, _ = cutLine(rest)
	}
	digits, ok := strings.CutPrefix(line, "index ")
	if t.Index, ok = parseIndex(digits, ok); !ok {
		return TLogProof{}, formatError("tlog-proof", "no canonical index line")
	}
	t.Proof, t.Checkpoint, ok = parseHashLines(rest)
	if !ok {
		return TLogProof{}, formatError("tlog-proof", "want at most %d hash lines and an empty line", maxProof)
	}
	if err := t.checkShape(); err != nil {
		return TLogProof{}, err
	}
	if !bytes.Equal(t.Marshal(), b) {
		return TLogProof{}, formatError("tlog-proof", "not in canonical form")
	}
	return t, nil
}

func parseIndex(digits string, ok bool) (uint64, bool) {
	n, decimal := parseDecimal(digits)
	return n, ok && decimal
}

// parseHashLines reads hashes up to the first empty line.
func parseHashLines(b []byte) (hashes []Hash, rest []byte, ok bool) {
	for {
		line, rest, ok := cutLine(b)
		if !ok || len(hashes) > maxProof {
			return nil, nil, false
		}
		b = rest
		if line == "" {
			return hashes, b, true
		}
		h, ok := decodeHash(line)
		if !ok {
			return nil, nil, false
		}
		hashes = append(hashes, h)
	}
}

// checkShape checks that the parts fit together, without any key.
func (t TLogProof) checkShape() error {
	n, err := ParseNote(t.Checkpoint)
	if err != nil {
		return err
	}
	cp, err := ParseCheckpoint(n.Body)
	if err != nil {
		return err
	}
	return checkInclusionShape(t.Index, cp.Size, len(t.Proof))
}

// Verify checks the whole proof for a leaf hash that the caller computed from the
// file in hand: a log of the policy signed the checkpoint, the quorum is met by
// cosignatures not later than latest (see Policy.Evaluate), and the leaf is at
// Index. A quorum that is not met gives ErrQuorum, with the other results.
func (t TLogProof) Verify(leafHash Hash, p *Policy, latest int64) (Checkpoint, QuorumResult, error) {
	cp, result, err := p.Open(t.Checkpoint, latest)
	if err != nil {
		return Checkpoint{}, QuorumResult{}, err
	}
	if err := VerifyInclusion(leafHash, t.Index, cp.TreeHead, t.Proof); err != nil {
		return Checkpoint{}, QuorumResult{}, err
	}
	if !result.Satisfied {
		return cp, result, ErrQuorum
	}
	return cp, result, nil
}
