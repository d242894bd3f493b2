;; What the benchmarks measure: see bench_test.go.
(module
  (memory 1)
  (func (export "call") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
  (func (export "loop") (param $n i32) (result i32) (local $sum i32)
    (loop
      (local.set $sum (i32.add (local.get $sum) (i32.const 3)))
      (br_if 0 (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum))
  (func (export "loop over memory") (param $n i32) (result i32) (local $sum i32)
    (loop
      (i32.store (i32.shl (i32.and (local.get $n) (i32.const 1023)) (i32.const 2)) (local.get $sum))
      (local.set $sum (i32.add (local.get $sum)
        (i32.load (i32.shl (i32.and (i32.mul (local.get $n) (i32.const 7)) (i32.const 1023)) (i32.const 2)))))
      (br_if 0 (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum))
  (func $fib (export "recursion") (param i32) (result i32)
    (if (result i32) (i32.lt_s (local.get 0) (i32.const 2))
      (then (local.get 0))
      (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1)))
                     (call $fib (i32.sub (local.get 0) (i32.const 2)))))))
  (func (export "copies of 64 bytes") (param $n i32) (result i32)
    (loop
      (memory.copy (i32.const 4096) (i32.const 8192) (i32.const 64))
      (br_if 0 (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $n)))
