package main

import (
	"strings"
	"testing"
)

func TestSameServer(t *testing.T) {
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"https://log.example.com", "https://LOG.example.com:443/", true},
		{"http://log.example.com:80", "http://log.example.com/below", true},
		{"http://[::1]:8070", "http://[::1]:8070/", true},
		{"https://log.example.com", "http://log.example.com", false},
		{"https://log.example.com", "http://log.example.com:443", false},
		{"https://log.example.com", "https://log.example.com:8443", false},
		{"https://log.example.com", "https://log.example.com.evil.example", false},
		{"https://log.example.com", "https://log.example.com@evil.example", false},
		{"log.example.com", "log.example.com", false},
		{"", "", false},
	} {
		if got := sameServer(c.a, c.b); got != c.same {
			t.Errorf("%q, %q: %v", c.a, c.b, got)
		}
	}
}

// A URL that cannot be used is not printed with its password.
func TestServerURL(t *testing.T) {
	for _, text := range []string{"", "log.example.com", "log.example.com:8070", "ftp://log.example.com", "https://", "http:///x", "https://:8070",
		"https://u:hunter2@", "https://u:hunter2@a b", "https://log.example.com/?q", "https://log.example.com/#f", "u:hunter2@log.example.com:1"} {
		_, err := serverURL(text)
		if err == nil || !strings.Contains(err.Error(), "want one such as") || strings.HasPrefix(text, "https:") && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: %v", text, err)
		}
	}
	if u, err := serverURL("https://u:hunter2@log.example.com/below"); err != nil || u.Host != "log.example.com" {
		t.Error(err)
	}
}
