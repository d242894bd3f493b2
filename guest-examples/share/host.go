package main

import (
	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/abi/guest"
)

// request reports whether the sender of a message waits for a reply.
func request(e *guest.Event) bool { return e.Flags()&abi.Request != 0 }

// A host is the replica.Host of a plugin: the SDK, with codes instead of
// errors.
type host struct{}

// code returns the result code that err stands for.
func code(err error) abi.Code {
	if err == nil {
		return abi.OK
	}
	if e, ok := err.(guest.Error); ok {
		return e.Code()
	}
	return abi.Invalid
}

func (host) Get(dst, id []byte) ([]byte, abi.Code) {
	dst, err := guest.SessionGet(dst, id)
	return dst, code(err)
}

func (host) Insert(id, sealed []byte) abi.Code { return code(guest.SessionInsert(id, sealed, 0, 0)) }

func (host) Remove(id []byte) abi.Code { return code(guest.SessionRemove(id)) }

func (host) Replay() abi.Code {
	_, err := guest.SessionReplay()
	return code(err)
}

func (host) Publish(topic string, key, data []byte) abi.Code {
	return code(guest.Publish(topic, key, data))
}

func (host) Request(dst []byte, topic string, node, data []byte, timeoutMS uint32) ([]byte, abi.Code) {
	dst, err := guest.Request(dst, topic, node, data, timeoutMS)
	return dst, code(err)
}

func (host) Reply(data []byte) abi.Code { return code(guest.Reply(data)) }

// What can't be counted is not worth failing for.
func (host) Add(metric string, n int64) { _ = guest.MetricAdd(metric, n) }
func (host) Set(metric string, n int64) { _ = guest.MetricSet(metric, n) }

func (host) Log(level abi.Level, text string) { guest.Log(level, text) }
func (host) Now() int64                       { return guest.Now() }
func (host) Node() string                     { return guest.NodeID() }
