package main

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/statement"
)

func newInit() *cobra.Command {
	s := setup{}
	var anchorDir string
	var asJSON bool
	c := &cobra.Command{
		Use:   "init --origin HOST",
		Short: "make a new log, its keys and its identities",
		Long: `init makes a new log below --dir: its key, its store with a genesis policy, its
anchor, and a client folder with the keys of an admin, a registrar and a
pipeline. The keys of the log's own identity and of its monitor stay with the log
key. Nothing is served; docket serve does that.

The origin is the log's name for ever, a bare host name. Documents below a
--direct prefix can be released by the pipeline alone; all others need a run with
approvals (docs/workflows.md).

A set-up that was cut off is begun anew, or finished, by the same command.

With --ml-dsa each checkpoint carries a second signature, of ML-DSA-44: receipts are
3.3 KB larger, and verifiers choose which of the two keys they pin.

Keys are encrypted; their passwords lie beside them, in files that only their
owner can read. Move them, and name them with serve --password-file.`,
		Example: `  docket init --dir /srv/docket --origin log.example.com --direct contracts/ --direct reports/`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := s.check(); err != nil {
				return err
			}
			f := dirOf(cmd)
			f.anchorDir = anchorDir
			out := cmd.OutOrStdout()
			if asJSON {
				if err := s.create(cmd.Context(), f, io.Discard); err != nil {
					return err
				}
				return printMade(f, out)
			}
			if err := s.create(cmd.Context(), f, out); err != nil {
				return err
			}
			next := "docket serve --dir " + f.dir
			if anchorDir != "" {
				next += " --anchor " + anchorDir
			}
			fmt.Fprintln(out, "next: "+next)
			return nil
		},
	}
	flags := c.Flags()
	flags.BoolVar(&asJSON, "json", false, "print what was made as JSON")
	flags.StringVar(&s.origin, "origin", "", "the log's name, a bare host name (mandatory)")
	flags.BoolVar(&s.mldsa, "ml-dsa", false, "sign with ML-DSA-44 too, which holds against quantum computers")
	flags.StringVar(&anchorDir, "anchor", "", "folder of the anchor, best on another disk (default DIR/anchor)")
	flags.StringVar(&s.server, "server", "http://127.0.0.1:8070", "base URL that clients use")
	flags.StringArrayVar(&s.direct, "direct", nil, "prefix of documents that need no run; may be repeated")
	flags.StringVar(&s.admin, "admin", "h/admin", "id of the admin")
	flags.StringVar(&s.register, "registrar", "svc/registrar", "id of the registrar")
	flags.StringVar(&s.pipeline, "pipeline", "wl/pipeline", "id of the pipeline")
	flags.StringVar(&s.logID, "log-identity", "svc/log", "id of the log's own identity")
	flags.StringVar(&s.monitor, "monitor", "svc/monitor", "id of the monitor, which signs alerts; empty: none")
	return c
}

// check says what is wrong with the flags.
func (s setup) check() error {
	if !proofs.ValidOrigin(s.origin) {
		return usage("--origin %q is not a bare host name such as log.example.com", s.origin)
	}
	for _, prefix := range s.direct {
		if !statement.ValidPrefix(prefix) {
			return usage("--direct %q is not a prefix: segments of letters, digits, '.', '_' and '-', each ended by '/', or *", prefix)
		}
	}
	ids := []string{s.admin, s.register, s.pipeline, s.logID}
	if s.monitor != "" {
		ids = append(ids, s.monitor)
	}
	for _, id := range ids {
		if !statement.ValidID(id) {
			return usage("%q is not an identity id", id)
		}
	}
	return nil
}

// made is what init made, as JSON: where it is, and what verifiers pin.
type made struct {
	Origin  string   `json:"origin"`
	Log     string   `json:"log"` // folders
	Anchor  string   `json:"anchor"`
	Client  string   `json:"client"`
	VKey    string   `json:"vkey"`    // the log's first verifier key, of Ed25519
	VKeys   []string `json:"vkeys"`   // all of them
	Genesis string   `json:"genesis"` // leaf hash of entry 0, in hex
}

func printMade(f folders, w io.Writer) error {
	config, err1 := f.serverConfig()
	keys, err2 := readLogKeys(filepath.Join(f.log(), "log.vkey"))
	genesis, err3 := readFile(f.policy() + ".genesis")
	if err := errors.Join(err1, err2, err3); err != nil {
		return err
	}
	var vkeys []string
	for _, key := range keys {
		vkeys = append(vkeys, key.String())
	}
	_, err := w.Write(jsonLine(made{
		Origin: config.Origin, Log: f.log(), Anchor: f.anchor(), Client: f.client(),
		VKey: vkeys[0], VKeys: vkeys, Genesis: strings.TrimSuffix(string(genesis), "\n"),
	}))
	return err
}
