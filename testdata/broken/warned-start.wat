;; AssemblyScript with --exportStart _start: what sets its globals up has a name by which
;; the host calls nothing.
(module
  (memory (export "memory") 1 4)
  (func (export "_start"))
  (func (export "on_tick") (param i64) (result i32) (i32.const 0))
  (data (i32.const 0x40c) "\1c")
  (data (i32.const 0x418) "\02\00\00\00\06\00\00\00i\00d\00 "))
