package client

import (
	"context"
	"encoding/json"
	"net/http"
	"regexp"
)

// A Backup is what a server says of a backup that it made: nothing of it is proven
// here. Who holds the folder verifies it.
type Backup struct {
	Folder  string  `json:"folder"` // its name, below the one that the operator named
	Size    uint64  `json:"size"`   // leaves
	Bytes   int64   `json:"bytes"`
	Seconds float64 `json:"seconds"`
}

var folderName = regexp.MustCompile(`^[0-9A-Za-z-]{1,64}$`)

// Backup asks the server for a backup, on the server's own disk, and waits until it
// is made, however long that takes: bound it with ctx. The token needs the right
// "backup".
func (c *Client) Backup(ctx context.Context) (b Backup, err error) {
	patient := *c
	patient.HTTP = c.httpClient()
	patient.HTTP.Timeout = 0
	body, _, err := patient.send(ctx, http.MethodPost, "/api/v1/backups", "", nil, maxProblem)
	if err != nil {
		return b, err
	}
	if err := json.Unmarshal(body, &b); err != nil || !folderName.MatchString(b.Folder) {
		return b, c.unusable("it does not say what was made")
	}
	return b, nil
}
