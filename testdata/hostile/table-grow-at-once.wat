;; outcome: harmless
;; on: insert
;;
;; Wants to grow a table by 1 GiB of references at once, and by 32 GiB.
(module
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (table $t 1 funcref)
  (func (export "on_session_insert") (param $len i32) (result i32)
    (i32.or (i32.ne (table.grow $t (ref.null func) (i32.const 0x8000000)) (i32.const -1))
      (i32.ne (table.grow $t (ref.null func) (i32.const -1)) (i32.const -1)))))
