package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/spf13/pflag"

	"github.com/sesshook/sesshook/cmd/sesshook/internal/options"
	"github.com/sesshook/sesshook/cmd/sesshook/internal/scaffold"
	"github.com/sesshook/sesshook/cmd/sesshook/internal/suggest"
)

func newHelp() string {
	var b strings.Builder
	b.WriteString(`Makes the folder NAME with a plugin to begin with: one that counts sessions by server name, reads a
setting and logs, with unit tests, sidecar, events to run it on, README.md and a copy of the SDK, so
that it builds with the language's own tools and nothing else. Says what to type next. NAME may be a
path; its last element is the plugin's name.

  --lang LANGUAGE     what it is written in

Languages, and what each needs:

`)
	for _, l := range scaffold.Languages() {
		fmt.Fprintf(&b, "  %-15s %s\n", l.Name, l.Needs)
	}
	return b.String()
}

func newPlugin(_ context.Context, args []string, std stdio) error {
	fs := pflag.NewFlagSet("new", pflag.ContinueOnError)
	lang := fs.String("lang", "", "")
	if err := options.ParseFlags(fs, args); err != nil {
		return usageUnlessHelp(err)
	}
	language, err := findLanguage(*lang)
	if err != nil {
		return usageError{err}
	}
	if fs.NArg() != 1 {
		return usageError{fmt.Errorf("new takes one name, and got %d", fs.NArg())}
	}
	folder := fs.Arg(0)
	if err := scaffold.CheckName(filepath.Base(folder)); err != nil {
		return usageError{err}
	}
	p, err := scaffold.New(folder, language)
	if err != nil {
		return fmt.Errorf("new: %w%s", err, newHint(err))
	}
	return writeNext(std.out, p)
}

// newHint says what to do about an error of scaffold.New.
func newHint(err error) string {
	switch {
	case errors.Is(err, scaffold.ErrExists):
		return ": choose another name, or take it away first"
	case errors.Is(err, fs.ErrNotExist):
		return ": make the folder above it first"
	}
	return ""
}

// otherNames are what people call a language, or what is next to it.
var otherNames = map[string]string{
	"golang": "go", "tinygo": "go", "rs": "rust", "c++": "c", "cpp": "c", "cc": "c", "h": "c",
	"as": "assemblyscript", "asc": "assemblyscript", "ts": "assemblyscript", "typescript": "assemblyscript", "js": "assemblyscript", "javascript": "assemblyscript",
	"wast": "wat", "wasm": "wat", "text": "wat", "webassembly": "wat",
}

func findLanguage(name string) (scaffold.Language, error) {
	var names []string
	for _, l := range scaffold.Languages() {
		if l.Name == name {
			return l, nil
		}
		names = append(names, l.Name)
	}
	last := len(names) - 1
	choice := strings.Join(names[:last], ", ") + " or " + names[last]
	if name == "" {
		return scaffold.Language{}, fmt.Errorf("new needs a language: --lang %s", choice)
	}
	if other := otherNames[strings.ToLower(name)]; other != "" {
		return scaffold.Language{}, fmt.Errorf("--lang: there is no template for %q; did you mean %s?", name, other)
	}
	hint := suggest.Hint(strings.ToLower(name), "", names)
	if hint == "" {
		hint = ": there is " + choice
	}
	return scaffold.Language{}, fmt.Errorf("--lang: there is no template for %q%s", name, hint)
}

// writeNext says what to type next.
func writeNext(out io.Writer, p *scaffold.Plugin) error {
	var b strings.Builder
	fmt.Fprintf(&b, "made %s, a plugin in %s\nwhat you need: %s\n\n", p.Folder, p.Language.Title, p.Language.Needs)
	fmt.Fprintf(&b, "  cd %s\n", shellWord(p.Folder))
	for _, s := range p.Steps() {
		fmt.Fprintf(&b, "\n  # %s\n", s.What)
		for _, c := range s.Commands {
			fmt.Fprintf(&b, "  %s\n", c)
		}
	}
	b.WriteString("\nREADME.md there says more.\n")
	_, err := io.WriteString(out, b.String())
	return err
}

// shellWord quotes a path for a shell where it has to be.
func shellWord(path string) string {
	if strings.Trim(path, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./") == "" {
		return path
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}
