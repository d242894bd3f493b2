;; AssemblyScript without --use abort=, and with what it takes from a browser.
(module
  (import "env" "abort" (func (param i32 i32 i32 i32)))
  (import "env" "seed" (func (result f64)))
  (import "env" "console.log" (func (param i32)))
  (memory (export "memory") 1 4)
  (func (export "on_tick") (param i64) (result i32) (i32.const 0)))
