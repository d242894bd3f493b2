;; outcome: harmless
;; on: insert
;;
;; Asks for 4,294,967,295 pages of memory, 256 TiB, and for one page more than there can be.
(module
  (memory (export "memory") 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (func (export "on_session_insert") (param $len i32) (result i32) (i32.or (i32.ne (memory.grow (i32.const -1)) (i32.const -1)) (i32.ne (memory.grow (i32.const 65537)) (i32.const -1)))))
