;; outcome: discarded trap
;; on: insert
;; cases: 13
;;
;; Each case traps in another way: division, conversion, bounds of memory and tables, signatures.
(module
  (import "tls_session_v1" "config_get" (func $config_get (param i32 i32) (result i32)))
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (type $v (func))
  (table $t 2 2 funcref)
  (elem (i32.const 0) $other)
  (func $other (result i32) (i32.const 1))
  (global $case (mut i32) (i32.const 0))
  (func (export "plugin_start") (result i32)
    ;; {"case":"NN"}
    (drop (call $config_get (i32.const 0) (i32.const 64)))
    (global.set $case (i32.add
      (i32.mul (i32.const 10) (i32.sub (i32.load8_u (i32.const 9)) (i32.const 48)))
      (i32.sub (i32.load8_u (i32.const 10)) (i32.const 48))))
    (i32.const 0))
  (func (export "on_session_insert") (param $len i32) (result i32)
    (if (i32.eq (global.get $case) (i32.const 0)) (then (unreachable)))
    (if (i32.eq (global.get $case) (i32.const 1)) (then (drop (i32.div_s (i32.const 1) (i32.const 0)))))
    (if (i32.eq (global.get $case) (i32.const 2)) (then (drop (i32.div_s (i32.const 0x80000000) (i32.const -1)))))
    (if (i32.eq (global.get $case) (i32.const 3)) (then (drop (i32.trunc_f64_s (f64.const 1e300)))))
    (if (i32.eq (global.get $case) (i32.const 4)) (then (drop (i32.trunc_f64_s (f64.const nan)))))
    (if (i32.eq (global.get $case) (i32.const 5)) (then (drop (i64.load (i32.const 65529)))))
    (if (i32.eq (global.get $case) (i32.const 6)) (then (i32.store8 offset=4294967295 (i32.const -1) (i32.const 1))))
    (if (i32.eq (global.get $case) (i32.const 7)) (then (call_indirect (type $v) (i32.const 1))))
    (if (i32.eq (global.get $case) (i32.const 8)) (then (call_indirect (type $v) (i32.const 0))))
    (if (i32.eq (global.get $case) (i32.const 9)) (then (call_indirect (type $v) (i32.const 9))))
    (if (i32.eq (global.get $case) (i32.const 10)) (then (table.set $t (i32.const 9) (ref.null func))))
    (if (i32.eq (global.get $case) (i32.const 11)) (then (memory.copy (i32.const 65535) (i32.const 0) (i32.const 2))))
    (if (i32.eq (global.get $case) (i32.const 12)) (then (v128.store (i32.const 65521) (v128.const i64x2 0 0))))
    (i32.const 0)))
