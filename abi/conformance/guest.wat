;; The guest of the conformance kit: an interpreter of small scripts. It imports
;; every host function and exports every hook; which functions a hook calls,
;; with which arguments, comes from a script in the plugin's configuration. So
;; one module makes every call of abi/SPEC.md, through the public ABI alone.
;;
;; MACHINE.md defines what it does. This is the one of its guests that has no
;; SDK: the machine's memory is the linear memory, 8 pages and never more, so
;; that a machine address is an address.
(module
  (import "tls_session_v1" "session_get" (func $session_get (param i32 i32 i32 i32) (result i32)))
  (import "tls_session_v1" "session_insert" (func $session_insert (param i32 i32 i32 i32 i64 i32) (result i32)))
  (import "tls_session_v1" "session_remove" (func $session_remove (param i32 i32) (result i32)))
  (import "tls_session_v1" "session_replay" (func $session_replay (result i32)))
  (import "tls_session_v1" "message_publish" (func $message_publish (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "tls_session_v1" "message_request" (func $message_request (param i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
  (import "tls_session_v1" "message_reply" (func $message_reply (param i32 i32) (result i32)))
  (import "tls_session_v1" "message_subscribe" (func $message_subscribe (param i32 i32) (result i32)))
  (import "tls_session_v1" "kv_get" (func $kv_get (param i32 i32 i32 i32) (result i32)))
  (import "tls_session_v1" "kv_put" (func $kv_put (param i32 i32 i32 i32 i64) (result i32)))
  (import "tls_session_v1" "kv_delete" (func $kv_delete (param i32 i32) (result i32)))
  (import "tls_session_v1" "metric_add" (func $metric_add (param i32 i32 i64) (result i32)))
  (import "tls_session_v1" "metric_set" (func $metric_set (param i32 i32 i64) (result i32)))
  (import "tls_session_v1" "config_get" (func $config_get (param i32 i32) (result i32)))
  (import "tls_session_v1" "state_read" (func $state_read (param i32 i32 i32) (result i32)))
  (import "tls_session_v1" "event_read" (func $event_read (param i32 i32 i32) (result i32)))
  (import "tls_session_v1" "node_id" (func $node_id (param i32 i32) (result i32)))
  (import "tls_session_v1" "log" (func $log (param i32 i32 i32)))
  (import "tls_session_v1" "log_enabled" (func $log_enabled (param i32) (result i32)))
  (import "tls_session_v1" "time_now" (func $time_now (result i64)))
  (import "tls_session_v1" "random_fill" (func $random_fill (param i32 i32) (result i32)))

  (memory (export "memory") 8 8)

  (global $pc (mut i32) (i32.const 0))       ;; the next byte of the script
  (global $loaded (mut i32) (i32.const 0))   ;; the script is in its place
  (global $result (mut i64) (i64.const 0))   ;; of the current call
  (global $returned (mut i32) (i32.const 0)) ;; the script has ended the call

  ;; hex digit to number; the configuration holds nothing else
  (func $digit (param $c i32) (result i32)
    (select (i32.sub (local.get $c) (i32.const 48)) (i32.sub (local.get $c) (i32.const 87))
      (i32.lt_u (local.get $c) (i32.const 58))))

  ;; the address behind the next byte c, from p on
  (func $behind (param $p i32) (param $c i32) (result i32)
    (loop $next
      (if (i32.ge_u (local.get $p) (i32.const 0x30000)) (then (unreachable)))
      (local.set $p (i32.add (local.get $p) (i32.const 1)))
      (br_if $next (i32.ne (i32.load8_u (i32.sub (local.get $p) (i32.const 1))) (local.get $c))))
    (local.get $p))

  ;; reads the configuration and decodes the script
  (func $load (local $p i32) (local $to i32) (local $n i32)
    (local.set $n (call $config_get (i32.const 0x10000) (i32.const 0x1ffff)))
    (if (i32.gt_u (local.get $n) (i32.const 0x1ffff)) (then (unreachable)))
    (i64.store (i32.const 8) (i64.extend_i32_u (local.get $n)))
    (local.set $p (call $behind (call $behind (i32.const 0x10000) (i32.const 58)) (i32.const 34)))
    (local.set $to (i32.const 0x30000))
    (block $done
      (loop $next
        (br_if $done (i32.eq (i32.load8_u (local.get $p)) (i32.const 34)))
        (i32.store8 (local.get $to) (i32.or
          (i32.shl (call $digit (i32.load8_u (local.get $p))) (i32.const 4))
          (call $digit (i32.load8_u offset=1 (local.get $p)))))
        (local.set $p (i32.add (local.get $p) (i32.const 2)))
        (local.set $to (i32.add (local.get $to) (i32.const 1)))
        (br $next)))
    (i32.store8 (local.get $to) (i32.const 0xff))
    (global.set $loaded (i32.const 1)))

  (func $u8 (result i32)
    (i32.load8_u (global.get $pc))
    (global.set $pc (i32.add (global.get $pc) (i32.const 1))))

  (func $u32 (result i32)
    (i32.load (global.get $pc))
    (global.set $pc (i32.add (global.get $pc) (i32.const 4))))

  ;; an argument
  (func $arg (result i64) (local $tag i32) (local $v i64) (local $at i32)
    (local.set $tag (call $u8))
    (local.set $v (i64.load (global.get $pc)))
    (local.set $at (i32.wrap_i64 (local.get $v)))
    (global.set $pc (i32.add (global.get $pc) (i32.const 8)))
    (block $1 (block $2 (block $3 (block $4 (block $5
      (br_table $1 $1 $2 $3 $4 $5 (local.get $tag)))
      (return (i64.add (local.get $v) (i64.extend_i32_u (i32.shl (memory.size) (i32.const 16))))))
      (return (i64.load8_u (local.get $at))))
      (return (i64.load16_u (local.get $at))))
      (return (i64.load32_u (local.get $at))))
    (if (i32.eqz (local.get $tag)) (then (return (local.get $v))))
    (i64.load (local.get $at)))

  (func $arg32 (result i32) (i32.wrap_i64 (call $arg)))

  ;; calls function f, whose arguments come next
  (func $call (param $f i32) (result i64)
    (block $0 (block $1 (block $2 (block $3 (block $4 (block $5 (block $6
    (block $7 (block $8 (block $9 (block $10 (block $11 (block $12 (block $13
    (block $14 (block $15 (block $16 (block $17 (block $18 (block $19 (block $20
      (br_table $0 $1 $2 $3 $4 $5 $6 $7 $8 $9 $10 $11 $12 $13 $14 $15 $16 $17 $18 $19 $20 (local.get $f)))
    (return (i64.extend_i32_s (call $random_fill (call $arg32) (call $arg32)))))
    (return (call $time_now)))
    (return (i64.extend_i32_s (call $log_enabled (call $arg32)))))
    (call $log (call $arg32) (call $arg32) (call $arg32)) (return (i64.const 0)))
    (return (i64.extend_i32_s (call $node_id (call $arg32) (call $arg32)))))
    (return (i64.extend_i32_s (call $event_read (call $arg32) (call $arg32) (call $arg32)))))
    (return (i64.extend_i32_s (call $state_read (call $arg32) (call $arg32) (call $arg32)))))
    (return (i64.extend_i32_s (call $config_get (call $arg32) (call $arg32)))))
    (return (i64.extend_i32_s (call $metric_set (call $arg32) (call $arg32) (call $arg)))))
    (return (i64.extend_i32_s (call $metric_add (call $arg32) (call $arg32) (call $arg)))))
    (return (i64.extend_i32_s (call $kv_delete (call $arg32) (call $arg32)))))
    (return (i64.extend_i32_s (call $kv_put (call $arg32) (call $arg32) (call $arg32) (call $arg32) (call $arg)))))
    (return (i64.extend_i32_s (call $kv_get (call $arg32) (call $arg32) (call $arg32) (call $arg32)))))
    (return (i64.extend_i32_s (call $message_subscribe (call $arg32) (call $arg32)))))
    (return (i64.extend_i32_s (call $message_reply (call $arg32) (call $arg32)))))
    (return (i64.extend_i32_s (call $message_request (call $arg32) (call $arg32) (call $arg32) (call $arg32)
      (call $arg32) (call $arg32) (call $arg32) (call $arg32) (call $arg32)))))
    (return (i64.extend_i32_s (call $message_publish (call $arg32) (call $arg32) (call $arg32) (call $arg32)
      (call $arg32) (call $arg32)))))
    (return (i64.extend_i32_s (call $session_replay))))
    (return (i64.extend_i32_s (call $session_remove (call $arg32) (call $arg32)))))
    (return (i64.extend_i32_s (call $session_insert (call $arg32) (call $arg32) (call $arg32) (call $arg32)
      (call $arg) (call $arg32)))))
    (i64.extend_i32_s (call $session_get (call $arg32) (call $arg32) (call $arg32) (call $arg32))))

  (func $hash (param $p i32) (param $n i32) (result i64) (local $h i64)
    (local.set $h (i64.const 0xcbf29ce484222325))
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $n)))
        (local.set $h (i64.mul (i64.const 0x100000001b3)
          (i64.xor (local.get $h) (i64.load8_u (local.get $p)))))
        (local.set $p (i32.add (local.get $p) (i32.const 1)))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (br $next)))
    (local.get $h))

  (func $equal (param $a i32) (param $b i32) (param $n i32) (result i64)
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $n)))
        (if (i32.ne (i32.load8_u (local.get $a)) (i32.load8_u (local.get $b)))
          (then (return (i64.const 0))))
        (local.set $a (i32.add (local.get $a) (i32.const 1)))
        (local.set $b (i32.add (local.get $b) (i32.const 1)))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (br $next)))
    (i64.const 1))

  (func $fill (param $p i32) (param $c i32) (param $n i32)
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $n)))
        (i32.store8 (local.get $p) (local.get $c))
        (local.set $p (i32.add (local.get $p) (i32.const 1)))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (br $next))))

  (func $copy (param $to i32) (param $from i32) (param $n i32)
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $n)))
        (i32.store8 (local.get $to) (i32.load8_u (local.get $from)))
        (local.set $to (i32.add (local.get $to) (i32.const 1)))
        (local.set $from (i32.add (local.get $from) (i32.const 1)))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (br $next))))

  (func $digits (param $to i32) (param $v i64) (param $n i32) (local $d i32)
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $n)))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (local.set $d (i32.and (i32.wrap_i64 (local.get $v)) (i32.const 15)))
        (i32.store8 (i32.add (local.get $to) (local.get $n))
          (select (i32.add (local.get $d) (i32.const 48)) (i32.add (local.get $d) (i32.const 87))
            (i32.lt_u (local.get $d) (i32.const 10))))
        (local.set $v (i64.shr_u (local.get $v) (i64.const 4)))
        (br $next))))

  (func $math (param $which i32) (param $x i64) (param $y i64) (result i64)
    (if (i32.eqz (local.get $which)) (then (return (i64.add (local.get $x) (local.get $y)))))
    (if (i32.eq (local.get $which) (i32.const 1)) (then (return (i64.sub (local.get $x) (local.get $y)))))
    (if (i32.eq (local.get $which) (i32.const 2))
      (then (return (i64.extend_i32_u (i64.lt_s (local.get $x) (local.get $y))))))
    (i64.or (i64.shl (local.get $x) (i64.const 32)) (i64.and (local.get $y) (i64.const 0xffffffff))))

  ;; the current record, at most 32 KiB of it, to at
  (func $view (param $at i32) (result i64)
    (i64.extend_i32_s (call $event_read (i32.const 0) (local.get $at) (i32.const 0x8000))))

  ;; runs one block, from $pc on
  (func $block (local $op i32) (local $at i32) (local $n i32) (local $x i64)
    (loop $next
      (local.set $op (call $u8))
      (block $bad
      (block $0 (block $1 (block $2 (block $3 (block $4 (block $5 (block $6
      (block $7 (block $8 (block $9 (block $10 (block $11 (block $12 (block $13
        (br_table $0 $1 $2 $3 $4 $5 $6 $7 $8 $9 $10 $11 $12 $13 $bad (local.get $op)))
      ;; 13 view
      (local.set $at (call $u32))
      (i64.store (local.get $at) (call $view (call $u32))) (br $next))
      ;; 12 digits
      (call $digits (call $u32) (call $arg) (call $arg32)) (br $next))
      ;; 11 report
      (local.set $n (call $u8))
      (local.set $at (global.get $pc))
      (global.set $pc (i32.add (global.get $pc) (local.get $n)))
      (drop (call $metric_set (local.get $at) (local.get $n) (call $arg))) (br $next))
      ;; 10 trap
      (unreachable))
      ;; 9 return
      (global.set $result (call $arg))
      (global.set $returned (i32.const 1)) (return))
      ;; 8 jump if zero
      (local.set $x (call $arg))
      (local.set $at (call $u32))
      (if (i64.eqz (local.get $x)) (then (global.set $pc (local.get $at)))) (br $next))
      ;; 7 math
      (local.set $n (call $u8))
      (i64.store (call $u32) (call $math (local.get $n) (call $arg) (call $arg))) (br $next))
      ;; 6 equal
      (i64.store (call $u32) (call $equal (call $arg32) (call $arg32) (call $arg32))) (br $next))
      ;; 5 hash
      (i64.store (call $u32) (call $hash (call $arg32) (call $arg32))) (br $next))
      ;; 4 copy
      (call $copy (call $arg32) (call $arg32) (call $arg32)) (br $next))
      ;; 3 fill
      (call $fill (call $arg32) (call $arg32) (call $arg32)) (br $next))
      ;; 2 store
      (local.set $at (call $u32))
      (local.set $n (call $u32))
      (call $copy (local.get $at) (global.get $pc) (local.get $n))
      (global.set $pc (i32.add (global.get $pc) (local.get $n))) (br $next))
      ;; 1 call
      (local.set $op (call $u8))
      (local.set $at (call $u32))
      (drop (call $u8))
      (i64.store (local.get $at) (call $call (local.get $op))) (br $next))
      ;; 0 end
      (return))
      (unreachable)))

  ;; runs the blocks of a handler; default is the result if they return none
  (func $run (param $handler i32) (param $param i64) (param $default i64) (result i64)
    (local $block i32) (local $count i32) (local $calls i64)
    (if (i32.eqz (global.get $loaded)) (then (call $load)))
    (i64.store (i32.const 0) (local.get $param))
    (local.set $count (i32.add (i32.const 0x100) (i32.shl (local.get $handler) (i32.const 3))))
    (local.set $calls (i64.add (i64.load (local.get $count)) (i64.const 1)))
    (i64.store (local.get $count) (local.get $calls))
    (global.set $result (local.get $default))
    (global.set $returned (i32.const 0))
    (local.set $block (i32.const 0x30000))
    (block $done
      (loop $next
        (br_if $done (i32.eq (i32.load8_u (local.get $block)) (i32.const 0xff)))
        (if (i32.and
              (i32.eq (i32.load8_u (local.get $block)) (local.get $handler))
              (i32.or (i32.eqz (i32.load8_u offset=1 (local.get $block)))
                      (i64.eq (i64.load8_u offset=1 (local.get $block)) (local.get $calls))))
          (then
            (global.set $pc (i32.add (local.get $block) (i32.const 6)))
            (call $block)))
        (br_if $done (global.get $returned))
        (local.set $block (i32.add (i32.add (local.get $block) (i32.const 6))
          (i32.load offset=2 (local.get $block))))
        (br $next)))
    (global.get $result))

  (func $hook (param $handler i32) (param $param i64) (result i32)
    (i32.wrap_i64 (call $run (local.get $handler) (local.get $param) (i64.const 0))))

  (func (export "_initialize") (drop (call $hook (i32.const 0) (i64.const 0))))
  (func (export "plugin_start") (result i32) (call $hook (i32.const 1) (i64.const 0)))
  (func (export "event_buffer") (result i64) (call $run (i32.const 2) (i64.const 0) (i64.const 0x100000001000)))
  (func (export "plugin_restore") (param i32) (result i32) (call $hook (i32.const 3) (i64.extend_i32_u (local.get 0))))
  (func (export "plugin_ready") (result i32) (call $hook (i32.const 4) (i64.const 0)))
  (func (export "on_session_insert") (param i32) (result i32) (call $hook (i32.const 5) (i64.extend_i32_u (local.get 0))))
  (func (export "on_session_remove") (param i32) (result i32) (call $hook (i32.const 6) (i64.extend_i32_u (local.get 0))))
  (func (export "on_session_get") (param i32) (result i32) (call $hook (i32.const 7) (i64.extend_i32_u (local.get 0))))
  (func (export "on_session_miss") (param i32) (result i32) (call $hook (i32.const 8) (i64.extend_i32_u (local.get 0))))
  (func (export "on_session_resume") (param i32) (result i32) (call $hook (i32.const 9) (i64.extend_i32_u (local.get 0))))
  (func (export "on_message") (param i32) (result i32) (call $hook (i32.const 10) (i64.extend_i32_u (local.get 0))))
  (func (export "on_messages_lost") (param i32) (result i32) (call $hook (i32.const 15) (i64.extend_i32_u (local.get 0))))
  (func (export "on_tick") (param i64) (result i32) (call $hook (i32.const 11) (local.get 0)))
  (func (export "on_events_lost") (param i64) (result i32) (call $hook (i32.const 12) (local.get 0)))
  (func (export "plugin_save") (result i64) (call $run (i32.const 13) (i64.const 0) (i64.const 0)))
  (func (export "plugin_stop") (drop (call $hook (i32.const 14) (i64.const 0)))))
