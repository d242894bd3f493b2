;; outcome: refused plugin_start
;;
;; Grows an externref table by 1 GiB in plugin_start, and refuses to run without.
(module
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (table $t 1 externref)
  (func (export "plugin_start") (result i32) (i32.eq (table.grow $t (ref.null extern) (i32.const 0x8000000)) (i32.const -1)))
  (func (export "on_session_insert") (param $len i32) (result i32) (i32.const 0)))
