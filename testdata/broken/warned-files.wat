;; producers: language=C11, processed-by=clang 19.1.7
;; Reads a file, which is never there.
(module
  (import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open" (func (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func (param i32 i32) (result i32)))
  (memory (export "memory") 2 2)
  (func (export "_initialize"))
  (func (export "on_tick") (param i64) (result i32) (i32.const 0)))
