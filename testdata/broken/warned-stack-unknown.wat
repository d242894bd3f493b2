;; What clang makes of a small plugin with -Wl,-z,stack-size=8388608 -Wl,--strip-all: a
;; stack of 8 MiB behind the data, and nothing that says so.
(module
  (memory (export "memory") 129 129)
  (global (mut i32) (i32.const 0x801480))
  (data (i32.const 0x400) "data")
  (func (export "on_tick") (param i64) (result i32) (i32.const 0)))
