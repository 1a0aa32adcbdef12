package main

import (
	"cmp"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/docketlog/docket/client"
)

// newClient returns a client that verifies with DIR/client. server overrides the
// configured URL unless it is empty.
func (f folders) newClient(server string) (*client.Client, clientConfig, error) {
	c, config, err := f.pinnedClient(server)
	if err != nil {
		return nil, config, err
	}
	return c, config, f.connect(c, config)
}

// pinnedClient is newClient without what only a connection needs: connect adds it.
func (f folders) pinnedClient(server string) (*client.Client, clientConfig, error) {
	config, err := f.clientConfig()
	if err != nil {
		return nil, config, err
	}
	verifier, err := readVerifier(f.policy(), "")
	if err != nil {
		return nil, config, err
	}
	if server != "" {
		if _, err := serverURL(server); err != nil {
			return nil, config, usage("--server: %w", err)
		}
	}
	return &client.Client{
		Server:   strings.TrimSuffix(cmp.Or(server, config.Server), "/"),
		Verifier: verifier,
		Memory:   &client.Memory{Path: filepath.Join(f.client(), "checkpoint")},
	}, config, nil
}

// connect gives a client what the server wants to see, and what it must show. The
// configured token is for the configured server: no other one gets it.
func (f folders) connect(c *client.Client, config clientConfig) error {
	if _, err := serverURL(c.Server); err != nil {
		return fmt.Errorf("the server in %s: %w", filepath.Join(f.client(), "config.json"), err)
	}
	path := f.credential(f.tokenFile, config.TokenFile)
	if path != "" && f.tokenFile == "" && !sameServer(c.Server, config.Server) {
		return usage("the token in %s is for %s: name the one for %s with --token-file", f.client(), shownURL(config.Server), shownURL(c.Server))
	}
	var err error
	if path != "" {
		if c.Token, err = client.ReadToken(path); err != nil {
			return err
		}
	}
	if path := f.credential(f.caFile, config.CAFile); path != "" {
		c.HTTP, err = client.TrustingHTTP(path)
	}
	return err
}

// credential is the path of a flag, or else that of the configuration.
func (f folders) credential(flag, configured string) string {
	if flag != "" || configured == "" || filepath.IsAbs(configured) {
		return cmp.Or(flag, configured)
	}
	return filepath.Join(f.client(), configured)
}

// serverURL reads the base URL of a server.
func serverURL(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("%q is no base URL of a server: want one such as https://log.example.com", shownURL(text))
	}
	return u, nil
}

// sameServer says whether two URLs name one server: scheme, host and port.
func sameServer(a, b string) bool {
	x, err1 := serverURL(a)
	y, err2 := serverURL(b)
	return err1 == nil && err2 == nil && x.Scheme == y.Scheme && strings.EqualFold(x.Hostname(), y.Hostname()) && portOf(x) == portOf(y)
}

// portOf is the port of a URL, also where it stands for itself.
func portOf(u *url.URL) string {
	return cmp.Or(u.Port(), map[string]string{"http": "80", "https": "443"}[u.Scheme])
}

// shownURL is a URL as it may be printed: without its password.
func shownURL(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return "what is given" // url.Parse repeats it all
	}
	return u.Redacted()
}
