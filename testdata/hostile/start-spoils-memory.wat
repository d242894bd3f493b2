;; outcome: harmless
;; on: insert
;;
;; Overwrites all of its memory, the place of its event buffer included, in its start function and in every hook.
(module
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (func $spoil (memory.fill (i32.const 0) (i32.const 0xff) (i32.const 65536)))
  (start $spoil)
  (func (export "on_session_insert") (param $len i32) (result i32) (call $spoil) (i32.const 0)))
