;; section: target_features
;; producers: language=Rust, processed-by=rustc 1.96.0
;; Rust's stack of 1 MiB, before the data.
(module
  (memory (export "memory") 17 32)
  (global (mut i32) (i32.const 0x100000))
  (global (export "__data_end") i32 (i32.const 0x100005))
  (data (i32.const 0x100000) "data")
  (func (export "on_tick") (param i64) (result i32) (i32.const 0)))
