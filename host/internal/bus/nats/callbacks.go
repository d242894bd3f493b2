package nats

import (
	"errors"
	"maps"
	"net/url"
	"slices"
	"time"

	"github.com/nats-io/nats.go"
)

// listen has nats.go tell what happens. It calls all of these one at a time, in
// order, from a goroutine of its own; pause is from the one that connects.
func (t *Transport) listen(o *nats.Options) {
	o.CustomDialer = t.dialer
	o.ConnectedCB = t.connected
	o.ReconnectedCB = t.connected
	o.DisconnectedErrCB = func(_ *nats.Conn, err error) { t.disconnected(err) }
	o.ReconnectErrCB = func(_ *nats.Conn, err error) { t.link.attemptFailed(err) }
	o.AsyncErrorCB = t.failed
	o.CustomReconnectDelayCB = t.pause
}

// connected puts subscriptions in force that the server doesn't know, before the
// connection counts as up.
func (t *Transport) connected(nc *nats.Conn) {
	t.mu.Lock()
	if t.closed {
		t.mu.Unlock()
		return
	}
	t.live = nc
	gone := t.gone
	t.gone = nil
	subs := slices.Collect(maps.Keys(t.subs))
	t.mu.Unlock()
	for _, g := range gone {
		_ = g.Unsubscribe()
	}
	for _, s := range subs {
		s.register(nc)
	}
	if n := nc.MaxPayload(); n > 0 {
		t.payload.Store(n)
	}
	t.bucket.reset()
	_ = nc.FlushTimeout(connectTimeout) // where it fails, disconnected comes next
	t.mu.Lock()
	if !t.closed {
		t.sending.Store(nc)
	}
	t.mu.Unlock()
	t.link.connected(bare(nc.ConnectedUrl()), nc.ConnectedServerVersion())
	if t.cfg.Reconnected != nil {
		t.cfg.Reconnected()
	}
}

// bare is a server's URL without user and password.
func bare(server string) string {
	u, err := url.Parse(server)
	if err != nil {
		return ""
	}
	u.User = nil
	return u.String()
}

func (t *Transport) disconnected(err error) {
	t.mu.Lock()
	t.live = nil
	t.sending.Store(nil)
	t.mu.Unlock()
	t.link.lost(err)
}

// failed is told of what does not end the connection by itself.
func (t *Transport) failed(_ *nats.Conn, sub *nats.Subscription, err error) {
	switch {
	case errors.Is(err, nats.ErrSlowConsumer):
		subject := ""
		if sub != nil {
			subject = sub.Subject
		}
		t.link.warn("messages come faster than they are taken: some are dropped", "subject", subject, "dropped", t.Dropped())
	case errors.Is(err, nats.ErrPermissionViolation):
		t.link.warn("NATS refuses this node's user a subject: allow it to publish and subscribe to sesshook.>, _INBOX.> and, for values, $JS.API.> and $KV.>", "err", err)
	default:
		t.link.serverSaid(err)
	}
}

// pause is called before all servers are tried again, without a lock of nats.go.
// How the last of them failed, if it was reached, nats.go tells nowhere else.
func (t *Transport) pause(round int) time.Duration {
	c := t.conn.Load()
	if c == nil {
		return 0
	}
	t.link.attemptFailed(c.LastError())
	if !t.link.tried() {
		return 0
	}
	return pause(round)
}

// connectionEnded is called when nats.go has given up a connection for good:
// because of Close, or of an error that the server sent and nats.go does not
// know. The latter is no reason to leave the farm.
func (t *Transport) connectionEnded(nc *nats.Conn) {
	was := t.link.state()
	t.disconnected(nc.LastError())
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return
	}
	if was.Up && time.Since(was.Since) > quiet {
		t.reopens = 0
	}
	t.reopens++
	wait := time.NewTimer(pause(t.reopens))
	t.running.Go(func() {
		defer wait.Stop()
		select {
		case <-wait.C:
			if err := t.connect(); err != nil { // it worked with the same options
				t.cfg.Log.Error("NATS connection can't be set up again: restart this node", "err", err)
			}
		case <-t.ctx.Done():
		}
	})
}
