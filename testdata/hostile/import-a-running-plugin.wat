;; outcome: refused which the host does not offer
;;
;; Imports a function of a plugin that does run on this host.
(module
  (import "sequencer" "on_session_insert" (func $other (param i32) (result i32)))
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (func (export "on_session_insert") (param $len i32) (result i32) (call $other (local.get $len))))
