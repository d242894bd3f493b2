;; producers: language=C_plus_plus_14, processed-by=clang 19.1.7
;; A hook in C++ without extern "C".
(module
  (memory (export "memory") 2 2)
  (func (export "event_buffer") (result i64) (i64.const 0x0000_0400_0000_1000))
  (func (export "_Z17on_session_insertj") (param i32) (result i32) (i32.const 0)))
