;; flags: --enable-relaxed-simd
;; producers: language=Rust, processed-by=rustc 1.96.0
(module
  (memory (export "memory") 1 1)
  (func (export "on_tick") (param i64) (result i32)
    (drop (i32x4.relaxed_trunc_f32x4_s (v128.const i32x4 0 0 0 0)))
    (i32.const 0)))
