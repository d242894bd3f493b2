;; flags: --enable-exceptions --no-check
;; Many things at once: all of them are told.
(module
  (import "env" "abort" (func (param i32 i32 i32 i32)))
  (import "tls_session_v1" "session_gett" (func (param i32 i32 i32 i32) (result i32)))
  (import "tls_session_v1" "metric_add" (func (param i32 i32 i32) (result i32)))
  (import "tls_session_v1" "kv_delete" (func (param i32 i32) (result i32)))
  (import "env" "__heap_base" (global i32))
  (memory 3000 4000)
  (tag $failed)
  (func (export "_start"))
  (func (export "plugin_start") (param i32) (result i32) (i32.const 0))
  (func (export "on_session_insert") (param i32) (result i32) (i32.const 0))
  (func (export "on_sesion_remove") (param i32) (result i32) (i32.const 0)))
