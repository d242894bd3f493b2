;; section: corestack
;; What a debugger keeps of a module that crashed.
(module
  (memory (export "memory") 1 1))
