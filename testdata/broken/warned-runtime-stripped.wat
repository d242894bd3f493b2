;; What AssemblyScript makes with --runtime stub and without --debug: no names. A string
;; behind an object's header, whose zeros are left out, and an allocator that grows memory
;; are there, and no stack that a collector would look through.
(module
  (memory (export "memory") 1 4)
  (global (mut i32) (i32.const 0))
  (func (param i32)
    (if (i32.lt_s (memory.grow (local.get 0)) (i32.const 0)) (then unreachable)))
  (func (export "on_tick") (param i64) (result i32)
    (call 0 (i32.const 1))
    (i32.const 0))
  (data (i32.const 0x40c) "\1c")
  (data (i32.const 0x418) "\02\00\00\00\06\00\00\00i\00d\00 "))
