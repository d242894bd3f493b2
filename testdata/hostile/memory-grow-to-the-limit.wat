;; outcome: limited memory
;; on: insert
;; sidecar: memory = "2MiB"
;;
;; Grows its memory page by page until that is refused, touches all of it, and keeps it.
(module
  (import "tls_session_v1" "metric_add" (func $metric_add (param i32 i32 i64) (result i32)))
  (memory (export "memory") 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (data (i32.const 0) "limited")
  (func (export "on_session_insert") (param $len i32) (result i32)
    (loop $more
      (if (i32.eq (memory.grow (i32.const 1)) (i32.const -1))
        (then (drop (call $metric_add (i32.const 0) (i32.const 7) (i64.const 1))))
        (else
          (i32.store8 (i32.sub (i32.shl (memory.size) (i32.const 16)) (i32.const 1)) (i32.const 1))
          (br $more))))
    (i32.const 0)))
