package main

import (
	"bytes"
	"errors"
	"strings"

	"github.com/sesshook/sesshook/abi/guest/config"
)

// maxName is the longest name of a host in DNS, and so the longest server name
// that can be in the list.
const maxName = 253

// names is a list of server names. In "*.example.com", the star stands for one
// label, as in certificates (RFC 6125 section 6.4.3).
type names struct {
	set    bool // there is a list; without one every name is in it
	exact  map[string]bool
	parent map[string]bool // "example.com" for "*.example.com"
}

func readNames(v config.Value) (names, error) {
	list, err := v.Strings()
	if err != nil {
		return names{}, err
	}
	n := names{set: true, exact: map[string]bool{}, parent: map[string]bool{}}
	for _, name := range list {
		parent, wild := strings.CutPrefix(name, "*.")
		if strings.Contains(parent, "*") || wild && parent == "" || len(name) > maxName {
			return names{}, errors.New(name + " is neither a server name nor *. before one")
		}
		if wild {
			n.parent[strings.ToLower(parent)] = true
		} else {
			n.exact[strings.ToLower(name)] = true
		}
	}
	return n, nil
}

// has reports whether name is in the list, upper and lower case being the same.
// It does not allocate.
func (n *names) has(name []byte) bool {
	if len(name) > maxName {
		return false
	}
	var buf [maxName]byte
	lower := buf[:copy(buf[:], name)]
	for i, c := range lower {
		if c >= 'A' && c <= 'Z' {
			lower[i] = c + 'a' - 'A'
		}
	}
	if n.exact[string(lower)] {
		return true
	}
	label, parent, ok := bytes.Cut(lower, []byte("."))
	return ok && len(label) > 0 && n.parent[string(parent)]
}
