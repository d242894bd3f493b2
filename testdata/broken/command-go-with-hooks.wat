;; producers: language=Go go1.26.0, processed-by=Go cmd/compile go1.26.0
;; A Go program with go:wasmexport, built without -buildmode=c-shared.
(module
  (memory (export "memory") 1 1)
  (func (export "_start"))
  (func (export "on_tick") (param i64) (result i32) (i32.const 0)))
