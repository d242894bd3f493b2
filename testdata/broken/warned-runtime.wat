;; flags: --debug-names
;; AssemblyScript with --runtime stub, which frees nothing.
(module
  (memory (export "memory") 1 4)
  (func $~lib/rt/stub/__new (param i32 i32) (result i32) (i32.const 0))
  (func $on_tick (export "on_tick") (param i64) (result i32) (i32.const 0)))
