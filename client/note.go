package client

import (
	"context"
	"net/http"
)

// ShownNote fetches the signed note that a server shows at a path, such as
// /checkpoint of a log, or that of a witness; nil: it shows none. Nothing is verified
// or remembered.
func (c *Client) ShownNote(ctx context.Context, path string) ([]byte, error) {
	note, _, err := c.send(ctx, http.MethodGet, path, "", nil, maxProblem)
	if notFound(err) {
		return nil, nil
	}
	return note, err
}
