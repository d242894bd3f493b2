;; outcome: discarded fuel
;; on: insert
;;
;; Three functions call each other without end, and there is no loop anywhere.
(module
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (func $a (param i32) (result i32) (i32.add (i32.const 1) (call $b (local.get 0))))
  (func $b (param i32) (result i32) (i32.add (i32.const 1) (call $c (local.get 0))))
  (func $c (param i32) (result i32) (i32.add (i32.const 1) (call $a (local.get 0))))
  (func (export "on_session_insert") (param $len i32) (result i32) (call $a (local.get $len))))
