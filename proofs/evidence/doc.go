// Package evidence is one portable format for what convicts a log: signed objects
// that cannot all be true, in a file that anybody checks alone and offline with the
// log's key. docs/spec/evidence.md is its specification.
//
//	fork       one size and two roots, or a larger tree that does not begin with a smaller one
//	phantom    an entry or a seal that a later signed tree does not have
//	rewrite    a register whose history is no prefix of the later one
//	time       times that fall; a seal ahead of the time at which a quorum had cosigned it
//	leaf       a leaf that the rules forbid, such as a seal with a wrong register root
//	rollback   an older state after a newer one: proves nothing by itself
//	unproven   two signed notes without a proof either way: proves nothing by itself
//
// What a file says of itself, its kind and its reason, is believed by nobody:
// [Evidence.Judge] derives what the signed objects disagree on.
package evidence
