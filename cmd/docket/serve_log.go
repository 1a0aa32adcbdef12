package main

import (
	"io"
	"log/slog"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/storage/pebblestore"
)

// newLogger returns what writes the operator's lines. Empty words are the
// defaults, text and info.
func newLogger(w io.Writer, format, level string) (*slog.Logger, error) {
	var least slog.Level
	switch level {
	case "debug":
		least = slog.LevelDebug
	case "info", "":
		least = slog.LevelInfo
	case "warn":
		least = slog.LevelWarn
	case "error":
		least = slog.LevelError
	default:
		return nil, usage("--log-level is debug, info, warn or error, not %q", level)
	}
	options := &slog.HandlerOptions{Level: least}
	switch format {
	case "text", "":
		return slog.New(slog.NewTextHandler(w, options)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(w, options)), nil
	}
	return nil, usage("--log-format is text or json, not %q", format)
}

// logEvents turns what the log tells into lines. A busy log publishes many times
// a second: that is what metrics are for.
func logEvents(logger *slog.Logger) log.Events {
	return log.Events{
		Recovered: func(size uint64) {
			logger.Info("signed the durable tree head that the last run did not come to sign", "size", size)
		},
		Published: func(b log.Batch) {
			logger.Debug("published", "size", b.Size, "leaves", b.Leaves, "duplicates", b.Duplicates, "refused", b.Refused, "registers", b.Registers, "bytes", b.Bytes)
		},
		Refused: unsigned(logger),
		Stopped: func(err error) { logger.Error("stopped: nothing more is signed", "error", err) },
	}
}

func storeEvents(logger *slog.Logger) func(pebblestore.Event) {
	return func(e pebblestore.Event) { logger.Warn("store", "event", e) }
}
