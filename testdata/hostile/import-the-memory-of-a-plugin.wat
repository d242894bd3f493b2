;; outcome: refused sequencer
;;
;; Imports the memory of a plugin that runs on this host, and exports it as its own.
(module
  (import "sequencer" "memory" (memory 1))
  (export "memory" (memory 0))
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (func (export "on_session_insert") (param $len i32) (result i32) (i32.const 0)))
