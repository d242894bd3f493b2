;; producers: language=C_plus_plus_14, processed-by=clang 19.1.7
;; Built with -Wl,--export=__wasm_call_ctors, as other hosts want it.
(module
  (memory (export "memory") 2 4)
  (func (export "__wasm_call_ctors"))
  (func (export "on_tick") (param i64) (result i32) (i32.const 0)))
