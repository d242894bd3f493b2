package demo

import (
	"context"
	"fmt"
	"io"
	"net"
	"sync"
	"time"
)

const (
	// refusedFor is how long a node that refused a connection is passed over.
	refusedFor = 250 * time.Millisecond
	dialTime   = 2 * time.Second
	// afterEnd is how long a client may keep a connection that its node has ended.
	afterEnd = 5 * time.Second
)

// A balancer passes TCP connections to the nodes in turn, whoever they are from.
// It knows of a node that is down only by being refused, and then asks the next.
// It is safe for concurrent use.
type balancer struct {
	listener net.Listener
	running  sync.WaitGroup

	mu       sync.Mutex
	backends []*backend
	next     int
	open     map[net.Conn]struct{} // nil: closed
	cut      map[string]struct{}   // addresses of clients whose connection to a doomed node has ended
}

// A backend is one life of a node: it comes back as another. Fields are the
// balancer's, under its lock.
type backend struct {
	addr   string
	again  time.Time // it has refused: not before then
	doomed bool      // it is being killed
	served int       // connections
}

func newBalancer() (*balancer, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("the balancer can't listen on loopback: %w", err)
	}
	b := &balancer{listener: l, open: map[net.Conn]struct{}{}, cut: map[string]struct{}{}}
	b.running.Go(b.accept)
	return b, nil
}

func (b *balancer) addr() string { return b.listener.Addr().String() }

// set has node i at addr from now on; i may be one more than there are.
func (b *balancer) set(i int, addr string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if i == len(b.backends) {
		b.backends = append(b.backends, nil)
	}
	b.backends[i] = &backend{addr: addr}
}

// doom notes that node i is about to be killed. Connections go there as before,
// until it refuses them.
func (b *balancer) doom(i int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.backends[i].doomed = true
}

// wasCut reports whether the connection from this client ended with a node that
// was killed. It forgets what it says.
func (b *balancer) wasCut(client net.Addr) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	_, cut := b.cut[client.String()]
	delete(b.cut, client.String())
	return cut
}

// served returns how many connections each node has had in its life.
func (b *balancer) served() []int {
	b.mu.Lock()
	defer b.mu.Unlock()
	counts := make([]int, len(b.backends))
	for i, be := range b.backends {
		counts[i] = be.served
	}
	return counts
}

func (b *balancer) accept() {
	for {
		c, err := b.listener.Accept()
		if err != nil {
			return // closed
		}
		if b.track(c) {
			b.running.Go(func() { b.serve(c.(*net.TCPConn)) })
		}
	}
}

// close cuts every connection.
func (b *balancer) close() {
	_ = b.listener.Close()
	b.mu.Lock()
	for c := range b.open {
		_ = c.Close()
	}
	b.open = nil
	b.mu.Unlock()
	b.running.Wait()
}

// track keeps a connection for close; false where that was before.
func (b *balancer) track(c net.Conn) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.open == nil {
		_ = c.Close()
		return false
	}
	b.open[c] = struct{}{}
	return true
}

func (b *balancer) release(c net.Conn) {
	_ = c.Close()
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.open, c)
}

// turn returns the node whose turn it is, passing over those that have refused
// lately; nil where that is all of them.
func (b *balancer) turn() *backend {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	for range b.backends {
		be := b.backends[b.next%len(b.backends)]
		b.next = (b.next + 1) % len(b.backends)
		if now.After(be.again) {
			return be
		}
	}
	return nil
}

// dial connects to the next node that takes the connection.
func (b *balancer) dial() (*backend, *net.TCPConn) {
	for {
		be := b.turn()
		if be == nil {
			return nil, nil
		}
		ctx, cancel := context.WithTimeout(context.Background(), dialTime)
		c, err := new(net.Dialer).DialContext(ctx, "tcp", be.addr)
		cancel()
		b.mu.Lock()
		if err == nil {
			be.served++
		} else {
			be.again = time.Now().Add(refusedFor)
		}
		b.mu.Unlock()
		if err == nil {
			return be, c.(*net.TCPConn)
		}
	}
}

func (b *balancer) serve(client *net.TCPConn) {
	defer b.release(client)
	be, node := b.dial()
	if node == nil || !b.track(node) {
		return
	}
	defer b.release(node)
	var up sync.WaitGroup
	up.Go(func() {
		_, _ = io.Copy(node, client)
		_ = node.CloseWrite()
	})
	_, err := io.Copy(client, node)
	b.ended(be, client)
	if err != nil {
		_ = client.Close() // and that ends the other direction
	} else {
		_ = client.CloseWrite()
		_ = client.SetReadDeadline(time.Now().Add(afterEnd))
	}
	up.Wait()
	// The node has sent all that it will. Closed the usual way, the port would
	// stay taken for a minute, and a long demo would use up all of them.
	_ = node.SetLinger(0)
}

// ended notes a connection that its node has ended, before its client sees that.
func (b *balancer) ended(be *backend, client *net.TCPConn) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if be.doomed {
		b.cut[client.RemoteAddr().String()] = struct{}{}
	}
}
