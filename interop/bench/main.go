// Bench compares the write rates of docket's raw log and of Tessera's POSIX log
// with antispam, under Tessera's own load generator, on one machine and disk.
//
//	go run ./bench -writers 256,512 -rounds 3 -time 20s
//
// In each round each log runs alone, from empty, in a fresh folder, and the two
// swap places from round to round. The rate is that of leaves below a published
// checkpoint: the growth between the first new checkpoint after a warm-up and
// the last one of the run, over the time between the two. Afterwards Tessera's
// fsck must accept the log. Bench prints a line per run, and for each number of
// writers both medians and their ratio.
//
// The two logs do not promise the same with an answer: docket answers when a
// signed checkpoint that covers the leaf is published, Tessera when the leaf's
// index is durable; its checkpoint follows within a second.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// A config is what a run is made of.
type config struct {
	writers  []int
	rounds   int
	time     time.Duration // of load in each run
	warmup   time.Duration // of it, not measured
	leaf     int           // least bytes of a leaf
	dup      float64       // chance that a leaf was sent before
	dir      string        // for logs; on the disk that is measured
	programs programs
}

func main() {
	var c config
	writers := flag.String("writers", "256,512", "numbers of writers, one after the other")
	docket := flag.String("docket", "", "docket program to measure as `path` raw-log; default: ./bench/rawlog of this module")
	flag.IntVar(&c.rounds, "rounds", 3, "runs of each log for each number of writers")
	flag.DurationVar(&c.time, "time", 20*time.Second, "load in each run")
	flag.DurationVar(&c.warmup, "warmup", 4*time.Second, "part of it that is not measured")
	flag.IntVar(&c.leaf, "leaf", 490, "least bytes of a leaf")
	flag.Float64Var(&c.dup, "dup", 0, "chance that a leaf was sent before")
	flag.StringVar(&c.dir, "dir", os.TempDir(), "folder for the logs; runs remove what they made")
	flag.Parse()
	if err := c.run(*writers, *docket); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func (c *config) run(writers, docket string) error {
	for _, field := range strings.Split(writers, ",") {
		n, err := strconv.Atoi(field)
		if err != nil || n < 1 {
			return fmt.Errorf("%q is no number of writers", field)
		}
		c.writers = append(c.writers, n)
	}
	if c.warmup >= c.time || c.rounds < 1 {
		return fmt.Errorf("nothing to measure in %d rounds of %s with %s of warm-up", c.rounds, c.time, c.warmup)
	}
	dir, err := os.MkdirTemp(c.dir, "docket-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	c.dir = dir
	if c.programs, err = buildPrograms(filepath.Join(dir, "bin"), docket); err != nil {
		return err
	}
	fmt.Printf("%s, %d CPUs, %s; leaves of %d bytes, duplicates %.0f %%, no readers, %s a run\n",
		runtime.Version(), runtime.NumCPU(), loadAverage(), c.leaf, 100*c.dup, c.time)
	for _, n := range c.writers {
		if err := c.compare(n); err != nil {
			return err
		}
	}
	return nil
}

// compare runs both logs in turns and prints what came out.
func (c *config) compare(writers int) error {
	rates := make(map[string][]float64)
	for round := range c.rounds {
		turn := []subject{c.programs.docket, c.programs.tessera}
		if round%2 == 1 {
			turn[0], turn[1] = turn[1], turn[0]
		}
		for _, s := range turn {
			r, err := c.measure(s, writers)
			if err != nil {
				return fmt.Errorf("%s with %d writers: %w", s.name, writers, err)
			}
			rates[s.name] = append(rates[s.name], r.rate)
			fmt.Printf("writers %d  round %d  %-8s %s  %s\n", writers, round+1, s.name, r, loadAverage())
		}
	}
	ours, theirs := median(rates["docket"]), median(rates["tessera"])
	fmt.Printf("writers %d  median   docket %.0f/s  tessera %.0f/s  ratio %.2f  (by round: %s)\n",
		writers, ours, theirs, ours/theirs, ratios(rates["docket"], rates["tessera"]))
	return nil
}
