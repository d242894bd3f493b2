//go:build languages

package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestBook types what the book for plugins' authors says: guest-examples/README.md
// and the pages in guest-examples/book, each in a home folder of its own.
//
// Every block of sh is typed, in the order of the page. A block that follows
// <!-- file: NAME --> is what the author has in that file, in the folder that they
// are in. A block without a language that follows one of sh is what that prints,
// where … is anything; one that does not is no command's. One that follows
// <!-- bench: begin --> is what bench has printed: see update.
func TestBook(t *testing.T) {
	repository, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	examples := filepath.Join(repository, "guest-examples")
	for _, page := range bookPages(t, examples) {
		t.Run(strings.TrimSuffix(filepath.Base(page), ".md"), func(t *testing.T) {
			typePage(t, repository, filepath.Join(examples, page), page != "README.md") // which makes it
		})
	}
}

// TestGoREADME types what abi/guest/README.md says, in the same way.
func TestGoREADME(t *testing.T) {
	repository, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	typePage(t, repository, filepath.Join(repository, "abi", "guest", "README.md"), false)
}

// TestBookExamples types what the READMEs of examples say: how each is built, tested
// and tried. They are typed in a copy of what they are built from. Tests of the SDKs do
// that for ratelimit, and build and test hello-zig, where they have installed a Zig.
func TestBookExamples(t *testing.T) {
	for _, e := range []struct{ name, sdk string }{
		{"hello", ""}, {"hello-cpp", "abi/c"}, {"audit", "abi"}, {"pin", "abi"}, {"watch", "abi/assemblyscript"},
	} {
		t.Run(e.name, func(t *testing.T) {
			folder := filepath.Join("guest-examples", e.name)
			text, err := os.ReadFile(filepath.Join("..", "..", folder, "README.md"))
			if err != nil {
				t.Fatal(err)
			}
			top := t.TempDir()
			y := newTypist(t, filepath.Join(top, folder), bookPrograms(string(text))...)
			if y == nil {
				return
			}
			copyParts(t, top, "go.mod", "go.sum", folder, e.sdk)
			y.page(string(text))
		})
	}
}

// copyParts copies files and folders of the repository, but for what tools leave there.
func copyParts(t *testing.T, top string, parts ...string) {
	t.Helper()
	repository := os.DirFS(filepath.Join("..", ".."))
	for _, part := range parts {
		if part == "" {
			continue
		}
		err := fs.WalkDir(repository, part, func(path string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case d.Name() == "node_modules" || d.Name() == "target":
				return fs.SkipDir
			case d.IsDir():
				return os.MkdirAll(filepath.Join(top, path), 0o700)
			case !d.Type().IsRegular() || strings.HasSuffix(path, ".wasm"):
				return nil
			}
			content, err := fs.ReadFile(repository, path)
			if err != nil {
				return err
			}
			return os.WriteFile(filepath.Join(top, path), content, 0o600)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// typePage types a page from the repository on, in an empty home folder but for
// the folder plugins.
func typePage(t *testing.T, repository, page string, plugins bool) {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	y := newTypist(t, repository, bookPrograms(string(text))...)
	if y == nil {
		return
	}
	home := t.TempDir()
	y.atHome(home)
	if plugins {
		if err := os.Mkdir(filepath.Join(home, "plugins"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	y.prelude = debianCargo
	if blocks := y.page(string(text)); *update && len(blocks) > 0 {
		rewrite(t, page, blocks)
	}
}

// bookPages returns the pages in the order of the first one, which has to name all.
func bookPages(t *testing.T, examples string) []string {
	t.Helper()
	first, err := os.ReadFile(filepath.Join(examples, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	pages := []string{"README.md"}
	for _, m := range regexp.MustCompile(`\]\((book/\w+\.md)\)`).FindAllStringSubmatch(string(first), -1) {
		if !slices.Contains(pages, m[1]) {
			pages = append(pages, m[1])
		}
	}
	there, err := filepath.Glob(filepath.Join(examples, "book", "*.md"))
	if err != nil || len(there) != len(pages)-1 {
		t.Fatalf("README.md names %v, and there are %v, %v", pages, there, err)
	}
	return pages
}

// bookPrograms are the programs that a page needs.
func bookPrograms(page string) (programs []string) {
	commands := strings.Join(shellBlocks(page), "")
	for _, p := range []string{"go", "curl", "cargo", "clang-19", "clang++-19", "wat2wasm", "npm", "npx", "diff", "openssl"} {
		if regexp.MustCompile(`(?m)(^|[ (&|])` + regexp.QuoteMeta(p) + ` `).MatchString(commands) {
			programs = append(programs, p)
		}
	}
	return programs
}

// atHome gives the typist a home folder that is empty, with Go's caches as they are
// and its bin folder in PATH.
func (y *typist) atHome(home string) {
	var goEnv []string
	for _, name := range []string{"GOCACHE", "GOMODCACHE", "GOPATH"} {
		goEnv = append(goEnv, name+"="+strings.TrimSpace(y.bash("go env "+name)))
	}
	bin := filepath.Join(home, "go", "bin")
	y.env = append(append(y.env, goEnv...), "HOME="+home, "GOBIN="+bin, "PATH="+bin+":"+os.Getenv("PATH"))
}

var fence = regexp.MustCompile("(?m)^(?:<!-- file: (\\S+) -->\n)?```(\\w*)\n((?s:.*?)\n)```\n(\n?)")

// page types a page. It returns what bench has printed, for each block that shows it.
func (y *typist) page(text string) (benches []string) {
	y.Helper()
	printed, at := "", 0 // what the last block printed, and where it ended
	for _, m := range fence.FindAllStringSubmatchIndex(text, -1) {
		part := func(i int) string {
			if m[2*i] < 0 {
				return ""
			}
			return text[m[2*i]:m[2*i+1]]
		}
		file, language, content := part(1), part(2), part(3)
		switch {
		case file != "":
			if err := os.WriteFile(filepath.Join(y.dir, file), []byte(content), 0o600); err != nil {
				y.Fatal(err)
			}
		case language == "sh":
			printed, at = y.block(content), m[1]
			continue
		case strings.HasSuffix(text[:m[0]], benchBegin):
			benches = append(benches, benchBlock(printed))
			if !*update {
				y.bench(printed, content)
			}
		case language == "" && at == m[0]:
			y.sees(printed, content)
		}
		at = 0
	}
	return benches
}

// sees fails unless out is what a page shows, where … is anything, and columns are
// as wide as they are.
func (y *typist) sees(out, shown string) {
	y.Helper()
	want := strings.ReplaceAll(regexp.QuoteMeta(narrow(shown)), "…", `(?s:.*)`)
	if !regexp.MustCompile("^" + want + "$").MatchString(narrow(out)) {
		y.Errorf("printed\n%s\nand the page shows\n%s", out, shown)
	}
}

// narrow makes one space of several, and leaves those at the ends out.
func narrow(text string) string {
	return strings.TrimSpace(regexp.MustCompile(` +`).ReplaceAllString(text, " "))
}
