;; outcome: limited log
;; on: insert
;; sidecar: fuel = 50_000_000
;; sidecar: log_lines = 100
;;
;; Logs lines of 1 MiB, as many as it can.
(module
  (import "tls_session_v1" "log" (func $log (param i32 i32 i32)))
  (memory (export "memory") 32 32)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (func $start (memory.fill (i32.const 8192) (i32.const 0xff) (i32.const 0x100000)))
  (start $start)
  (func (export "on_session_insert") (param $len i32) (result i32)
    (local $n i32)
    (loop $again
      (call $log (i32.const 8) (i32.const 8192) (i32.const 0x100000))
      (br_if $again (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 100))))
    (i32.const 0)))
