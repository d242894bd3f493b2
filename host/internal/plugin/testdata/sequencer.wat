;; Checks the order of events: the sequence number must rise per session id,
;; also over a reload, whose state it hands over. It remembers one id for each
;; value of an id's last 12 bits, with its first 8 bytes to tell it by: order
;; among different ids is nobody's promise. Metrics: events, disorder, lost,
;; ready, restored.
(module
  (import "tls_session_v1" "metric_add" (func $add (param i32 i32 i64) (result i32)))
  (import "tls_session_v1" "state_read" (func $state (param i32 i32 i32) (result i32)))
  (memory (export "memory") 2 2)
  (data (i32.const 0) "eventsdisorderlostreadyrestored")
  ;; 8192: the event buffer; 65536: 4096 times first bytes of an id and its last
  ;; sequence number, of 8 bytes each
  (func (export "event_buffer") (result i64) (i64.const 0x0000200000001000))
  (func $seen (param $len i32) (result i32) (local $end i32) (local $slot i32) (local $id i64) (local $seq i64)
    (local.set $end (i32.add (i32.const 8256) (i32.load16_u (i32.const 8198))))
    (local.set $slot (i32.add (i32.const 65536) (i32.shl
      (i32.or (i32.load8_u (i32.sub (local.get $end) (i32.const 1)))
              (i32.shl (i32.and (i32.load8_u (i32.sub (local.get $end) (i32.const 2))) (i32.const 15)) (i32.const 8)))
      (i32.const 4))))
    (local.set $id (i64.load (i32.const 8256)))
    (local.set $seq (i64.load (i32.const 8200)))
    (if (i32.and (i64.eq (local.get $id) (i64.load (local.get $slot)))
                 (i64.le_u (local.get $seq) (i64.load offset=8 (local.get $slot))))
      (then (drop (call $add (i32.const 6) (i32.const 8) (i64.const 1)))))
    (i64.store (local.get $slot) (local.get $id))
    (i64.store offset=8 (local.get $slot) (local.get $seq))
    (call $add (i32.const 0) (i32.const 6) (i64.const 1)))
  (export "on_session_insert" (func $seen))
  (export "on_session_remove" (func $seen))
  (export "on_session_get" (func $seen))
  (func (export "on_events_lost") (param $n i64) (result i32)
    (call $add (i32.const 14) (i32.const 4) (local.get $n)))
  (func (export "plugin_ready") (result i32)
    (call $add (i32.const 18) (i32.const 5) (i64.const 1)))
  (func (export "plugin_save") (result i64) (i64.const 0x0001000000010000))
  (func (export "plugin_restore") (param $len i32) (result i32)
    (drop (call $state (i32.const 0) (i32.const 65536) (i32.const 65536)))
    (call $add (i32.const 23) (i32.const 8) (i64.const 1))))
