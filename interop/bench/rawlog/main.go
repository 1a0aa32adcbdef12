// Rawlog makes a raw docket log in an empty folder and serves it until it is
// interrupted. Its log key is derived from its origin and is no secret: it is
// for measurements only.
//
//	rawlog --dir D --listen 127.0.0.1:2025
//
// D/log.vkey holds the verifier key before the first answer. --cpuprofile writes
// a profile of the run for go tool pprof. At its end it says on stderr what the
// stages of a batch took on average.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/pprof"
	"syscall"

	"github.com/docketlog/docket/interop/site"
)

func main() {
	dir := flag.String("dir", "", "folder of the new log, empty or missing")
	listen := flag.String("listen", "127.0.0.1:2025", "address to serve on")
	profile := flag.String("cpuprofile", "", "file for a CPU profile")
	flag.Parse()
	if err := profiled(*profile, func() error { return serve(*dir, *listen) }); err != nil {
		fmt.Fprintln(os.Stderr, "rawlog:", err)
		os.Exit(1)
	}
}

// profiled calls f, with a CPU profile into a file unless its name is empty.
func profiled(file string, f func() error) (err error) {
	if file == "" {
		return f()
	}
	out, err := os.Create(file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	if err := pprof.StartCPUProfile(out); err != nil {
		return err
	}
	defer pprof.StopCPUProfile()
	return f()
}

func serve(dir, listen string) error {
	config, err := site.Raw("raw.docket.example")
	if err != nil {
		return err
	}
	if err := site.Create(dir, config, nil); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "log.vkey"), []byte(config.Signer.Key().String()+"\n"), 0o644); err != nil {
		return err
	}
	var spent stages
	config.Events.Published = spent.add
	s, err := site.Open(dir, listen, config, nil)
	if err != nil {
		return err
	}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, os.Interrupt, syscall.SIGTERM)
	select {
	case <-stop:
	case <-s.Log.Done():
	}
	err = s.Close() // says also why the log stopped by itself
	fmt.Fprintln(os.Stderr, &spent)
	return err
}
