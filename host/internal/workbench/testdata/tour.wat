;; A plugin that uses every hook, and most host functions, so that a run of it shows all that a run can show.
(module
  (import "tls_session_v1" "session_get" (func $session_get (param i32 i32 i32 i32) (result i32)))
  (import "tls_session_v1" "session_insert" (func $session_insert (param i32 i32 i32 i32 i64 i32) (result i32)))
  (import "tls_session_v1" "session_remove" (func $session_remove (param i32 i32) (result i32)))
  (import "tls_session_v1" "session_replay" (func $session_replay (result i32)))
  (import "tls_session_v1" "message_publish" (func $message_publish (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "tls_session_v1" "message_request" (func $message_request (param i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
  (import "tls_session_v1" "message_reply" (func $message_reply (param i32 i32) (result i32)))
  (import "tls_session_v1" "message_subscribe" (func $message_subscribe (param i32 i32) (result i32)))
  (import "tls_session_v1" "kv_get" (func $kv_get (param i32 i32 i32 i32) (result i32)))
  (import "tls_session_v1" "kv_put" (func $kv_put (param i32 i32 i32 i32 i64) (result i32)))
  (import "tls_session_v1" "kv_delete" (func $kv_delete (param i32 i32) (result i32)))
  (import "tls_session_v1" "metric_add" (func $metric_add (param i32 i32 i64) (result i32)))
  (import "tls_session_v1" "metric_set" (func $metric_set (param i32 i32 i64) (result i32)))
  (import "tls_session_v1" "config_get" (func $config_get (param i32 i32) (result i32)))
  (import "tls_session_v1" "state_read" (func $state_read (param i32 i32 i32) (result i32)))
  (import "tls_session_v1" "event_read" (func $event_read (param i32 i32 i32) (result i32)))
  (import "tls_session_v1" "node_id" (func $node_id (param i32 i32) (result i32)))
  (import "tls_session_v1" "log" (func $log (param i32 i32 i32)))
  (import "tls_session_v1" "log_enabled" (func $log_enabled (param i32) (result i32)))
  (import "tls_session_v1" "time_now" (func $time_now (result i64)))
  (import "tls_session_v1" "random_fill" (func $random_fill (param i32 i32) (result i32)))

  ;; Words from 0, the event buffer from 4096, room from 16384.
  (memory (export "memory") 2 2)
  (data (i32.const 0) "tour")
  (data (i32.const 16) "last")
  (data (i32.const 32) "replayed")
  (data (i32.const 48) "pong")
  (data (i32.const 64) "size")
  (data (i32.const 80) "a guided tour")
  (data (i32.const 96) "lost")

  (func $id (result i32) (i32.add (i32.const 4096) (i32.load16_u (i32.const 4096))))
  (func $id_len (result i32) (i32.load16_u (i32.const 4102)))
  (func $flag (param $bit i32) (result i32) (i32.and (i32.load8_u (i32.const 4101)) (local.get $bit)))

  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000)) ;; 4096 bytes at 4096

  (func (export "plugin_start") (result i32)
    (drop (call $config_get (i32.const 16384) (i32.const 4096)))
    (drop (call $node_id (i32.const 16384) (i32.const 12)))
    (call $log (i32.const 0) (i32.const 80) (i32.const 13))
    (call $message_subscribe (i32.const 0) (i32.const 4)))

  (func (export "plugin_ready") (result i32)
    (drop (call $session_replay))
    (i32.const 0))

  ;; Remembers the id, and tells the others of it.
  (func (export "on_session_insert") (param $len i32) (result i32)
    (if (call $flag (i32.const 1)) ;; EXISTING
      (then (return (call $metric_add (i32.const 32) (i32.const 8) (i64.const 1)))))
    (drop (call $kv_put (i32.const 16) (i32.const 4) (call $id) (call $id_len) (i64.const 60000)))
    (call $message_publish (i32.const 0) (i32.const 4) (call $id) (call $id_len) (i32.const 80) (i32.const 13)))

  (func (export "on_session_get") (param $len i32) (result i32)
    (call $metric_set (i32.const 64) (i32.const 4)
      (i64.extend_i32_s (call $session_get (call $id) (call $id_len) (i32.const 16384) (i32.const 65536)))))

  ;; Without a server name: refused.
  (func (export "on_session_resume") (param $len i32) (result i32)
    (i32.eqz (i32.load16_u (i32.const 4144))))

  ;; Asks whoever has it, and takes what comes.
  (func (export "on_session_miss") (param $len i32) (result i32)
    (local $n i32)
    (local.set $n (call $message_request (i32.const 0) (i32.const 4) (i32.const 0) (i32.const 0) (call $id) (call $id_len) (i32.const 16384) (i32.const 65536) (i32.const 10)))
    (if (i32.gt_s (local.get $n) (i32.const 0))
      (then (drop (call $session_insert (call $id) (call $id_len) (i32.const 16384) (local.get $n) (i64.const 5000) (i32.const 3)))))
    (i32.const 0))

  (func (export "on_session_remove") (param $len i32) (result i32)
    (drop (call $kv_delete (i32.const 16) (i32.const 4)))
    (i32.const 0))

  ;; A request is replied to; a message is an order to remove its key.
  (func (export "on_message") (param $len i32) (result i32)
    (if (call $flag (i32.const 32)) ;; REQUEST
      (then (return (call $message_reply (i32.const 48) (i32.const 4)))))
    (drop (call $session_remove ;; the key follows header, node and topic
      (i32.add (i32.const 4160) (i32.add (i32.load16_u (i32.const 4148)) (i32.load16_u (i32.const 4150))))
      (i32.load16_u (i32.const 4152))))
    (i32.const 0))

  (func (export "on_messages_lost") (param $len i32) (result i32)
    (drop (call $event_read (i32.const 0) (i32.const 16384) (i32.const 64)))
    (call $metric_add (i32.const 96) (i32.const 4) (i64.load (i32.const 4104))))

  (func (export "on_tick") (param $now i64) (result i32)
    (if (i64.ne (call $time_now) (local.get $now)) (then (return (i32.const 1))))
    (drop (call $random_fill (i32.const 16384) (i32.const 16)))
    (if (call $log_enabled (i32.const -4)) (then (call $log (i32.const -4) (i32.const 16) (i32.const 4))))
    (drop (call $kv_get (i32.const 16) (i32.const 4) (i32.const 16384) (i32.const 64)))
    (i32.const 0))

  (func (export "on_events_lost") (param $count i64) (result i32)
    (drop (call $session_replay))
    (i32.const 0))

  (func (export "plugin_save") (result i64) (i64.const 0x000000000000000d5)) ;; 213 bytes at 0
  (func (export "plugin_restore") (param $len i32) (result i32)
    (i32.sub (call $state_read (i32.const 0) (i32.const 16384) (i32.const 256)) (local.get $len)))
  (func (export "plugin_stop")
    (call $log (i32.const 4) (i32.const 80) (i32.const 13)))
)
