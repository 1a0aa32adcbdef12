package scenario

import "context"

// watch lets the auditor read what a line brought.
func (y *Play) watch(ctx context.Context) (alerts []string, err error) {
	_, err = y.auditor.read(ctx, y.client)
	return nil, err
}
