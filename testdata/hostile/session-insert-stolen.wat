;; outcome: harmless
;; on: miss
;; counts: stolen
;; refuses: invalid
;;
;; Answers every miss with the sealed session of somebody else, under the id that was missed. The client gets a full
;; handshake.
(module
  (import "tls_session_v1" "session_get" (func $session_get (param i32 i32 i32 i32) (result i32)))
  (import "tls_session_v1" "session_insert" (func $session_insert (param i32 i32 i32 i32 i64 i32) (result i32)))
  (import "tls_session_v1" "metric_add" (func $metric_add (param i32 i32 i64) (result i32)))
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (func $id (result i32) (i32.add (i32.const 4096) (i32.load16_u (i32.const 4096))))
  (func $id_len (result i32) (i32.load16_u (i32.const 4102)))
  (data (i32.const 0) "stolen")
  (global $n (mut i32) (i32.const 0))
  (global $whose (mut i64) (i64.const 0)) ;; the first bytes of its id
  (func (export "on_session_insert") (param $len i32) (result i32)
    (local $n i32)
    (local.set $n (call $session_get (call $id) (call $id_len) (i32.const 16384) (i32.const 8192)))
    (if (i32.and (i32.gt_s (local.get $n) (i32.const 0)) (i32.le_s (local.get $n) (i32.const 8192)))
      (then
        (global.set $n (local.get $n))
        (global.set $whose (i64.load (call $id)))))
    (i32.const 0))
  (func (export "on_session_miss") (param $len i32) (result i32)
    (if (i32.eqz (global.get $n)) (then (return (i32.const 0))))
    (if (i64.eq (i64.load (call $id)) (global.get $whose)) (then (return (i32.const 0))))
    (drop (call $metric_add (i32.const 0) (i32.const 6) (i64.const 1)))
    (i32.ne (call $session_insert (call $id) (call $id_len) (i32.const 16384) (global.get $n) (i64.const 0) (i32.const 3)) (i32.const -5))))
