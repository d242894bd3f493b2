;; Does what the last byte of an inserted session's id says: p publishes the id
;; under itself as key, k without a key, r asks anybody, n asks the session's home, v puts
;; and gets a key, d deletes it, x removes the id "x" (which is not here), y has
;; everything replayed. Metric result: the code. Logs what it hears, and replies
;; the same, twice. Metrics: messages, lost, buried, second.
(module
  (import "tls_session_v1" "message_publish" (func $publish (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "tls_session_v1" "message_request" (func $request (param i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
  (import "tls_session_v1" "message_reply" (func $reply (param i32 i32) (result i32)))
  (import "tls_session_v1" "message_subscribe" (func $subscribe (param i32 i32) (result i32)))
  (import "tls_session_v1" "session_insert" (func $insert (param i32 i32 i32 i32 i64 i32) (result i32)))
  (import "tls_session_v1" "session_remove" (func $remove (param i32 i32) (result i32)))
  (import "tls_session_v1" "session_replay" (func $replay (result i32)))
  (import "tls_session_v1" "kv_put" (func $kv_put (param i32 i32 i32 i32 i64) (result i32)))
  (import "tls_session_v1" "kv_get" (func $kv_get (param i32 i32 i32 i32) (result i32)))
  (import "tls_session_v1" "kv_delete" (func $kv_delete (param i32 i32) (result i32)))
  (import "tls_session_v1" "metric_add" (func $add (param i32 i32 i64) (result i32)))
  (import "tls_session_v1" "metric_set" (func $set (param i32 i32 i64) (result i32)))
  (import "tls_session_v1" "log" (func $log (param i32 i32 i32)))
  (memory (export "memory") 3 3)
  (data (i32.const 0) "talkresultmessageslostburiedsecondx")
  (global $talk i32 (i32.const 0))
  (global $buf i32 (i32.const 0x20000)) ;; what comes back
  (global $cap i32 (i32.const 0x10000))
  (global $record i32 (i32.const 0x10000))

  (func (export "event_buffer") (result i64) (i64.const 0x0001000000010000))
  (func (export "plugin_start") (result i32) (call $subscribe (global.get $talk) (i32.const 4)))

  (func $u16 (param $at i32) (result i32) (i32.load16_u (i32.add (global.get $record) (local.get $at))))
  (func $id (result i32) (i32.const 0x10040))
  (func $id_len (result i32) (call $u16 (i32.const 6)))
  (func $node (result i32) (i32.add (i32.add (call $id) (call $id_len)) (i32.add (call $u16 (i32.const 48)) (call $u16 (i32.const 50)))))
  (func $node_len (result i32) (call $u16 (i32.const 52)))
  (func $key (result i32) (i32.add (i32.add (call $node) (call $node_len)) (call $u16 (i32.const 54))))
  (func $data (result i32) (i32.add (call $key) (call $u16 (i32.const 56))))
  (func $data_len (result i32) (i32.load (i32.const 0x1003c)))
  (func $flag (param $bit i32) (result i32) (i32.and (i32.load8_u (i32.const 0x10005)) (local.get $bit)))

  (func $result (param $code i32)
    (drop (call $set (i32.const 4) (i32.const 6) (i64.extend_i32_s (local.get $code)))))

  (func (export "on_session_insert") (param $len i32) (result i32)
    (local $do i32)
    (local $code i32)
    (local.set $do (i32.load8_u (i32.sub (i32.add (call $id) (call $id_len)) (i32.const 1))))
    (local.set $code (i32.const -100))
    (if (i32.eq (local.get $do) (i32.const 0x70)) ;; p
      (then (local.set $code (call $publish (global.get $talk) (i32.const 4) (call $id) (call $id_len) (call $id) (call $id_len)))))
    (if (i32.eq (local.get $do) (i32.const 0x6b)) ;; k
      (then (local.set $code (call $publish (global.get $talk) (i32.const 4) (i32.const 0) (i32.const 0) (call $id) (call $id_len)))))
    (if (i32.eq (local.get $do) (i32.const 0x72)) ;; r
      (then (local.set $code (call $request (global.get $talk) (i32.const 4) (i32.const 0) (i32.const 0) (call $id) (call $id_len) (global.get $buf) (global.get $cap) (i32.const 0)))))
    (if (i32.eq (local.get $do) (i32.const 0x6e)) ;; n
      (then (local.set $code (call $request (global.get $talk) (i32.const 4) (call $node) (call $node_len) (call $id) (call $id_len) (global.get $buf) (global.get $cap) (i32.const 50)))))
    (if (i32.eq (local.get $do) (i32.const 0x76)) ;; v
      (then
        (local.set $code (call $kv_put (call $id) (call $id_len) (call $id) (call $id_len) (i64.const 60000)))
        (if (i32.eqz (local.get $code))
          (then (local.set $code (call $kv_get (call $id) (call $id_len) (global.get $buf) (global.get $cap)))))))
    (if (i32.eq (local.get $do) (i32.const 0x64)) ;; d
      (then (local.set $code (call $kv_delete (call $id) (call $id_len)))))
    (if (i32.eq (local.get $do) (i32.const 0x78)) ;; x
      (then (local.set $code (call $remove (i32.const 34) (i32.const 1)))))
    (if (i32.eq (local.get $do) (i32.const 0x79)) ;; y
      (then (if (i32.eqz (call $flag (i32.const 1))) (then (local.set $code (call $replay))))))
    (if (i32.ne (local.get $code) (i32.const -100)) (then (call $result (local.get $code))))
    (i32.const 0))

  (func (export "on_session_remove") (param $len i32) (result i32)
    (if (call $flag (i32.const 1)) (then (drop (call $add (i32.const 22) (i32.const 6) (i64.const 1)))))
    (i32.const 0))

  (func (export "on_session_miss") (param $len i32) (result i32)
    (local $n i32)
    (local.set $n (call $request (global.get $talk) (i32.const 4) (call $node) (call $node_len) (call $id) (call $id_len) (global.get $buf) (global.get $cap) (i32.const 0)))
    (call $result (local.get $n))
    (if (i32.gt_s (local.get $n) (i32.const 0))
      (then (call $result (call $insert (call $id) (call $id_len) (global.get $buf) (local.get $n) (i64.const 0) (i32.const 0)))))
    (i32.const 0))

  (func (export "on_message") (param $len i32) (result i32)
    (drop (call $add (i32.const 10) (i32.const 8) (i64.const 1)))
    (call $log (i32.const 0) (call $data) (call $data_len))
    (if (call $flag (i32.const 32))
      (then
        (call $result (call $reply (call $data) (call $data_len)))
        (drop (call $set (i32.const 28) (i32.const 6) (i64.extend_i32_s (call $reply (call $data) (call $data_len)))))))
    (i32.const 0))

  (func (export "on_messages_lost") (param $len i32) (result i32)
    (drop (call $add (i32.const 18) (i32.const 4) (i64.load (i32.const 0x10008))))
    (call $log (i32.const 4) (call $node) (call $node_len))
    (i32.const 0)))
