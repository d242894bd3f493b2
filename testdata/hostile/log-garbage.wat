;; outcome: harmless
;; on: insert
;;
;; Logs what could fool a reader or a terminal: escapes, line ends, a forged line, NUL, invalid UTF-8, overlong forms,
;; surrogates, text that runs from right to left, at levels that do not exist.
(module
  (import "tls_session_v1" "log" (func $log (param i32 i32 i32)))
  (import "tls_session_v1" "log_enabled" (func $log_enabled (param i32) (result i32)))
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (data (i32.const 0) "\1b[2J\1b]0;owned\07\r\ntime=1970-01-01 level=ERROR msg=forged\00\ff\fe\c0\80\ed\a0\80\f4\90\80\80\e2\80\ae\e2\80\a8\c2\9b31m\7f")
  (func (export "on_session_insert") (param $len i32) (result i32)
    (call $log (i32.const 8) (i32.const 0) (i32.const 96))
    (call $log (i32.const 0x80000000) (i32.const 0) (i32.const 96))
    (call $log (i32.const 0x7fffffff) (i32.const 1) (i32.const 95))
    (drop (call $log_enabled (i32.const 0x7fffffff)))
    (i32.const 0)))
