package tlsbind

import (
	"crypto/tls"
	"net"
)

type listener struct {
	net.Listener
	cfg *tls.Config
}

// Accept returns a *tls.Conn. The handshake has not begun: the first Read or
// Write makes it, or HandshakeContext.
func (l *listener) Accept() (net.Conn, error) {
	inner, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	c := &conn{Conn: inner}
	c.tls = tls.Server(c, l.cfg)
	return c.tls, nil
}
