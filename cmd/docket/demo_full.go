package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/cmd/docket/scenario"
	"github.com/docketlog/docket/log"
)

// fullDemo is one run of docket demo --full.
type fullDemo struct {
	folders folders
	story   string // file; empty: the story of this program
	json    bool
	out     io.Writer
	bad     []string // lines that deviate
}

// run plays the story in folders where nothing is yet, and checks every row of the
// log that it leaves.
func (d *fullDemo) run(cmd *cobra.Command) error {
	story, err := d.read()
	if err != nil {
		return err
	}
	begun := time.Now()
	report, err := d.play(cmd.Context(), story)
	if err != nil {
		return err
	}
	if err := d.keep(story, report); err != nil {
		return err
	}
	o := fsckOptions{}
	o.Replay = true
	checked, err := o.check(cmd, d.folders)
	if err != nil {
		return err
	}
	if checked.Damaged > 0 {
		return errors.Join(errors.New("demo: fsck finds damage in the log of the story"), &verdictError{exitDamage})
	}
	d.conclude(report, time.Since(begun))
	if len(d.bad) > 0 {
		return fmt.Errorf("demo: %d of %d lines deviate from the story: %s", len(d.bad), report.Lines, strings.Join(d.bad, ", "))
	}
	return nil
}

func (d *fullDemo) read() (*scenario.Story, error) {
	name, text := "story", scenario.Text()
	if d.story != "" {
		b, err := readFile(d.story)
		if err != nil {
			return nil, err
		}
		name, text = d.story, string(b)
	}
	s, err := scenario.Parse(text)
	if err != nil {
		return nil, usage("%s: %v", name, err)
	}
	return s, nil
}

// play makes the log's key and plays.
func (d *fullDemo) play(ctx context.Context, story *scenario.Story) (scenario.Report, error) {
	f := d.folders
	if err := errors.Join(os.MkdirAll(f.log(), 0o700), os.MkdirAll(f.client(), 0o700)); err != nil {
		return scenario.Report{}, err
	}
	if err := newLogKey(f.log(), story.Origin); err != nil {
		return scenario.Report{}, err
	}
	signer, err := loadLogSigner(f.log(), "", story.Origin)
	if err != nil {
		return scenario.Report{}, err
	}
	p := scenario.Player{Disk: scenario.InFolders(f.store(), f.anchor()), Quarantine: f.quarantine(), Signer: signer, Say: d.say}
	return p.Play(ctx, story)
}

// keep writes what other commands need to look at the log, and the files that were
// released with their receipts.
func (d *fullDemo) keep(story *scenario.Story, r scenario.Report) error {
	f := d.folders
	err := errors.Join(
		writeConfig(filepath.Join(f.log(), "config.json"), serverConfig{Origin: story.Origin, Mode: string(log.Sealed)}),
		client.WriteFile(f.policy(), r.Policy, 0o644),
		client.WriteFile(f.policy()+".genesis", []byte(hex.EncodeToString(r.Genesis[:])+"\n"), 0o644),
	)
	for _, k := range r.Files {
		path := filepath.Join(f.dir, k.Name+".pdf")
		err = errors.Join(err, client.WriteFile(path, scenario.Sample(k.Name), 0o644), client.WriteFile(path+".docket", k.Receipt.Marshal(), 0o644))
	}
	return err
}

// A fullLine is a line of the story as JSON.
type fullLine struct {
	Row      string    `json:"row"`
	Line     int       `json:"line"`
	Time     time.Time `json:"time"`
	Signer   string    `json:"signer"`
	Act      string    `json:"act"`
	Expected string    `json:"expected"`
	Actual   string    `json:"actual"`
	Detail   string    `json:"detail,omitempty"` // the words of the server
	OK       bool      `json:"ok"`
}

// say prints a line as it was played: number, time, signer, act, expected, actual
// and a mark.
func (d *fullDemo) say(p scenario.Played) {
	if !p.OK {
		d.bad = append(d.bad, fmt.Sprintf("line %d (row %s)", p.Number, p.Row))
	}
	if d.json {
		_, _ = d.out.Write(jsonLine(fullLine{p.Row, p.Number, p.Time, p.Signer, p.Act, p.Expect.String(), p.Actual.String(), p.Detail, p.OK}))
		return
	}
	mark := "ok"
	if !p.OK {
		mark = "DEVIATES"
	}
	fmt.Fprintf(d.out, "%-4s %s  %-16s %-56s | %s | %s | %s\n", p.Row, p.Time.Format("02 Jan 15:04:05"), p.Signer, short(p.Act, 56), p.Expect, p.Actual, mark)
	if !p.OK && p.Detail != "" {
		fmt.Fprintf(d.out, "     %s\n", p.Detail)
	}
}

// short cuts a text, visibly.
func short(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return s[:n-2] + ".."
}

// A fullEnd is the last line as JSON.
type fullEnd struct {
	Lines      int    `json:"lines"`
	Checks     int    `json:"checks"` // expectations that were looked at
	Deviations int    `json:"deviations"`
	Entries    uint64 `json:"entries"`
	Refusals   int    `json:"refusals"`
	Alerts     int    `json:"alerts"`
	Replay     string `json:"replay"` // of the whole log by fsck
}

func (d *fullDemo) conclude(r scenario.Report, took time.Duration) {
	if d.json {
		_, _ = d.out.Write(jsonLine(fullEnd{r.Lines, r.Checks, r.Deviations, r.Entries, r.Refusals, r.Alerts, "ok"}))
		return
	}
	fmt.Fprintf(d.out, "\n%d lines, %d expectations, %d refusals, %d alerts, %d deviations; %d entries in the log, all replayed; in %s\n",
		r.Lines, r.Checks, r.Refusals, r.Alerts, r.Deviations, r.Entries, took.Round(100*time.Millisecond))
}
