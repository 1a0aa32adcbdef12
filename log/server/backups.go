package server

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/docketlog/docket/log/backup"
)

// BackupPause is how long after one backup the next one may be asked for.
const BackupPause = 10 * time.Second

// backups are those that a server was asked for.
type backups struct {
	mu    sync.Mutex
	busy  bool
	ended time.Time // of the last one; zero: there was none
}

// begin takes the one place there is.
func (b *backups) begin() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.busy {
		p := problem("busy", "", "a backup is being made: one at a time")
		p.retryAfter = 30
		return p
	}
	if left := BackupPause - time.Since(b.ended); !b.ended.IsZero() && left > 0 {
		p := problem("quota", "", "a backup was made less than "+BackupPause.String()+" ago")
		p.retryAfter = int(left/time.Second) + 1
		return p
	}
	b.busy = true
	return nil
}

func (b *backups) end() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.busy, b.ended = false, time.Now()
}

func (s *Server) backupRoutes() []route {
	return []route{{http.MethodPost, "/api/v1/backups", backingUp, s.makeBackup, operation{
		id: "backup", tag: "service", summary: "Make a backup of the store",
		text: "In a new folder below the one that the operator named at the start: the request says nothing about where, its body is not read. One at a time, and " +
			"none within 10 seconds of the last one. The answer comes when the backup is whole and durable; if the client leaves before, there is none.",
		replies: []reply{jsonReply[backupAnswer]("It was made.")},
		codes:   []string{"no-backups", "busy", "quota", "no-space", "stopped", "closing", "canceled"},
	}}}
}

type backupAnswer struct {
	Bytes   int64   `json:"bytes" doc:"Of all its files."`
	Folder  string  `json:"folder" doc:"Its name, below the folder that the operator named."`
	Seconds float64 `json:"seconds" doc:"That it took."`
	Size    uint64  `json:"size" doc:"Leaves of the log that it holds, all of them signed."`
}

func (s *Server) makeBackup(w http.ResponseWriter, r *http.Request) error {
	if s.options.Backup == nil {
		return problem("no-backups", "", "this server makes no backups; its operator starts it with --backups and a folder")
	}
	if err := s.backups.begin(); err != nil {
		return err
	}
	defer s.backups.end()
	// It takes as long as it takes: without the deadline of other answers.
	_ = http.NewResponseController(w).SetWriteDeadline(time.Time{})
	made, err := s.options.Backup(r.Context())
	if err != nil {
		s.logger.Error("no backup was made", "error", err)
		return err
	}
	s.logger.Info("backup", "folder", made.Folder, "size", made.Size, "bytes", made.Bytes, "seconds", made.Seconds)
	return writeJSON(w, "no-store", backupAnswer{Bytes: made.Bytes, Folder: made.Folder, Seconds: made.Seconds, Size: made.Size})
}

// A BackupFunc makes one backup of the log. It ends with ctx.
type BackupFunc func(ctx context.Context) (backup.Made, error)
