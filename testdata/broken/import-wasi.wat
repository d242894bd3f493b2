;; Functions that WASI preview 1 does not have, or not so.
(module
  (import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_wirte" (func (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "sock_connect_to_host" (func (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "clock_time_get" (func (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1 1)
  (func (export "on_tick") (param i64) (result i32) (i32.const 0)))
