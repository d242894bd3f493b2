;; producers: language=Go go1.26.0, processed-by=Go cmd/compile go1.26.0
;; The same from Go, where int has 64 bits.
(module
  (import "tls_session_v1" "session_remove" (func (param i32 i64) (result i64)))
  (memory (export "memory") 1 1)
  (func (export "on_tick") (param i64) (result i64) (i64.const 0)))
