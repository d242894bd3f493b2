// The numbers of abi/SPEC.md, for tests.

/** Result codes. */
export const Code = Object.freeze({
  OK: 0,
  NOT_FOUND: -1,
  EXISTS: -2,
  REMOVED: -3,
  TOO_LARGE: -4,
  INVALID: -5,
  DENIED: -6,
  UNAVAILABLE: -7,
  UNSUPPORTED: -8,
  LIMIT: -9,
});

/** Kinds of events. */
export const Kind = Object.freeze({ INSERT: 1, REMOVE: 2, GET: 3, MISS: 4, RESUME: 5, MESSAGE: 6, LOST: 7 });

/** Who caused an event. */
export const Origin = Object.freeze({ CLIENT: 1, PLUGIN: 2, FRONT: 3, ADMIN: 4, SNAPSHOT: 5, HOST: 6 });

/** Why a session was removed. */
export const Reason = Object.freeze({ NONE: 0, EXPLICIT: 1, EXPIRED: 2, EVICTED: 3, CONSUMED: 4 });

/** Flags of an event. */
export const Flag = Object.freeze({ EXISTING: 1, REPLACED: 2, RESUMED: 4, CLIENT_CERT: 8, TRUNCATED: 16, REQUEST: 32 });

/** Flags of session_insert. */
export const Insert = Object.freeze({ OVERWRITE: 1, REVIVE: 2 });

/** The hook of each kind of event. */
export const hooks = Object.freeze({
  [Kind.INSERT]: "on_session_insert",
  [Kind.REMOVE]: "on_session_remove",
  [Kind.GET]: "on_session_get",
  [Kind.MISS]: "on_session_miss",
  [Kind.RESUME]: "on_session_resume",
  [Kind.MESSAGE]: "on_message",
  [Kind.LOST]: "on_messages_lost",
});

const ANY = ["init", "start", "restore", "event", "request", "stop"];
const EVENT = ["event", "request"];
const KV = ["start", "restore", "event", "request", "stop"];

/** The phases in which each function works, and the grant that it needs. */
export const functions = Object.freeze({
  session_get: { phases: EVENT, grant: "sessions:read" },
  session_insert: { phases: EVENT, grant: "sessions:write" },
  session_remove: { phases: EVENT, grant: "sessions:write" },
  session_replay: { phases: EVENT, grant: "sessions:read" },
  message_publish: { phases: EVENT, grant: "messages" },
  message_request: { phases: EVENT, grant: "messages" },
  message_reply: { phases: ["request"], grant: "messages" },
  message_subscribe: { phases: ["start"], grant: "messages" },
  kv_get: { phases: KV, grant: "kv" },
  kv_put: { phases: KV, grant: "kv" },
  kv_delete: { phases: KV, grant: "kv" },
  metric_add: { phases: ANY, grant: "metrics" },
  metric_set: { phases: ANY, grant: "metrics" },
  config_get: { phases: ANY },
  state_read: { phases: ["restore"] },
  event_read: { phases: EVENT },
  node_id: { phases: ANY },
  log: { phases: ANY },
  log_enabled: { phases: ANY },
  time_now: { phases: ANY },
  random_fill: { phases: ANY },
});

/** The grants of a module without a sidecar. */
export const defaultGrants = Object.freeze(["sessions:read", "sessions:write", "messages", "kv", "metrics"]);

export const MAX_ID = 256;
export const MAX_SESSION = 65536;
export const MAX_MESSAGE = 262144;
export const MAX_RANDOM = 65536;
export const MIN_EVENT_BUFFER = 512;
export const HEADER_SIZE = 64;
