package main

import (
	"log/slog"
	"net"
	"sync"
)

// Bounds of the connections that a server has open. A connection is an open file too: a
// server whose clients take all that it may open cannot write its anchor any more, and a
// log that cannot write stops.
const (
	maxConnections = 16_384
	ownFiles       = 1_200 // what the store and the rest of the process open at most
)

// scarce says that a process may open so few files that its store and its clients can
// still take them from each other.
func scarce(files uint64) bool { return files/2 < ownFiles }

// connections is how many connections a process may have that may open so many files.
func connections(files uint64) int {
	return int(min(files-min(files/2, ownFiles), maxConnections))
}

// listen listens on an address. More connections than there are places for wait until
// others end.
func listen(address string, logger *slog.Logger) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	places := maxConnections
	if files, ok := openFiles(); ok {
		if places = connections(files); scarce(files) {
			logger.Warn("few connections are taken at once, and a large store may still run out of files: raise the number that this process may open (ulimit -n)", "connections", places, "files", files)
		}
	}
	return limited(l, places), nil
}

func limited(l net.Listener, places int) net.Listener {
	return &limitedListener{Listener: l, places: make(chan struct{}, places), closed: make(chan struct{})}
}

// limitedListener takes a connection when it has a place for it.
type limitedListener struct {
	net.Listener
	places chan struct{}
	closed chan struct{}
	once   sync.Once
}

// Accept implements net.Listener.
func (l *limitedListener) Accept() (net.Conn, error) {
	select {
	case l.places <- struct{}{}:
	case <-l.closed:
		return nil, net.ErrClosed
	}
	c, err := l.Listener.Accept()
	if err != nil {
		<-l.places
		return nil, err
	}
	return &placedConn{Conn: c, leave: sync.OnceFunc(func() { <-l.places })}, nil
}

// Close implements net.Listener.
func (l *limitedListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return l.Listener.Close()
}

// placedConn gives its place back when it is closed.
type placedConn struct {
	net.Conn
	leave func()
}

// Close implements net.Conn.
func (c *placedConn) Close() error {
	defer c.leave()
	return c.Conn.Close()
}
