package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// measure runs one log from empty under load.
func (c *config) measure(s subject, writers int) (result, error) {
	dir, err := os.MkdirTemp(c.dir, s.name+"-")
	if err != nil {
		return result{}, err
	}
	defer os.RemoveAll(dir)
	server, err := start(s, dir)
	if err != nil {
		return result{}, err
	}
	defer server.stop()
	begin := time.Now()
	points, output := c.load(server, writers)
	r := result{failed: failures(output)}
	if r.rate, err = rate(points, begin.Add(c.warmup)); err != nil {
		return r, fmt.Errorf("%w\n%s", err, tail(output))
	}
	if err := server.settle(); err != nil {
		return r, err
	}
	if err := c.fsck(server, dir); err != nil {
		return r, err
	}
	if r.size, err = server.size(); err != nil {
		return r, err
	}
	r.cpu = server.stop()
	r.perLeaf = r.cpu / time.Duration(r.size)
	return r, nil
}

// The load generator reports these, each second, with a count before it:
// requests that failed, and such as were sent away for a while.
var failure = regexp.MustCompile(`\((\d+) x\) failed to|(\d+) requests received pushback`)

// failures counts the requests that were not answered with an index.
func failures(output string) int {
	n := 0
	for _, m := range failure.FindAllStringSubmatch(output, -1) {
		times, _ := strconv.Atoi(m[1] + m[2]) // one of them is empty
		n += times
	}
	return n
}

// load runs the load generator for the set time and notes every checkpoint.
func (c *config) load(s *running, writers int) ([]point, string) {
	ctx, cancel := context.WithTimeout(context.Background(), c.time)
	defer cancel()
	// The generator hands out its write tokens once a second; 50,000 do not bound it.
	hammer := exec.CommandContext(ctx, c.programs.hammer, "--log_public_key="+s.key, "--log_url="+s.url,
		"--num_readers_random=0", "--num_readers_full=0", "--max_read_ops=0",
		"--num_writers="+strconv.Itoa(writers), "--max_write_ops=50000",
		"--leaf_min_size="+strconv.Itoa(c.leaf), "--dup_chance="+strconv.FormatFloat(c.dup, 'f', -1, 64), "--show_ui=false")
	done := make(chan []point)
	go func() { done <- s.watch(ctx) }()
	output, _ := hammer.CombinedOutput() // it ends by the time limit, never by itself
	cancel()
	return <-done, string(output)
}

// A running log.
type running struct {
	cmd    *exec.Cmd
	url    string
	key    string
	output bytes.Buffer
}

func start(s subject, dir string) (*running, error) {
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	cmd, key, err := s.command(filepath.Join(dir, s.name), address)
	if err != nil {
		return nil, err
	}
	r := &running{cmd: cmd, url: "http://" + address}
	cmd.Stdout, cmd.Stderr = &r.output, &r.output
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	for range 200 {
		if _, err = r.size(); err == nil {
			r.key, err = key()
			return r, err
		}
		time.Sleep(50 * time.Millisecond)
	}
	r.stop()
	return nil, fmt.Errorf("it does not answer: %w\n%s", err, tail(r.output.String()))
}

func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// stop ends the process and returns the processor time that it took.
func (r *running) stop() time.Duration {
	if r.cmd.ProcessState == nil {
		_ = r.cmd.Process.Signal(syscall.SIGTERM)
		_ = r.cmd.Wait()
	}
	return r.cmd.ProcessState.UserTime() + r.cmd.ProcessState.SystemTime()
}

// size reads the published size.
func (r *running) size() (uint64, error) {
	resp, err := http.Get(r.url + "/checkpoint")
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, err
	}
	lines := strings.Split(string(text), "\n")
	if resp.StatusCode != http.StatusOK || len(lines) < 3 {
		return 0, errors.New("checkpoint: " + resp.Status)
	}
	return strconv.ParseUint(lines[1], 10, 64)
}

// watch notes each new checkpoint until ctx ends.
func (r *running) watch(ctx context.Context) []point {
	var points []point
	for ctx.Err() == nil {
		size, err := r.size()
		if err == nil && (len(points) == 0 || size > points[len(points)-1].size) {
			points = append(points, point{time.Now(), size})
		}
		time.Sleep(20 * time.Millisecond)
	}
	return points
}

// settle waits until the published size stands still.
func (r *running) settle() error {
	last, err := r.size()
	for range 30 {
		time.Sleep(1500 * time.Millisecond)
		now, err2 := r.size()
		if err = errors.Join(err, err2); err != nil {
			return err
		}
		if now == last {
			return nil
		}
		last = now
	}
	return errors.New("the log still grows without load")
}

// fsck has Tessera's checker rebuild the log from its leaves.
func (c *config) fsck(r *running, dir string) error {
	key := filepath.Join(dir, "key")
	if err := os.WriteFile(key, []byte(r.key), 0o644); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, c.programs.fsck, "--storage_url="+r.url+"/", "--public_key="+key, "--ui=false", "-N=64").CombinedOutput()
	if err != nil || !bytes.Contains(out, []byte("Successfully fsck'd")) {
		return fmt.Errorf("fsck refuses the log: %v\n%s", err, tail(string(out)))
	}
	return nil
}

// tail is the end of a program's output.
func tail(output string) string {
	lines := strings.Split(strings.TrimSpace(output), "\n")
	return strings.Join(lines[max(0, len(lines)-20):], "\n")
}
