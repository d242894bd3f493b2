;; outcome: harmless
;; on: insert
;;
;; Reads the event record from offsets at, behind and far behind its end.
(module
  (import "tls_session_v1" "event_read" (func $event_read (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (func (export "on_session_insert") (param $len i32) (result i32)
    (if (i32.ne (call $event_read (local.get $len) (i32.const 0) (i32.const 64)) (i32.const 0)) (then (return (i32.const 1))))
    (if (i32.ne (call $event_read (i32.sub (local.get $len) (i32.const 1)) (i32.const 0) (i32.const 64)) (i32.const 1)) (then (return (i32.const 2))))
    (if (i32.ne (call $event_read (i32.const -1) (i32.const 0) (i32.const 64)) (i32.const 0)) (then (return (i32.const 3))))
    (if (i32.ne (call $event_read (i32.const 0x80000000) (i32.const 0) (i32.const 0)) (i32.const 0)) (then (return (i32.const 4))))
    (i32.const 0)))
