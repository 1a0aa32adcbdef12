package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/docketlog/docket/client"
)

// heartbeatTime is how long a heartbeat may take.
const heartbeatTime = 10 * time.Second

// heartbeat returns what touches a dead man's switch: a URL is posted to, any other
// text is a file, which gets the time. nil: there is none.
func heartbeat(to string) func(ctx context.Context) error {
	switch {
	case to == "":
		return nil
	case strings.HasPrefix(to, "https://"), strings.HasPrefix(to, "http://"):
		h := &http.Client{Timeout: heartbeatTime, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		return func(ctx context.Context) error { return postHeartbeat(ctx, h, to) }
	}
	return func(context.Context) error {
		return client.WriteFile(to, []byte(time.Now().UTC().Format(time.RFC3339)+"\n"), 0o644)
	}
}

// postHeartbeat posts nothing: that it comes is the message. No error has the URL,
// which may hold a secret.
func postHeartbeat(ctx context.Context, h *http.Client, to string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, to, nil)
	if err != nil {
		return errors.New("it is no URL")
	}
	answer, err := h.Do(r)
	if err != nil {
		return errors.New("no answer")
	}
	defer answer.Body.Close()
	_, _ = io.CopyN(io.Discard, answer.Body, 64<<10)
	if answer.StatusCode/100 != 2 {
		return fmt.Errorf("status %d", answer.StatusCode)
	}
	return nil
}
