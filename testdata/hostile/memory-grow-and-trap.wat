;; outcome: discarded trap
;; on: insert
;; sidecar: fuel = 100_000_000
;;
;; Takes 32 MiB, touches all of it, and traps, on every event: each instance leaves as much behind as it may have.
(module
  (memory (export "memory") 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (func (export "on_session_insert") (param $len i32) (result i32)
    (drop (memory.grow (i32.const 511)))
    (memory.fill (i32.const 65536) (i32.const 1) (i32.const 0x1ff0000))
    (unreachable)))
