package main

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/proofs"
)

// complete demands that each folder of a cut-off set-up is in exactly one place:
// aside, or where it belongs. It is not when the set-up was begun with another
// --anchor, or when something else came to a place meanwhile.
func (f folders) complete(a folders) error {
	var config serverConfig
	if err := readConfig(filepath.Join(a.log(), "config.json"), &config); err != nil {
		return err
	}
	from, to, names := a.places(), f.places(), [3]string{"anchor", "client", "log"}
	var where []string
	whole := true
	for i, name := range names {
		aside, err := exists(from[i])
		if err != nil {
			return err
		}
		placed, err := exists(to[i])
		if err != nil {
			return err
		}
		if name == "client" && config.Mode == string(log.Raw) && !aside {
			continue // a raw log has none, and a client of another log may be here
		}
		whole = whole && aside != placed
		where = append(where, name+" "+found(from[i], aside, to[i], placed))
	}
	if !whole {
		return fmt.Errorf("the set-up of log %s in %s was cut off and cannot be finished, nothing was moved: %s. "+
			"Give the --anchor that it was begun with, or move away what is in both places; to give that set-up up, remove %s",
			config.Origin, a.dir, strings.Join(where, "; "), a.dir)
	}
	return f.ownAnchor(a, config.Origin)
}

// found says where a folder is.
func found(from string, aside bool, to string, placed bool) string {
	switch {
	case aside && placed:
		return "both in " + from + " and in " + to
	case aside:
		return "in " + from
	case placed:
		return "in " + to
	}
	return "neither in " + from + " nor in " + to
}

// ownAnchor demands that an anchor which is in place already is that of the set-up:
// --anchor may name the anchor of another log.
func (f folders) ownAnchor(a folders, origin string) error {
	if placed, err := exists(f.anchor()); err != nil || !placed {
		return err
	}
	keys, err := readLogKeys(filepath.Join(a.log(), "log.vkey"))
	if err != nil {
		return err
	}
	text, err := readFile(filepath.Join(f.anchor(), "checkpoint"))
	if err != nil {
		return fmt.Errorf("the set-up of log %s in %s was cut off, and %s is not its anchor, nothing was moved: %w", origin, a.dir, f.anchor(), err)
	}
	notes, err := log.ParseAnchor(text)
	if err == nil && len(notes) > 0 {
		_, _, err = proofs.OpenCheckpoint(notes[0], keys)
	}
	if err != nil {
		return fmt.Errorf("the set-up of log %s in %s was cut off, and %s is not its anchor but another log's, nothing was moved: give the --anchor that it was begun with: %w", origin, a.dir, f.anchor(), err)
	}
	return nil
}
