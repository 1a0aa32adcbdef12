package admission

// AddChecked is Add for a statement leaf that Check took before, under the
// origin of the log: signatures are checked for many entries at once, the fold
// is one after the other. The leaf is that of the next index.
func (r *Replay) AddChecked(c *Checked) error {
	if r.failed == nil {
		r.next++
		r.pending = append(r.pending, c)
	}
	return r.failed
}
