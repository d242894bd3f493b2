;; flags: --debug-names
;; section: target_features
;; Two files in C, of which one does not include the header that declares helper.
(module
  (memory (export "memory") 2 2)
  (global $__stack_pointer (mut i32) (i32.const 0x10400))
  (func $signature_mismatch:helper (param i32 i32) (result i32) (unreachable))
  (func $on_tick (export "on_tick") (param i64) (result i32) (call $signature_mismatch:helper (i32.const 1) (i32.const 2))))
