package main

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// certificateAge is how long a certificate is used before its files are looked at
// again.
const certificateAge = time.Minute

// certificate is a server certificate in two files. When they change they are
// read again, so that it can be renewed while the server runs.
type certificate struct {
	certFile, keyFile string
	logger            *slog.Logger
	now               func() time.Time

	mu      sync.Mutex
	current *tls.Certificate
	stamps  [2]stamp
	looked  time.Time
}

// stamp tells one state of a file from another.
type stamp struct {
	changed time.Time
	size    int64
}

// openCertificate reads the files, which must be good at the start.
func openCertificate(certFile, keyFile string, logger *slog.Logger) (*certificate, error) {
	c := &certificate{certFile: certFile, keyFile: keyFile, logger: logger, now: time.Now}
	return c, c.read()
}

// read reads the files. Their stamps are taken before: a file that changes
// meanwhile is read once more later.
func (c *certificate) read() error {
	stamps, err := c.stat()
	if err != nil {
		return err
	}
	pair, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err != nil {
		return fmt.Errorf("certificate %s with key %s: %w", c.certFile, c.keyFile, err)
	}
	c.current, c.stamps, c.looked = &pair, stamps, c.now()
	return nil
}

func (c *certificate) stat() (stamps [2]stamp, err error) {
	for i, file := range []string{c.certFile, c.keyFile} {
		info, err := os.Stat(file)
		if err != nil {
			return stamps, err
		}
		stamps[i] = stamp{info.ModTime(), info.Size()}
	}
	return stamps, nil
}

// get returns the certificate for a handshake. While the files are wrong, such as
// halfway through a renewal, the last good one stays.
func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := c.now(); now.Sub(c.looked) >= certificateAge {
		c.looked = now
		if err := c.renew(); err != nil {
			c.logger.Error("the certificate could not be read again: the last good one stays", "error", err)
		}
	}
	return c.current, nil
}

func (c *certificate) renew() error {
	stamps, err := c.stat()
	if err != nil || stamps == c.stamps {
		return err
	}
	if err := c.read(); err != nil {
		return err
	}
	c.logger.Info("read the certificate again", "file", c.certFile)
	return nil
}
