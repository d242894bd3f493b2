;; One import of each kind by which a toolchain was set up for another host.
(module
  (import "asyncify" "start_unwind" (func (param i32)))
  (import "wasi_unstable" "fd_write" (func (param i32 i32 i32 i32) (result i32)))
  (import "wasi:cli/environment@0.2.0" "get-environment" (func (param i32)))
  (import "gojs" "runtime.wasmExit" (func (param i32)))
  (import "wbg" "__wbg_log_123" (func (param i32)))
  (import "__wbindgen_placeholder__" "__wbindgen_throw" (func (param i32 i32)))
  (import "wasi" "thread-spawn" (func (param i32) (result i32)))
  (import "env" "emscripten_resize_heap" (func (param i32) (result i32)))
  (memory (export "memory") 1 1)
  (func (export "on_tick") (param i64) (result i32) (i32.const 0)))
