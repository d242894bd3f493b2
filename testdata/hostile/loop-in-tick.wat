;; outcome: discarded fuel
;; on: tick
;; sidecar: tick = "10ms"
;;
;; Loops without end in on_tick. No instruction of the loop but its branch.
(module
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (func (export "on_tick") (param $n i64) (result i32) (loop $again (br $again)) (i32.const 0)))
