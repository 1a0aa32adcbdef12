package main

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/spf13/cobra"
)

// runSelf makes a log, serves it in this process for the load, stops the server,
// and checks every row of what it left.
func (l *load) runSelf(cmd *cobra.Command) error {
	stop, err := l.serve(cmd.Context())
	if err != nil {
		return err
	}
	err = errors.Join(l.run(cmd.Context()), stop())
	if err != nil && !errors.Is(err, errLoad) {
		return err
	}
	return errors.Join(err, l.fsck(cmd))
}

// serve makes a development log in DIR, where none may be, and serves it on a
// free port, with the limits that docket serve has by itself. stop ends the server.
func (l *load) serve(ctx context.Context) (stop func() error, err error) {
	if err := devSetup("http://127.0.0.1:0").create(ctx, l.folders, io.Discard); err != nil {
		return nil, err
	}
	config, err := l.folders.serverConfig()
	if err != nil {
		return nil, err
	}
	var o serveOptions
	o.flags(&cobra.Command{}, "127.0.0.1:0") // the defaults of the flags
	ctx, cancel := context.WithCancel(ctx)
	ready, ended := make(chan string, 1), make(chan error, 1)
	go func() {
		ended <- o.serve(ctx, l.folders, config, l.stderr, func(url string, _ uint64, _ time.Time) { ready <- url })
	}()
	select {
	case l.server = <-ready:
		return func() error { cancel(); return <-ended }, nil
	case err := <-ended:
		cancel()
		return nil, errors.Join(err, errors.New("the server did not start"))
	}
}

// fsck checks the stopped log, as docket fsck does, and replays it if asked to.
// Damage is exit code 4.
func (l *load) fsck(cmd *cobra.Command) error {
	o := fsckOptions{}
	o.Replay = l.replay
	report, err := o.check(cmd, l.folders)
	if err != nil {
		return err
	}
	l.report.Fsck = &report
	if report.Damaged > 0 {
		return errors.Join(errLoad, &verdictError{exitDamage})
	}
	return nil
}
