;; outcome: harmless
;; on: tick
;; sidecar: tick = "10ms"
;; sidecar: grants = ["messages", "metrics"]
;; counts: calls
;;
;; Publishes as much as it can to the topic of the plugin share: in turn a session that is none and a removal, each of an
;; id that it has made up. This host has no farm; on one that has, a test lets it loose.
(module
  (import "tls_session_v1" "message_publish" (func $message_publish (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "tls_session_v1" "random_fill" (func $random_fill (param i32 i32) (result i32)))
  (import "tls_session_v1" "metric_add" (func $metric_add (param i32 i32 i64) (result i32)))
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (data (i32.const 0) "share")
  (data (i32.const 16) "calls")
  (data (i32.const 32) "sent")
  (data (i32.const 48) "limited")
  (data (i32.const 256) "\01\01SSH1 a session that is none, as long as a sealed one would be if it had but few bytes in it")
  (data (i32.const 512) "\01\02")
  (func (export "on_tick") (param $now i64) (result i32)
    (local $left i32) (local $code i32)
    (drop (call $metric_add (i32.const 16) (i32.const 5) (i64.const 1)))
    (local.set $left (i32.const 2000))
    (block $enough
      (loop $again
        (drop (call $random_fill (i32.const 1024) (i32.const 32)))
        (if (i32.and (local.get $left) (i32.const 1))
          (then (local.set $code (call $message_publish (i32.const 0) (i32.const 5) (i32.const 1024) (i32.const 32) (i32.const 256) (i32.const 90))))
          (else (local.set $code (call $message_publish (i32.const 0) (i32.const 5) (i32.const 1024) (i32.const 32) (i32.const 512) (i32.const 2)))))
        (br_if $enough (local.get $code))
        (drop (call $metric_add (i32.const 32) (i32.const 4) (i64.const 1)))
        (br_if $again (local.tee $left (i32.sub (local.get $left) (i32.const 1))))))
    (if (i32.eq (local.get $code) (i32.const -9)) (then (drop (call $metric_add (i32.const 48) (i32.const 7) (i64.const 1)))))
    (i32.const 0)))
