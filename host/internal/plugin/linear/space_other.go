//go:build !(linux || darwin || freebsd || netbsd || openbsd || dragonfly || solaris || illumos)

package linear

func reserveSpace(size uint64) (space, error) { return reserveSlice(size) }
