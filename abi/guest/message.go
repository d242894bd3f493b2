package guest

import "github.com/sesshook/sesshook/abi/guest/internal/hostcall"

// Publish sends data to the plugins of all other nodes that have subscribed to
// topic. Messages with the same key arrive in order, and at the same instance:
// the one that has the events of a session with that id. One with an empty key
// goes to every instance. What does not arrive, also after ErrUnavailable, is
// on_messages_lost there; of what ErrLimit has refused they may hear nothing.
//
// It needs the grant messages, as do the other functions for messages. Errors:
// ErrTooLarge, ErrInvalid, ErrUnavailable, ErrLimit, ErrUnsupported in
// plugin_start.
func Publish(topic string, key, data []byte) error {
	return result(hostcall.MessagePublish(topic, key, data))
}

// Request sends data to the plugin that has subscribed to topic on the node
// with that id (12 hexadecimal digits; empty is any that answers), waits at most
// timeoutMS ms for its reply, and appends the reply to dst.
//
// The instance handles nothing else meanwhile, and the wait counts towards the
// deadline of the hook that is being handled. A request comes to one instance of
// the plugin there, the first if that is free. Give
// dst the capacity that a reply needs: a longer one is lost, and the SDK asks
// again with more room, which is a second request.
//
// Errors: ErrUnavailable (no reply in time), ErrTooLarge, ErrInvalid, ErrLimit,
// ErrUnsupported in plugin_start.
func Request(dst []byte, topic string, node, data []byte, timeoutMS uint32) ([]byte, error) {
	return appendValue(dst, func(room []byte) int32 {
		return hostcall.MessageRequest(topic, node, data, room, timeoutMS)
	})
}

// Reply answers the message that is being handled, which must have the flag
// abi.Request.
//
// Errors: ErrTooLarge, ErrUnsupported outside of such a handler and for a second
// reply.
func Reply(data []byte) error { return result(hostcall.MessageReply(data)) }

// Subscribe has messages with this topic delivered to on_message. It works in
// plugin_start only.
//
// Errors: ErrInvalid, ErrLimit, ErrUnavailable, ErrUnsupported elsewhere.
func Subscribe(topic string) error { return result(hostcall.MessageSubscribe(topic)) }
