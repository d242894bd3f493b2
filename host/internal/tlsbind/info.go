package tlsbind

import (
	"crypto/tls"
	"net"

	"github.com/sesshook/sesshook/host/internal/session"
)

// A ConnInfo tells of the sessions of one connection.
type ConnInfo struct {
	Node session.Node // the node that it is connected to
	// Issued is the id of the session that was stored for the client to come
	// back with; empty where none was.
	Issued session.ID
	// Parent is the id of the session that the connection resumed, and
	// ParentHome the node that issued it; empty after a full handshake.
	Parent     session.ID
	ParentHome session.Node
}

// Info tells of the sessions of a connection that Binder.Listener accepted
// (or of one that has it as its NetConn), and false of any other, and where
// the handshake is not complete.
func Info(c net.Conn) (ConnInfo, bool) {
	t, ok := c.(*tls.Conn)
	if !ok {
		return ConnInfo{}, false
	}
	tracked, ok := t.NetConn().(*conn)
	if !ok {
		return ConnInfo{}, false
	}
	bd := tracked.bound.Load()
	// From completion on nobody writes to the binding.
	if bd == nil || bd.ctx.Err() == nil || !complete(tracked.tls) {
		return ConnInfo{}, false
	}
	info := ConnInfo{Node: bd.binder.cfg.Node, Issued: bd.issued}
	if bd.resumed {
		info.Parent, info.ParentHome = bd.parent.id, bd.parent.home
	}
	return info, true
}
