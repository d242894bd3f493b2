;; outcome: discarded fuel
;; on: lost
;; sidecar: queue = 1
;;
;; Works so slowly that its queue of one event overflows, and loops without end when it is told of the loss.
(module
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (func $spin (local $n i32)
    (local.set $n (i32.const 100000))
    (loop $again (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  (func (export "on_session_insert") (param $len i32) (result i32) (call $spin) (i32.const 0))
  (func (export "on_session_remove") (param $len i32) (result i32) (call $spin) (i32.const 0))
  (func (export "on_session_get") (param $len i32) (result i32) (call $spin) (i32.const 0))
  (func (export "on_events_lost") (param $n i64) (result i32) (loop $again (br $again)) (i32.const 0)))
