package monitor

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"sync"
)

// Log tells a logger of each alert, by ids and digests alone.
type Log struct{ Logger *slog.Logger }

// Send implements [Sink].
func (l Log) Send(a Alert) {
	level := slog.LevelWarn
	if a.Severity == Info || a.Severity == Low {
		level = slog.LevelInfo
	}
	fields := []any{"rule", a.Rule, "condition", a.Condition, "severity", a.Severity, "dedup", a.Dedup, "run", a.Run, "identity", a.Identity}
	if len(a.Evidence) > 0 {
		fields = append(fields, "evidence", a.Evidence[0].String())
	}
	if a.Detail != "" {
		fields = append(fields, "detail", a.Detail)
	}
	l.Logger.Log(context.Background(), level, "alert", append(fields, "text", a.Text())...)
}

// Close implements [Sink].
func (Log) Close() error { return nil }

// File appends each alert to a file as one line, an OCSF Detection Finding.
type File struct {
	Origin string // of the log
	Logger *slog.Logger

	mu   sync.Mutex
	file *os.File
	torn bool // its last line has no end: a full disk or a crash cut it
}

// OpenFile opens a file for alerts, which only its owner may read, or makes it.
func OpenFile(path, origin string, logger *slog.Logger) (*File, error) {
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	return &File{Origin: origin, Logger: logger, file: file, torn: endsTorn(path)}, nil
}

// endsTorn says whether the last line of a file has no end. A pipe has none to look at,
// and what cannot be read is taken as whole.
func endsTorn(path string) bool {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() || info.Size() == 0 {
		return false
	}
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	last := make([]byte, 1)
	_, err = f.ReadAt(last, info.Size()-1)
	return err == nil && last[0] != '\n'
}

// Send implements [Sink].
func (f *File) Send(a Alert) { f.line(Event(f.Origin, a)) }

// line writes one line, which no line that was cut takes with it. What cannot be written
// is said: the log has the alert.
func (f *File) line(text []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	text = append(text, '\n')
	if f.torn {
		text = append([]byte{'\n'}, text...)
	}
	n, err := f.file.Write(text)
	if f.torn = f.torn && n == 0 || n > 0 && n < len(text); err != nil {
		f.Logger.Error("alerts cannot be written", "file", f.file.Name(), "error", err)
	}
}

// size is how many bytes the file has.
func (f *File) size() (int64, error) {
	info, err := f.file.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// Close implements [Sink].
func (f *File) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return errors.Join(f.file.Sync(), f.file.Close())
}
