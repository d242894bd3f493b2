;; flags: --debug-names
;; producers: language=Rust, processed-by=rustc 1.96.0
;; A cdylib for wasm32-wasip1 as rustc links it: without crt1-reactor.o, and with
;; nothing to construct.
(module
  (memory (export "memory") 2 4)
  (func $__wasm_call_dtors)
  (func $event_buffer (result i64) (i64.const 0x0000_0400_0000_1000))
  (func $on_session_insert (param i32) (result i32) (i32.const 0))
  (func $event_buffer.command_export (export "event_buffer") (result i64) (call $event_buffer) (call $__wasm_call_dtors))
  (func $on_session_insert.command_export (export "on_session_insert") (param i32) (result i32) (call $on_session_insert (local.get 0)) (call $__wasm_call_dtors)))
