;; outcome: harmless
;; on: insert
;;
;; Has an element segment that does not fit into its table. The runtime leaves the table as it is, and a call through it
;; traps.
(module
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (table 1 1 funcref)
  (elem (i32.const 1) $f)
  (func $f)
  (func (export "on_session_insert") (param $len i32) (result i32) (i32.const 0)))
