;; outcome: refused out of bounds
;;
;; Has a data segment that does not fit into its memory: that is found out when it is instantiated.
(module
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (data (i32.const 65535) "ab")
  (func (export "on_session_insert") (param $len i32) (result i32) (i32.const 0)))
