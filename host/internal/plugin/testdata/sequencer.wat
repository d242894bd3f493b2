;; Checks the order of events: the sequence number must rise per session id,
;; also over a reload, whose state it hands over. An id's number is its last
;; byte. Metrics: events, disorder, lost, ready, restored.
(module
  (import "tls_session_v1" "metric_add" (func $add (param i32 i32 i64) (result i32)))
  (import "tls_session_v1" "state_read" (func $state (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1 1)
  (data (i32.const 0) "eventsdisorderlostreadyrestored")
  ;; 4096: last sequence number of each id, 256 of i64; 8192: the event buffer
  (func (export "event_buffer") (result i64) (i64.const 0x0000200000001000))
  (func $seen (param $len i32) (result i32) (local $slot i32) (local $seq i64)
    (local.set $slot (i32.add (i32.const 4096) (i32.mul (i32.const 8)
      (i32.load8_u (i32.add (i32.const 8255) (i32.load16_u (i32.const 8198)))))))
    (local.set $seq (i64.load (i32.const 8200)))
    (if (i64.le_u (local.get $seq) (i64.load (local.get $slot)))
      (then (drop (call $add (i32.const 6) (i32.const 8) (i64.const 1)))))
    (i64.store (local.get $slot) (local.get $seq))
    (call $add (i32.const 0) (i32.const 6) (i64.const 1)))
  (export "on_session_insert" (func $seen))
  (export "on_session_remove" (func $seen))
  (export "on_session_get" (func $seen))
  (func (export "on_events_lost") (param $n i64) (result i32)
    (call $add (i32.const 14) (i32.const 4) (local.get $n)))
  (func (export "plugin_ready") (result i32)
    (call $add (i32.const 18) (i32.const 5) (i64.const 1)))
  (func (export "plugin_save") (result i64) (i64.const 0x0000100000000800))
  (func (export "plugin_restore") (param $len i32) (result i32)
    (drop (call $state (i32.const 0) (i32.const 4096) (i32.const 2048)))
    (call $add (i32.const 23) (i32.const 8) (i64.const 1))))
