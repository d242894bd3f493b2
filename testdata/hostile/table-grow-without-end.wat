;; outcome: limited table
;; on: insert
;;
;; Grows a table by 128 KiB of references per event. It stops by itself at 128 MiB, and then says that nobody else
;; stopped it.
(module
  (import "tls_session_v1" "metric_add" (func $metric_add (param i32 i32 i64) (result i32)))
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (data (i32.const 0) "limited")
  (table $t 1 funcref)
  (global $grown (mut i32) (i32.const 0))
  (func (export "on_session_insert") (param $len i32) (result i32)
    (if (i32.gt_u (global.get $grown) (i32.const 1024)) (then (return (i32.const 1))))
    (if (i32.eq (table.grow $t (ref.null func) (i32.const 16384)) (i32.const -1))
      (then (drop (call $metric_add (i32.const 0) (i32.const 7) (i64.const 1))))
      (else (global.set $grown (i32.add (global.get $grown) (i32.const 1)))))
    (i32.const 0)))
