package register

// VerifyInclusion checks that the tree with this root binds the value hash to the key.
func (p Path) VerifyInclusion(key Key, valueHash, root Hash) error {
	if err := p.check(); err != nil {
		return err
	}
	if p.Result != ResultInclusion {
		return proofError("path shows the absence of a register, not its inclusion")
	}
	return matchRoot(p.fold(key, leafHash(Leaf{key, valueHash})), root)
}

// VerifyAbsence checks that the tree with this root has no register with this key.
//
// This is sound over any tree, also a malformed one: the key's bits and the depth fix the way from the root, and no node on that way can
// be a parent, the key's leaf, another leaf and nothing in two proofs under one root.
func (p Path) VerifyAbsence(key Key, root Hash) error {
	if err := p.check(); err != nil {
		return err
	}
	switch p.Result {
	case ResultOther:
		if p.Other.Key == key {
			return proofError("the leaf found is the one that should be absent")
		}
		if !p.Other.Key.sharesPrefix(&key, len(p.Siblings)) {
			return proofError("the leaf found is not on the key's way")
		}
		return matchRoot(p.fold(key, leafHash(p.Other)), root)
	case ResultAbsent:
		return matchRoot(p.fold(key, Hash{}), root)
	}
	return proofError("path shows the inclusion of a register, not its absence")
}

// check bounds a path that was not parsed.
func (p Path) check() error {
	if n := len(p.Siblings); n < 1 || n > maxPathDepth {
		return proofError("path of depth %d", n)
	}
	return nil
}

// fold hashes from the end of the search up to the root; the key's bits tell the sides.
func (p Path) fold(key Key, h Hash) Hash {
	depth := len(p.Siblings)
	for i := range p.Siblings {
		if key.bit(depth-1-i) == 0 {
			h = hashPair(treeParentPrefix, &h, &p.Siblings[i])
		} else {
			h = hashPair(treeParentPrefix, &p.Siblings[i], &h)
		}
	}
	return h
}
