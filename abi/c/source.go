// Package c holds the SDK for plugins in C and C++ as files, for tools that put a
// copy of it into an author's folder. There is no Go in it: see README.md.
package c

import "embed"

// Source is the headers, and the host in memory for tests.
//
//go:embed README.md sesshook.h sesshook.hpp fake/sesshook_fake.h fake/sesshook_fake.c
var Source embed.FS
