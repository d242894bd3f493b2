;; A start function that doesn't end, and is imported, exported and declared
;; nowhere else.
(module
  (global $ran (export "ran") (mut i32) (i32.const 0))
  (func $start
    (global.set $ran (i32.const 1))
    (loop (br 0)))
  (start $start))
