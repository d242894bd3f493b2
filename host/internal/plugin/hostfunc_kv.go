package plugin

import "github.com/sesshook/sesshook/abi"

// kvGet is kv_get(key, key_len, buf, cap).
func kvGet(c *call) abi.Code {
	value, code := c.plugin.kv.get(c.bytes(0))
	if code != abi.OK {
		return code
	}
	return c.reply(2, value)
}

// kvPut is kv_put(key, key_len, value, value_len, ttl_ms).
func kvPut(c *call) abi.Code {
	return c.plugin.kv.put(c.bytes(0), c.bytes(2), int64(c.params[4]))
}

// kvDelete is kv_delete(key, key_len).
func kvDelete(c *call) abi.Code { return c.plugin.kv.remove(c.bytes(0)) }

// messageUnavailable answers all of message_*: this host is on no farm.
func messageUnavailable(*call) abi.Code { return abi.Unavailable }

// metricAdd is metric_add(name, name_len, value).
func metricAdd(c *call) abi.Code { return c.plugin.values.add(c.bytes(0), int64(c.params[2])) }

// metricSet is metric_set(name, name_len, value).
func metricSet(c *call) abi.Code { return c.plugin.values.set(c.bytes(0), int64(c.params[2])) }
