package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"
)

// interruptGrace is how long a command that was told to stop may take: to cut a
// request off, to close a store.
const interruptGrace = time.Second

// drains marks the commands that finish what they owe before they end, at their
// own pace.
const drains = "drains"

func draining() map[string]string { return map[string]string{drains: ""} }

// endInterrupted ends the process a moment after a signal, unless done is called
// before: a command that waits for a file, a pipe or stdin sees no context. What it
// leaves is what a crash leaves, and the next run goes on from there.
func endInterrupted(ctx context.Context, root *cobra.Command, args []string) (done func()) {
	if c, _, err := root.Find(args); err == nil {
		if _, ok := c.Annotations[drains]; ok {
			return func() {}
		}
	}
	ended := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		select {
		case <-ended:
		case <-time.After(interruptGrace):
			fmt.Fprintln(os.Stderr, "docket: interrupted")
			os.Exit(exitIO)
		}
	})
	return func() { stop(); close(ended) }
}
