;; outcome: reloaded
;; on: insert
;; reload: yes
;; sidecar: fuel = 50_000_000
;;
;; Reads 16 MiB of state from offsets at, behind and far behind its end, and by single bytes.
(module
  (import "tls_session_v1" "state_read" (func $state_read (param i32 i32 i32) (result i32)))
  (memory (export "memory") 256 256)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (func (export "plugin_save") (result i64) (i64.const 0x0000000001000000))
  (func (export "plugin_restore") (param $len i32) (result i32)
    (if (i32.ne (local.get $len) (i32.const 0x1000000)) (then (return (i32.const 1))))
    (if (i32.ne (call $state_read (i32.const 0x1000000) (i32.const 0) (i32.const 64)) (i32.const 0)) (then (return (i32.const 2))))
    (if (i32.ne (call $state_read (i32.const -1) (i32.const 0) (i32.const 64)) (i32.const 0)) (then (return (i32.const 3))))
    (if (i32.ne (call $state_read (i32.const 0xffffff) (i32.const 0) (i32.const 1)) (i32.const 1)) (then (return (i32.const 4))))
    (if (i32.ne (call $state_read (i32.const 0) (i32.const -1) (i32.const 0)) (i32.const 0x1000000)) (then (return (i32.const 5))))
    (i32.ne (call $state_read (i32.const 0) (i32.const 0) (i32.const 0x1000000)) (i32.const 0x1000000)))
  (func (export "on_session_insert") (param $len i32) (result i32) (i32.const 0)))
