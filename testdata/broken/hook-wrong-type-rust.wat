;; producers: language=Rust, processed-by=rustc 1.90.0
;; A hook that takes a usize and returns nothing.
(module
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x400_0000_1000))
  (func (export "on_session_insert") (param i64)))
