package nats

import (
	"context"
	"errors"
	"net"
	"sync"
)

// errNotYet is the first try of a connection, which is none.
var errNotYet = errors.New("not tried yet")

// dialer dials for nats.go, which holds its lock while it dials, and while it
// greets: abort ends both, so that Close needs not wait for a server that is
// silent.
type dialer struct {
	ctx context.Context
	tcp net.Dialer

	mu      sync.Mutex
	refuse  int // so many tries
	aborted bool
	last    net.Conn
}

func newDialer(ctx context.Context) *dialer {
	return &dialer{ctx: ctx, tcp: net.Dialer{Timeout: connectTimeout}}
}

// refuseNext has the next n calls of Dial fail with errNotYet.
func (d *dialer) refuseNext(n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.refuse = n
}

// Dial implements nats.CustomDialer.
func (d *dialer) Dial(network, address string) (net.Conn, error) {
	if d.refused() {
		return nil, errNotYet
	}
	conn, err := d.tcp.DialContext(d.ctx, network, address)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.aborted {
		_ = conn.Close()
		return nil, net.ErrClosed
	}
	d.last = conn
	return conn, nil
}

func (d *dialer) refused() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.refuse == 0 {
		return false
	}
	d.refuse--
	return true
}

// abort closes what was dialled, and dials nothing more.
func (d *dialer) abort() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.aborted = true
	if d.last != nil {
		_ = d.last.Close()
	}
}
