import { webcrypto } from "node:crypto";

import { Code, Insert, MAX_ID, MAX_MESSAGE, MAX_RANDOM, MAX_SESSION, functions } from "./abi.js";
import { toBytes, toKey, toText } from "./bytes.js";

// Node ids are of this length, and so are the session ids that nodes of a farm make: here every
// id of this length is one of them.
const NODE_ID = 12;
const FARM_ID = 32;

const levels = [
  [8, "error"],
  [4, "warn"],
  [0, "info"],
];

/** Returns the host functions of a Host, as the import module of an instance. */
export function imports(host) {
  const calls = new Calls(host);
  const module = {};
  for (const name of Object.keys(functions)) {
    module[name] = (...args) => {
      const refused = calls.check(name);
      if (refused === undefined) return calls[name](...args);
      return name === "time_now" ? BigInt(refused) : refused;
    };
  }
  return module;
}

class Calls {
  constructor(host) {
    this.host = host;
  }

  // What a function returns before it does anything: a failure that the test has asked for, or
  // that grants or phase are not enough.
  check(name) {
    const { phases, grant } = functions[name];
    if (!phases.includes(this.host.phase)) return Code.UNSUPPORTED;
    const failure = this.host.failures[name];
    if (failure !== undefined) return failure;
    if (grant && !this.host.grants.includes(grant)) return Code.DENIED;
    if (name.startsWith("message_") && !this.host.farm) return Code.UNAVAILABLE;
    return undefined;
  }

  // A range of the guest's memory. One that does not lie within it traps.
  range(ptr, len) {
    ptr >>>= 0;
    len >>>= 0;
    if (len === 0) return new Uint8Array(0);
    const memory = this.host.memory;
    if (ptr + len > memory.byteLength) throw new WebAssembly.RuntimeError(`${len} bytes at ${ptr} do not lie within memory`);
    return new Uint8Array(memory, ptr, len);
  }

  // A copy of a range.
  read(ptr, len) {
    return this.range(ptr, len).slice();
  }

  // Writes the whole value or nothing, and returns its length.
  write(value, buf, cap) {
    const room = this.range(buf, cap);
    if (value.length <= room.length) room.set(value);
    return value.length;
  }

  // Writes what there is from an offset on, as far as it fits, and returns how much there is.
  writeFrom(value, offset, buf, cap) {
    const room = this.range(buf, cap);
    const rest = value.subarray(Math.min(offset >>> 0, value.length));
    room.set(rest.subarray(0, Math.min(rest.length, room.length)));
    return rest.length;
  }

  session_get(id, idLen, buf, cap) {
    const key = this.read(id, idLen);
    if (!validID(key)) return Code.INVALID;
    const session = this.host.sessionOfEvent(key) ?? this.host.look(this.host.sessions, key);
    return session ? this.write(session, buf, cap) : Code.NOT_FOUND;
  }

  session_insert(id, idLen, session, sessionLen, ttl, flags) {
    const host = this.host;
    const key = this.read(id, idLen);
    const bytes = this.read(session, sessionLen);
    const known = Insert.OVERWRITE | Insert.REVIVE;
    if (!validID(key) || !bytes.length || ttl < 0n || flags & ~known) return Code.INVALID;
    if (bytes.length > MAX_SESSION) return Code.TOO_LARGE;
    if (host.removed(key) && !(flags & Insert.REVIVE)) return Code.REMOVED;
    if (host.session(key) && !(flags & Insert.OVERWRITE)) return Code.EXISTS;
    host.tombstones.delete(toKey(key));
    host.sessions.set(toKey(key), { bytes, expires: host.expiry(ttl) });
    return Code.OK;
  }

  session_remove(id, idLen) {
    const host = this.host;
    const key = this.read(id, idLen);
    if (!validID(key)) return Code.INVALID;
    const present = host.session(key) !== undefined;
    if (present || key.length === FARM_ID) {
      host.sessions.delete(toKey(key));
      host.tombstones.add(toKey(key));
    }
    return present ? Code.OK : Code.NOT_FOUND;
  }

  session_replay() {
    this.host.replays++;
    return [...this.host.sessions.keys()].filter((id) => this.host.session(Buffer.from(id, "latin1"))).length;
  }

  message_publish(topic, topicLen, key, keyLen, data, dataLen) {
    const message = { topic: toText(this.read(topic, topicLen)), key: this.read(key, keyLen), data: this.read(data, dataLen) };
    if (message.key.length > MAX_ID) return Code.INVALID;
    const code = checkMessage(message.topic, message.data);
    if (code === Code.OK) this.host.published.push(message);
    return code;
  }

