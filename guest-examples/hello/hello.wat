;; hello counts sessions: the whole ABI at a glance. abi/SPEC.md explains what is used here.
(module
  ;; Host functions. The host reads from this list which grants the plugin needs.
  (import "tls_session_v1" "session_get" (func $session_get (param $id i32) (param $id_len i32) (param $buf i32) (param $cap i32) (result i32)))
  (import "tls_session_v1" "metric_add" (func $metric_add (param $name i32) (param $len i32) (param $value i64) (result i32)))
  (import "tls_session_v1" "metric_set" (func $metric_set (param $name i32) (param $len i32) (param $value i64) (result i32)))
  (import "tls_session_v1" "state_read" (func $state_read (param $offset i32) (param $buf i32) (param $cap i32) (result i32)))
  (import "tls_session_v1" "log" (func $log (param $level i32) (param $text i32) (param $len i32)))

  ;; One page of 64 KiB: constants from 0, the count at 256, the event buffer from 1024, the session buffer from 8192.
  (memory (export "memory") 1 1)
  (data (i32.const 0) "hello: counting sessions")
  (data (i32.const 32) "insert")
  (data (i32.const 48) "remove")
  (data (i32.const 64) "get")
  (data (i32.const 80) "session_bytes")
  (data (i32.const 96) "total")
  (global $count i32 (i32.const 256)) ;; i64: the events seen, by this module and its predecessors
  (global $event i32 (i32.const 1024))
  (global $event_cap i32 (i32.const 7168))
  (global $session i32 (i32.const 8192))
  (global $session_cap i32 (i32.const 57344))

  ;; Where the host puts the record of an event: pointer << 32 | capacity.
  (func (export "event_buffer") (result i64)
    (i64.or (i64.shl (i64.extend_i32_u (global.get $event)) (i64.const 32)) (i64.extend_i32_u (global.get $event_cap))))

  ;; Once, before the first event. What is not 0 refuses the module.
  (func (export "plugin_start") (result i32)
    (call $log (i32.const 0) (i32.const 0) (i32.const 24)) ;; level 0: info
    (i32.const 0))

  ;; A session was stored: count it, read it, and log its server name.
  (func (export "on_session_insert") (param $len i32) (result i32)
    (local $n i32)
    (local.set $n (call $session_get (call $id) (call $id_len) (global.get $session) (global.get $session_cap)))
    (if (i32.gt_s (local.get $n) (i32.const 0)) ;; less is a code: -1, for one, when the session is gone already
      (then (drop (call $metric_add (i32.const 80) (i32.const 13) (i64.extend_i32_s (local.get $n))))))
    (if (i32.eqz (i32.and (i32.load8_u offset=5 (global.get $event)) (i32.const 16))) ;; the record is not TRUNCATED
      (then (call $log (i32.const -4) ;; level -4: debug
        (i32.add (call $id) (call $id_len)) ;; the server name follows the id
        (i32.load16_u offset=48 (global.get $event)))))
    (call $seen (i32.const 32) (i32.const 6)))

  ;; A session left the cache; byte 4 of the record says why.
  (func (export "on_session_remove") (param $len i32) (result i32)
    (call $seen (i32.const 48) (i32.const 6)))

  ;; A session was fetched for a client.
  (func (export "on_session_get") (param $len i32) (result i32)
    (call $seen (i32.const 64) (i32.const 3)))

  ;; Every tick of the sidecar.
  (func (export "on_tick") (param $now i64) (result i32)
    (call $metric_set (i32.const 96) (i32.const 5) (i64.load (global.get $count))))

  ;; Before the module is replaced: the state, as pointer << 32 | length.
  (func (export "plugin_save") (result i64)
    (i64.or (i64.shl (i64.extend_i32_u (global.get $count)) (i64.const 32)) (i64.const 8)))

  ;; In its successor: take the state, if it has the right size.
  (func (export "plugin_restore") (param $len i32) (result i32)
    (if (i32.eq (local.get $len) (i32.const 8))
      (then (drop (call $state_read (i32.const 0) (global.get $count) (i32.const 8)))))
    (i32.const 0))

  ;; The id follows the record's header, whose size is at offset 0; the id's length is at offset 6.
  (func $id (result i32)
    (i32.add (global.get $event) (i32.load16_u (global.get $event))))
  (func $id_len (result i32)
    (i32.load16_u offset=6 (global.get $event)))

  ;; Counts one event, and adds 1 to the metric of that name. 0 is OK, and so is what a hook returns then.
  (func $seen (param $name i32) (param $name_len i32) (result i32)
    (i64.store (global.get $count) (i64.add (i64.load (global.get $count)) (i64.const 1)))
    (call $metric_add (local.get $name) (local.get $name_len) (i64.const 1)))
)
