package demo

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pelletier/go-toml/v2"
)

func TestNewerIsTheSameAndOneCustomSection(t *testing.T) {
	module := []byte("\x00asm\x01\x00\x00\x00")
	got := newer(module)
	section, ok := bytes.CutPrefix(got, module)
	if !ok || section[0] != 0 || int(section[1]) != len(section)-2 || section[1] > 127 {
		t.Fatalf("%q", got)
	}
	if name := section[3 : 3+section[2]]; string(name) != "sesshook.demo" {
		t.Errorf("the section's name is %q", name)
	}
	if hashOf(got) == hashOf(module) {
		t.Error("the hash is the same")
	}
}

func TestForDemo(t *testing.T) {
	for name, sidecar := range map[string]string{
		"another mode":  "grants = [\"kv\"]\n[config]\nmode = \"push\" # or pull\ntopic = \"x\"\n",
		"no mode":       "grants = [\"kv\"]\n[config]\ntopic = \"x\"\n",
		"dotted config": "grants = [\"kv\"]\nconfig.topic = \"x\"\n",
	} {
		text, err := forDemo([]byte(sidecar), "pull")
		var got struct {
			Grants      []string
			CompileTime string `toml:"compile_time"`
			Config      struct{ Mode, Topic string }
		}
		if err == nil {
			err = toml.Unmarshal(text, &got)
		}
		if err != nil || got.Config.Mode != "pull" || got.Config.Topic != "x" || len(got.Grants) != 1 || got.CompileTime != "4m0s" {
			t.Errorf("%s: %v\n%s", name, err, text)
		}
	}
	if text, err := forDemo(nil, "both"); err != nil || !strings.Contains(string(text), "both") {
		t.Errorf("an empty sidecar: %q, %v", text, err)
	}
	if _, err := forDemo([]byte("="), "both"); err == nil || !strings.HasPrefix(err.Error(), "share.toml: ") {
		t.Error(err)
	}
}

func TestPut(t *testing.T) {
	dir := t.TempDir()
	for _, text := range []string{"one", "two"} {
		if err := put(dir, "x.wasm", []byte(text)); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(filepath.Join(dir, "x.wasm")); err != nil || string(got) != text {
			t.Errorf("%q, %v", got, err)
		}
	}
	if all, _ := os.ReadDir(dir); len(all) != 1 {
		t.Error(all)
	}
	if err := put(filepath.Join(dir, "nowhere"), "x", nil); err == nil || !strings.Contains(err.Error(), "make room in") {
		t.Error(err)
	}
}
