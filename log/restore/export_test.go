package restore

// SetPoint has f called between any two changes of the disk.
func (r *Runner) SetPoint(f func(where string) error) { r.point = f }
