;; producers: language=C11, processed-by=clang 19.1.7
;; A declaration in C without import_module: the linker puts it into "env".
(module
  (import "env" "session_get" (func (param i32 i32 i32 i32) (result i32)))
  (import "env" "strlen" (func (param i32) (result i32)))
  (memory (export "memory") 1 1)
  (func (export "on_tick") (param i64) (result i32) (i32.const 0)))
