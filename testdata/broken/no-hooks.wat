;; Exports functions, and none that the host calls.
(module
  (memory (export "memory") 1 1)
  (func (export "plugin_start") (result i32) (i32.const 0))
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))
