;; A header and nothing behind it.
(module)
