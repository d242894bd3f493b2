;; outcome: discarded fuel
;; on: insert
;;
;; Jumps about in 32 MiB, so that nearly every instruction waits for memory.
(module
  (memory (export "memory") 512 512)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (func (export "on_session_insert") (param $len i32) (result i32)
    (local $at i32)
    (loop $again
      (local.set $at (i32.add (i32.mul (local.get $at) (i32.const 1664525)) (i32.const 1013904223)))
      (i32.store (i32.and (local.get $at) (i32.const 0x1fffffc)) (local.get $at))
      (br $again))
    (i32.const 0)))
