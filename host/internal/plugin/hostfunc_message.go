package plugin

import (
	"bytes"
	"context"
	"encoding/hex"
	"slices"
	"time"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/session"
)

// messagePublish is message_publish(topic, topic_len, key, key_len, data, data_len).
func messagePublish(c *call) abi.Code {
	bus := c.plugin.manager.cfg.Bus
	if bus == nil {
		return abi.Unavailable
	}
	topic, key, data := c.bytes(0), c.bytes(2), c.bytes(4)
	if code := c.sendable(view(topic), len(data)); code != abi.OK {
		return code
	}
	if len(key) > abi.MaxID {
		return abi.Invalid
	}
	if !c.plugin.inbox.rate.take(len(data)) {
		return abi.Limit
	}
	name, ok := c.publishable(topic)
	if !ok {
		return abi.Limit
	}
	return session.Code(bus.Publish(name, key, data))
}

// publishable returns topic as a string that may be kept; false where it is one
// too many. Mostly it is the one before, which costs a comparison.
func (c *call) publishable(topic []byte) (name string, ok bool) {
	if string(topic) == c.lastTopic {
		return c.lastTopic, true
	}
	if name, ok = c.gen.topics.find(topic); !ok {
		name, ok = c.plugin.inbox.published.admit(topic)
	}
	if ok {
		c.lastTopic = name
	}
	return name, ok
}

// askable returns topic as a string that may be kept. That it was asked says
// nothing of whether it may be published to.
func (c *call) askable(topic []byte) string {
	if string(topic) != c.lastAsked {
		c.lastAsked = string(topic)
	}
	return c.lastAsked
}

// sendable checks what every message has.
func (c *call) sendable(topic session.ID, size int) abi.Code {
	switch {
	case !abi.ValidTopic(string(topic)):
		return abi.Invalid
	case size > abi.MaxMessage:
		return abi.TooLarge
	}
	return abi.OK
}

// requestTimeout is what a timeout_ms of 0 is, as far as the hook's deadline
// allows.
const requestTimeout = time.Second

// messageRequest is message_request(topic, topic_len, node, node_len, data,
// data_len, buf, cap, timeout_ms).
func messageRequest(c *call) abi.Code {
	bus := c.plugin.manager.cfg.Bus
	if bus == nil {
		return abi.Unavailable
	}
	topic, node, data := c.bytes(0), c.bytes(2), c.bytes(4)
	if len(node) != 0 && len(node) != abi.NodeIDSize {
		return abi.Invalid
	}
	if code := c.sendable(view(topic), len(data)); code != abi.OK {
		return code
	}
	if !c.plugin.inbox.rate.take(len(data)) {
		return abi.Limit
	}
	to, ok := nodeOf(node)
	if !ok {
		return abi.Unavailable // there is no such node
	}
	timeout := time.Duration(c.u32(8)) * time.Millisecond
	if timeout == 0 {
		timeout = requestTimeout
	}
	ctx, cancel := c.wait(timeout)
	defer cancel()
	reply, err := bus.Request(ctx, c.askable(topic), to, data)
	if err != nil {
		return session.Code(err)
	}
	return c.reply(6, reply)
}

// nodeOf reads a node id, or nothing at all, which is any node.
func nodeOf(digits []byte) (node session.Node, ok bool) {
	if len(digits) == 0 {
		return node, true
	}
	_, err := hex.Decode(node[:], digits)
	return node, err == nil && !bytes.ContainsAny(digits, "ABCDEF")
}

// wait returns a context for a host function that waits: for limit, and no
// longer than the hook's deadline leaves.
func (c *call) wait(limit time.Duration) (context.Context, context.CancelFunc) {
	now := clock()
	if c.until == 0 {
		c.until = now + c.gen.side.EventDeadline
	}
	return context.WithTimeout(c.plugin.inbox.ctx, min(limit, c.until-now))
}

// messageReply is message_reply(data, data_len).
func messageReply(c *call) abi.Code {
	if c.request == nil {
		return abi.Unsupported // for the second time
	}
	data := c.bytes(0)
	if len(data) > abi.MaxMessage {
		return abi.TooLarge
	}
	reply := c.request
	c.request = nil
	return session.Code(reply(data))
}

// messageSubscribe is message_subscribe(topic, topic_len). It takes effect once
// the instance is up.
func messageSubscribe(c *call) abi.Code {
	if c.plugin.manager.cfg.Bus == nil {
		return abi.Unavailable
	}
	topic := c.bytes(0)
	switch {
	case !abi.ValidTopic(string(view(topic))):
		return abi.Invalid
	case slices.Contains(c.topics, string(view(topic))):
		return abi.OK
	case !c.gen.topics.admit(c.topics, view(topic), c.gen.side.Subscriptions):
		return abi.Limit
	}
	c.topics = append(c.topics, string(topic))
	return abi.OK
}
