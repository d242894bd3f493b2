;; outcome: limited queue
;; on: insert
;; sidecar: queue = 2
;;
;; Works so slowly that its queue overflows. It is told how many events it missed, and nobody waits for it.
(module
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (func $spin (local $n i32)
    (local.set $n (i32.const 150000))
    (loop $again (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  (func (export "on_session_insert") (param $len i32) (result i32) (call $spin) (i32.const 0))
  (func (export "on_session_remove") (param $len i32) (result i32) (call $spin) (i32.const 0))
  (func (export "on_session_get") (param $len i32) (result i32) (call $spin) (i32.const 0)))
