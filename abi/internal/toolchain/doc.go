// Package toolchain is for tests of what other languages' tools build: it types the
// commands that a README has, with the real tools, and compares what they make with
// what is kept in the repository. It is in builds with the tag languages.
package toolchain
