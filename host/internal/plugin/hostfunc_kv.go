package plugin

import (
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
		code = session.Code(err)
	}
	if code != abi.OK {
		return code
	}
	return c.reply(2, value)
}

// kvPut is kv_put(key, key_len, value, value_len, ttl_ms). On a farm, the
// plugin's own store keeps account of what this node has put, so that its limits
// hold.
func kvPut(c *call) abi.Code {
	key, value, ttl := c.bytes(0), c.bytes(2), int64(c.params[4])
	kv, bus := &c.plugin.kv, c.plugin.manager.cfg.Bus
	if bus == nil {
		return kv.put(key, value, ttl)
	}
	if code := kv.account(key, len(value), ttl); code != abi.OK {
		return code
	}
	ctx, cancel := c.wait(kvTimeout)
	defer cancel()
	return session.Code(bus.KVPut(ctx, c.plugin.name, key, value, time.Duration(addMillis(0, ttl))))
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
