;; outcome: discarded fuel
;; on: plugin_ready
;;
;; Loops without end in plugin_ready. That is called once and not again after a fault, so the next instance works.
(module
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (func (export "plugin_ready") (result i32) (loop $again (br $again)) (i32.const 0))
  (func (export "on_session_insert") (param $len i32) (result i32) (i32.const 0)))
