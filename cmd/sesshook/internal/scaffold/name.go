package scaffold

import (
	"fmt"
	"strings"
)

// maxName is the length of the longest name, in bytes.
const maxName = 64

// reserved are names that a toolchain takes for something else.
var reserved = map[string]string{
	"sdk":            "the folder of the SDK has that name",
	"sesshook-guest": "the SDK has that name",
	"test":           "toolchains take it for their own",
	"core":           "toolchains take it for their own",
	"std":            "toolchains take it for their own",
	"alloc":          "toolchains take it for their own",
}

// CheckName returns an error, for people, about a name that no plugin can have:
// it is the name of files, a label of metrics, and in most languages that of a
// package.
func CheckName(name string) error {
	switch why := reserved[name]; {
	case why != "":
		return fmt.Errorf("%q can't be a plugin's name: %s", name, why)
	case len(name) > maxName:
		return fmt.Errorf("a plugin's name has at most %d characters, and this one %d", maxName, len(name))
	case valid(name):
		return nil
	}
	hint := ""
	if better := better(name); better != "" && reserved[better] == "" {
		hint = "; try " + better
	}
	return fmt.Errorf("%q can't be a plugin's name: it is made of small letters, digits and single dashes, and begins with a letter%s", name, hint)
}

func valid(name string) bool {
	if name == "" || name[0] < 'a' || name[0] > 'z' || strings.HasSuffix(name, "-") || strings.Contains(name, "--") {
		return false
	}
	return strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

// better makes a valid name of another one, or returns "".
func better(name string) string {
	dashed := strings.Map(func(c rune) rune {
		switch {
		case c >= 'A' && c <= 'Z':
			return c + 'a' - 'A'
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9':
			return c
		}
		return ' '
	}, name)
	dashed = strings.Join(strings.Fields(dashed), "-")
	if !valid(dashed) || len(dashed) > maxName {
		return ""
	}
	return dashed
}

// Snake is the name as an identifier.
func (p *Plugin) Snake() string { return strings.ReplaceAll(p.Name, "-", "_") }
