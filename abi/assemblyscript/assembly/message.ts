import { dataSlot, keySlot, pointer, size, textSlot } from "./argument";
import { Buffer } from "./buffer";
import { Result } from "./code";
import * as host from "./imports";

/**
 * Sends a message to the plugins on all other nodes that have subscribed to the topic.
 * At most once: what did not arrive is `on_messages_lost` there.
 *
 * Grant: `messages`.
 *
 * @param topic - 1 to {@link MAX_TOPIC} characters of `A-Z a-z 0-9 _ - .`
 * @param key - at most {@link MAX_ID} bytes: messages with the same key arrive in
 *   order, at one instance; `""` is every instance
 * @param data - at most {@link MAX_MESSAGE} bytes
 * @returns OK; {@link Code.UNAVAILABLE} (no farm); {@link Code.INVALID};
 *   {@link Code.TOO_LARGE}; {@link Code.LIMIT}; {@link Code.UNSUPPORTED} outside of
 *   hooks and `plugin_ready`
 */
export function messagePublish<T, K, D>(topic: T, key: K, data: D): Result {
  const t = pointer(topic, textSlot);
  const k = pointer(key, keySlot);
  const d = pointer(data, dataSlot);
  return host.message_publish(t, size(topic, textSlot), k, size(key, keySlot), d, size(data, dataSlot));
}

/**
 * Sends a message to one node, waits for its reply, and puts that into a buffer. The
 * instance does nothing else meanwhile, and the wait counts towards the hook's
 * deadline.
 *
 * Give the buffer the capacity that a reply needs: one that is longer than it is lost,
 * and the SDK asks again with more room, which is a second request.
 *
 * Grant: `messages`.
 *
 * @param topic - as of {@link messagePublish}
 * @param node - id of the node, {@link NODE_ID_SIZE} digits; `""` is any that answers
 * @param data - at most {@link MAX_MESSAGE} bytes
 * @param into - where the reply goes
 * @param timeoutMs - how long to wait, in ms; 0 is one second
 * @returns the reply's length; {@link Code.UNAVAILABLE} (no reply in time, no such
 *   node, no farm); {@link Code.INVALID}; {@link Code.TOO_LARGE}; {@link Code.LIMIT};
 *   {@link Code.UNSUPPORTED} outside of hooks and `plugin_ready`
 */
export function messageRequest<T, N, D>(topic: T, node: N, data: D, into: Buffer, timeoutMs: u32 = 0): Result {
  const t = pointer(topic, textSlot);
  const n = pointer(node, keySlot);
  const d = pointer(data, dataSlot);
  let r: Result;
  do r = host.message_request(t, size(topic, textSlot), n, size(node, keySlot), d, size(data, dataSlot), into.ptr, into.capacity, timeoutMs);
  while (into.retry(r));
  return into.result(r);
}

/**
 * Answers the request that `on_message` was called for: a message with
 * {@link Flag.REQUEST}. Once.
 *
 * Grant: `messages`.
 *
 * @param data - at most {@link MAX_MESSAGE} bytes
 * @returns OK; {@link Code.UNAVAILABLE}; {@link Code.TOO_LARGE};
 *   {@link Code.UNSUPPORTED} outside of such a handler and for a second reply
 */
export function messageReply<D>(data: D): Result {
  const d = pointer(data, dataSlot);
  return host.message_reply(d, size(data, dataSlot));
}

/**
 * Has messages of a topic delivered to `on_message`. In `plugin_start` only.
 *
 * Grant: `messages`.
 *
 * @param topic - as of {@link messagePublish}
 * @returns OK; {@link Code.UNAVAILABLE} (no farm); {@link Code.INVALID};
 *   {@link Code.LIMIT}; {@link Code.UNSUPPORTED} outside of `plugin_start`
 */
export function messageSubscribe<T>(topic: T): Result {
  const t = pointer(topic, textSlot);
  return host.message_subscribe(t, size(topic, textSlot));
}
