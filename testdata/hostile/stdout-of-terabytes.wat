;; outcome: discarded fuel
;; on: insert
;; sidecar: fuel = 50_000_000
;;
;; Prints, with one call, a list of a million vectors that are all of its 16 MiB: 16 TiB.
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 256 256)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (func $vectors (local $at i32)
    ;; (0, 16 MiB) 1,000,000 times, from 1 MiB on
    (local.set $at (i32.const 0x100000))
    (loop $again
      (i32.store offset=4 (local.get $at) (i32.const 0x1000000))
      (br_if $again (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 8))) (i32.const 0x8a1200)))))
  (start $vectors)
  (func (export "on_session_insert") (param $len i32) (result i32) (drop (call $fd_write (i32.const 1) (i32.const 0x100000) (i32.const 1000000) (i32.const 0))) (i32.const 0)))