  message_request(topic, topicLen, node, nodeLen, data, dataLen, buf, cap, timeout) {
    const request = {
      topic: toText(this.read(topic, topicLen)),
      node: toText(this.read(node, nodeLen)),
      data: this.read(data, dataLen),
      timeout: timeout >>> 0 || 1000,
    };
    if (nodeLen !== 0 && nodeLen !== NODE_ID) return Code.INVALID;
    const code = checkMessage(request.topic, request.data);
    if (code !== Code.OK) return code;
    const reply = this.host.answer?.(request) ?? Code.UNAVAILABLE;
    return typeof reply === "number" ? reply : this.write(toBytes(reply), buf, cap);
  }

  message_reply(data, dataLen) {
    const reply = this.read(data, dataLen);
    if (this.host.reply) return Code.UNSUPPORTED;
    if (reply.length > MAX_MESSAGE) return Code.TOO_LARGE;
    this.host.reply = reply;
    return Code.OK;
  }

  message_subscribe(topic, topicLen) {
    const name = toText(this.read(topic, topicLen));
    if (!validTopic(name)) return Code.INVALID;
    this.host.topics.add(name);
    return Code.OK;
  }

  kv_get(key, keyLen, buf, cap) {
    const k = this.read(key, keyLen);
    if (!validID(k)) return Code.INVALID;
    const value = this.host.look(this.host.values, k);
    return value ? this.write(value, buf, cap) : Code.NOT_FOUND;
  }

  kv_put(key, keyLen, value, valueLen, ttl) {
    const k = this.read(key, keyLen);
    const bytes = this.read(value, valueLen);
    if (!validID(k) || ttl < 0n) return Code.INVALID;
    if (bytes.length > MAX_SESSION) return Code.TOO_LARGE;
    this.host.values.set(toKey(k), { bytes, expires: this.host.expiry(ttl) });
    return Code.OK;
  }

  kv_delete(key, keyLen) {
    const k = this.read(key, keyLen);
    if (!validID(k)) return Code.INVALID;
    const present = this.host.look(this.host.values, k) !== undefined;
    this.host.values.delete(toKey(k));
    return present ? Code.OK : Code.NOT_FOUND;
  }

  metric_add(name, nameLen, value) {
    if (value < 0n) return Code.INVALID;
    return this.metric(name, nameLen, "counter", (old) => old + Number(value));
  }

  metric_set(name, nameLen, value) {
    return this.metric(name, nameLen, "gauge", () => Number(value));
  }

  metric(name, nameLen, type, next) {
    const { metrics, metricTypes } = this.host;
    const n = toText(this.read(name, nameLen));
    if (!/^[a-z][a-z0-9_]{0,63}$/.test(n) || (metricTypes[n] ?? type) !== type) return Code.INVALID;
    metricTypes[n] = type;
    metrics[n] = next(metrics[n] ?? 0);
    return Code.OK;
  }

  config_get(buf, cap) {
    return this.write(toBytes(JSON.stringify(this.host.config)), buf, cap);
  }

  state_read(offset, buf, cap) {
    return this.writeFrom(this.host.state, offset, buf, cap);
  }

  event_read(offset, buf, cap) {
    return this.host.record ? this.writeFrom(this.host.record, offset, buf, cap) : Code.UNSUPPORTED;
  }

  node_id(buf, cap) {
    return this.write(toBytes(this.host.node), buf, cap);
  }

  log(level, text, textLen) {
    const line = toText(this.read(text, textLen));
    if (level >= this.host.level) this.host.logs.push({ level: levels.find(([from]) => level >= from)?.[1] ?? "debug", text: line });
  }

  log_enabled(level) {
    return level >= this.host.level ? 1 : 0;
  }

  time_now() {
    return this.host.now;
  }

  random_fill(buf, len) {
    const room = this.range(buf, len);
    if (room.length > MAX_RANDOM) return Code.TOO_LARGE;
    room.set(webcrypto.getRandomValues(new Uint8Array(room.length)));
    return Code.OK;
  }
}

function validID(id) {
  return id.length > 0 && id.length <= MAX_ID;
}

function validTopic(topic) {
  return /^[A-Za-z0-9_.-]{1,128}$/.test(topic);
}

// What a message is refused with before it is sent, or OK.
function checkMessage(topic, data) {
  if (!validTopic(topic)) return Code.INVALID;
  return data.length > MAX_MESSAGE ? Code.TOO_LARGE : Code.OK;
}
