package plugin

import (
	"context"
	"errors"
	"time"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/session"
)

// kvTimeout is how long the farm's store may take, as far as the hook's deadline
// allows.
const kvTimeout = time.Second

// kvGet is kv_get(key, key_len, buf, cap).
func kvGet(c *call) abi.Code {
	key := c.bytes(0)
	value, code := []byte(nil), abi.OK
	if bus := c.plugin.manager.cfg.Bus; bus == nil {
		value, code = c.plugin.kv.get(key)
	} else if code = checkKey(key); code == abi.OK {
		ctx, cancel := c.wait(kvTimeout)
		defer cancel()
		var err error
		value, err = bus.KVGet(ctx, c.plugin.name, key)
		if code = session.Code(err); code == abi.NotFound {
			_ = c.plugin.kv.remove(key)
		}
	}
	if code != abi.OK {
		return code
	}
	return c.reply(2, value)
}

// kvPut is kv_put(key, key_len, value, value_len, ttl_ms). On a farm, the
// plugin's own store keeps account of what this node has put, so that its limits
// hold. A put that nobody answered may have been one, so it counts until a look
// shows that it was none; see reconcile.
func kvPut(c *call) abi.Code {
	key, value, ttl := c.bytes(0), c.bytes(2), int64(c.params[4])
	kv, bus := &c.plugin.kv, c.plugin.manager.cfg.Bus
	if bus == nil {
		return kv.put(key, value, ttl)
	}
	ctx, cancel := c.wait(kvTimeout)
	defer cancel()
	undo, code := kv.account(key, len(value), ttl)
	if code == abi.Limit {
		c.reconcile(ctx)
		undo, code = kv.account(key, len(value), ttl)
	}
	if code != abi.OK {
		return code
	}
	code = session.Code(bus.KVPut(ctx, c.plugin.name, key, value, time.Duration(addMillis(0, ttl))))
	switch code {
	case abi.OK:
		// Another instance may have looked for the key before it arrived, and so
		// have taken it out of the account.
		_, _ = kv.account(key, len(value), ttl)
	case abi.Unavailable:
	default: // what was there stays
		undo()
	}
	return code
}

// reconciled is how many keys one put over the limit looks after: some
// milliseconds' worth.
const reconciled = 8

// reconcile takes keys out of the account that the farm does not have any more,
// or never had: another node has deleted them, the store has lost them, a put
// did not arrive. It looks after a few, of all by chance: a plugin that is over
// its limit because of such keys has many of them.
func (c *call) reconcile(ctx context.Context) {
	for _, key := range c.plugin.kv.some(reconciled) {
		_, err := c.plugin.manager.cfg.Bus.KVGet(ctx, c.plugin.name, []byte(key))
		switch {
		case errors.Is(err, session.ErrNotFound):
			_ = c.plugin.kv.remove([]byte(key))
		case errors.Is(err, session.ErrUnavailable):
			return
		}
	}
}

// kvDelete is kv_delete(key, key_len).
func kvDelete(c *call) abi.Code {
	key := c.bytes(0)
	bus := c.plugin.manager.cfg.Bus
	if bus == nil {
		return c.plugin.kv.remove(key)
	}
	if code := checkKey(key); code != abi.OK {
		return code
	}
	ctx, cancel := c.wait(kvTimeout)
	defer cancel()
	code := session.Code(bus.KVDelete(ctx, c.plugin.name, key))
	if code == abi.OK || code == abi.NotFound {
		_ = c.plugin.kv.remove(key) // it may be another node's
	}
	return code
}

// metricAdd is metric_add(name, name_len, value).
func metricAdd(c *call) abi.Code { return c.plugin.values.add(c.bytes(0), int64(c.params[2])) }

// metricSet is metric_set(name, name_len, value).
func metricSet(c *call) abi.Code { return c.plugin.values.set(c.bytes(0), int64(c.params[2])) }
