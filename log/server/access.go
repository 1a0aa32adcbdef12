package server

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// access says who may use a route.
type access uint8

const (
	public     access = iota // everybody
	reading                  // it shows what statements say
	submitting               // it adds entries
	measuring                // it shows how the server fares
	backingUp                // it makes a backup
)

// Access says who may use the protected resources of a server that demands no
// tokens.
type Access uint8

const (
	// Open: whoever reaches the server.
	Open Access = iota
	// OpenLocally: the same, but only under a name of this machine. Whoever
	// listens on the loopback only is still reached by each web page in a browser
	// here, under a name that leads to the loopback.
	OpenLocally
	// Off: nobody.
	Off
)

// authorize names the client of a request: by its token, else by where it comes
// from.
func (s *Server) authorize(r *http.Request, a access) (client string, err error) {
	switch {
	case a == public:
		return remote(r), nil
	case s.options.Tokens != nil:
		return s.options.Tokens.authorize(r.Header, a)
	case s.options.Access == Off:
		return "", problem("off", "", "this server has no list of tokens, so it serves nothing but what is public; its operator starts it with --tokens")
	case s.options.Access == OpenLocally:
		if err := checkLocal(r); err != nil {
			return "", err
		}
	}
	return remote(r), nil
}

// sameSite refuses what a web page of another site had a browser send.
var sameSite = http.NewCrossOriginProtection()

// fromElsewhere says whether a web page of another site had a browser send a request.
// It need not read the answer to learn from it: whether there is one is seen by whoever
// embeds it. So reads are judged as what changes something.
func fromElsewhere(r *http.Request) bool {
	asked := *r
	asked.Method = http.MethodPost
	return sameSite.Check(&asked) != nil
}

// proxyHeaders are set by proxies, which may name the loopback as the host
// whoever asks them.
var proxyHeaders = []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "Via"}

// checkLocal refuses requests that a web page had sent: under a name that is none
// of the loopback's, or from another site; and those that a proxy says it brings
// from elsewhere.
func checkLocal(r *http.Request) error {
	if !loopbackName(r.Host) {
		return problem("host", "", "without tokens this server answers under localhost and the addresses of the loopback only")
	}
	for _, name := range proxyHeaders {
		if len(r.Header.Values(name)) > 0 {
			return problem("host", "", "the request came through a proxy ("+name+"): behind one, this server needs a list of tokens")
		}
	}
	if fromElsewhere(r) {
		return problem("host", "", "the request comes from a web page of another site")
	}
	return nil
}

// loopbackName says whether a Host header names the loopback.
func loopbackName(host string) bool {
	name, port, err := net.SplitHostPort(host)
	if err != nil || port == "" {
		name = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	}
	if ip, err := netip.ParseAddr(name); err == nil {
		return ip.Unmap().IsLoopback()
	}
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	return name == "localhost" || strings.HasSuffix(name, ".localhost")
}

// remote names a client by its address: of IPv6 the network of 64 bits, as one
// client has all of it.
func remote(r *http.Request) string {
	address, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	ip := address.Addr().Unmap().WithZone("")
	if ip.Is4() {
		return ip.String()
	}
	network, err := ip.Prefix(64)
	if err != nil {
		return ip.String()
	}
	return network.String()
}
