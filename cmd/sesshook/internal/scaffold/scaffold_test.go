package scaffold

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestNewMakesTheFolder(t *testing.T) {
	for _, l := range Languages() {
		t.Run(l.Name, func(t *testing.T) {
			folder := filepath.Join(t.TempDir(), "a-plugin")
			p, err := New(folder, l)
			if err != nil {
				t.Fatal(err)
			}
			if p.Name != "a-plugin" || p.Folder != folder || p.Language.Name != l.Name {
				t.Errorf("made %+v", p)
			}
			for _, name := range []string{"README.md", "a-plugin.toml", "events.jsonl", ".gitignore"} {
				if _, err := os.Stat(filepath.Join(folder, name)); err != nil {
					t.Error(err)
				}
			}
			for _, d := range p.Files() {
				if _, err := os.Stat(filepath.Join(folder, d.Path)); err != nil {
					t.Errorf("README.md lists a file that is not there: %v", err)
				}
			}
			wholly(t, folder)
		})
	}
}

// wholly looks for what was to be filled in, and for tests of the SDK itself.
func wholly(t *testing.T, folder string) {
	t.Helper()
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		inSDK := strings.HasPrefix(path, filepath.Join(folder, "sdk"))
		if !inSDK && (bytes.Contains(content, []byte("{%")) || bytes.Contains(content, []byte("%}"))) {
			t.Errorf("%s is not filled in", path)
		}
		if inSDK && strings.HasSuffix(path, "_test.go") {
			t.Errorf("%s tests the SDK, not the plugin", path)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestNewRefusesWhatIsThere(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "there")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := New(folder, Languages()[0]); !errors.Is(err, ErrExists) {
			t.Errorf("got %v", err)
		}
	}
	if left, err := os.ReadDir(folder); err != nil || len(left) > 0 {
		t.Errorf("it has written %v, %v", left, err)
	}
}

func TestNewLeavesNothingWhereItFails(t *testing.T) {
	parent := t.TempDir()
	for name, l := range map[string]Language{
		"no template":       {files: []file{{"all/nothing.tmpl", "x", ""}}},
		"the same twice":    {files: []file{{"go/main.go.tmpl", "x", ""}, {"go/main.go.tmpl", "x", ""}}},
		"a field that's no": {files: []file{{"go/main.go.tmpl", "{%.Nothing%}", ""}}},
	} {
		if _, err := New(filepath.Join(parent, "a-plugin"), l); err == nil {
			t.Errorf("%s: no error", name)
		}
		if left, err := os.ReadDir(parent); err != nil || len(left) > 0 {
			t.Errorf("%s: it leaves %v, %v", name, left, err)
		}
	}
	if _, err := New(filepath.Join(parent, "nowhere", "a-plugin"), Languages()[0]); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a folder in none: %v", err)
	}
}

func TestCheckName(t *testing.T) {
	for name, want := range map[string]string{
		"counter":               "",
		"rate-limit2":           "",
		strings.Repeat("x", 64): "",
		strings.Repeat("x", 65): "at most 64 characters, and this one 65",
		"":                      "begins with a letter",
		".":                     "begins with a letter",
		"My Plugin":             "begins with a letter; try my-plugin",
		"rate_limit":            "begins with a letter; try rate-limit",
		"2nd":                   "begins with a letter",
		"a--b":                  "begins with a letter; try a-b",
		"a-":                    "begins with a letter; try a",
		"ä":                     "begins with a letter",
		"../x\x1b[2J":           "begins with a letter; try x-2j",
		"SDK":                   `"SDK" can't be a plugin's name: it is made of small letters, digits and single dashes, and begins with a letter`,
		"sdk":                   "the folder of the SDK has that name",
		"std":                   "toolchains take it for their own",
	} {
		err := CheckName(name)
		if (err == nil) != (want == "") || err != nil && !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%q: got %v, want %s", name, err, want)
		}
		if err != nil && strings.ContainsFunc(err.Error(), func(c rune) bool { return c < ' ' }) {
			t.Errorf("%q: control characters in %q", name, err)
		}
	}
}

// TestEveryTemplateIsOfALanguage finds files that nobody makes anything of.
func TestEveryTemplateIsOfALanguage(t *testing.T) {
	used := map[string]bool{}
	for _, l := range Languages() {
		for _, f := range append(all, l.files...) {
			used["templates/"+f.template] = true
		}
	}
	err := fs.WalkDir(templates, "templates", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && !used[path] {
			t.Errorf("%s is of no language", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// TestNewRustIsAWorkspaceOfItsOwn: below the workspace of somebody else cargo refuses
// a package that is neither a member of it nor one by itself.
func TestNewRustIsAWorkspaceOfItsOwn(t *testing.T) {
	text, err := templates.ReadFile("templates/rust/Cargo.toml.tmpl")
	if err != nil || !regexp.MustCompile(`(?m)^\[workspace\]`).Match(text) {
		t.Errorf("no [workspace] in\n%s%v", text, err)
	}
}

// locked are the packages of a package-lock.json by where they are.
func locked(t *testing.T, text []byte, err error) map[string]lockedPackage {
	t.Helper()
	var lock struct {
		Packages map[string]lockedPackage `json:"packages"`
	}
	if err := errors.Join(err, json.Unmarshal(text, &lock)); err != nil {
		t.Fatal(err)
	}
	return lock.Packages
}

type lockedPackage struct{ Version, Integrity, Resolved string }

// TestNewAssemblyScriptHasTheCompilerOfTheSDK, to the byte, and asks no registry by
// name: whoever makes a plugin has one of their own, maybe.
func TestNewAssemblyScriptHasTheCompilerOfTheSDK(t *testing.T) {
	ours, err := templates.ReadFile("templates/assemblyscript/package-lock.json.tmpl")
	got := locked(t, ours, err)
	theirs, err := os.ReadFile("../../../../abi/assemblyscript/package-lock.json")
	for path, want := range locked(t, theirs, err) {
		if path != "" && got[path] != want {
			t.Errorf("%s is %+v, the SDK's %+v", path, got[path], want)
		}
	}
	if bytes.Contains(ours, []byte(".tgz")) || got["node_modules/sesshook-guest"].Resolved != "sdk/assemblyscript" {
		t.Errorf("the lockfile has the host of a registry, or not the SDK: %v", got)
	}
}

func TestStepsLeadFromTheFolderToAServer(t *testing.T) {
	for _, l := range Languages() {
		p := &Plugin{Name: "a-plugin", Folder: "a-plugin", Language: l}
		steps := p.Steps()
		last := steps[len(steps)-1].Commands
		if last[len(last)-1] != "sesshook serve --modules modules" || len(p.Build()) == 0 || len(p.Test()) == 0 {
			t.Errorf("%s: %v", l.Name, steps)
		}
		for _, s := range steps {
			for _, c := range s.Commands {
				if strings.Contains(c, "{%") {
					t.Errorf("%s: %s", l.Name, c)
				}
			}
		}
		if p.Reference() == "" || l.Title == "" || l.Needs == "" {
			t.Errorf("%s is not described", l.Name)
		}
	}
	if got := (&Plugin{Name: "a-b-c"}).Snake(); got != "a_b_c" {
		t.Errorf("Snake: %s", got)
	}
}
