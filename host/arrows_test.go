package host

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/sesshook/sesshook/"

// arrows says which packages of the module each of its parts may import
// (subpackages included), outside of tests. What stands here is the picture of
// the project: cmd -> host -> {plugin, tlsbind, cache, bus, admin} -> session -> abi. The
// workbench stands beside host: it joins cache and plugin in its own way.
var arrows = map[string][]string{
	"abi":                       {},
	"abi/conformance":           {"abi"},
	"abi/conformance/guests/go": {"abi", "abi/guest"},
	"abi/guest":                 {"abi", "abi/guest"},
	"guest-examples":            {"abi", "abi/guest"},
	"guest-examples/share":      {"abi", "abi/guest", "guest-examples/share"},
	"host":                      {"abi", "host/internal/admin", "host/internal/bus", "host/internal/bus/nats", "host/internal/cache", "host/internal/plugin", "host/internal/session", "host/internal/tlsbind", "host/internal/workbench"},
	"host/internal/session":     {"abi"},
	"host/internal/cache":       {"abi", "host/internal/session"},
	"host/internal/tlsbind":     {"abi", "host/internal/session"},
	"host/internal/admin":       {"abi", "host/internal/session"},
	"host/internal/bus":         {"abi", "host/internal/bus", "host/internal/session"},
	"host/internal/bus/nats":    {"abi", "host/internal/bus", "host/internal/session"},
	"host/internal/plugin":      {"abi", "host/internal/session", "host/internal/plugin", "host/internal/meter"},
	"host/internal/meter":       {},
	"host/internal/workbench":   {"abi", "host/internal/cache", "host/internal/plugin", "host/internal/session", "host/internal/workbench"},
	"testdata/farm":             {},
	"cmd/sesshook":              {"abi", "host", "cmd/sesshook", "testdata/farm"},
}

// owners says which part alone imports a dependency.
var owners = map[string]string{
	"github.com/tetratelabs/wazero":       "host/internal/plugin",
	"github.com/fsnotify/fsnotify":        "host/internal/plugin",
	"github.com/prometheus/client_golang": "host/internal/admin",
	"github.com/spf13/pflag":              "cmd/sesshook",
	"github.com/nats-io/nats.go":          "host/internal/bus/nats",
	"github.com/nats-io/nats-server":      "cmd/sesshook",
}

type listedPackage struct {
	ImportPath string
	Imports    []string
}

func TestImportsPointOneWay(t *testing.T) {
	for _, p := range listPackages(t) {
		path := strings.TrimPrefix(p.ImportPath, module)
		part := partOf(path)
		if part == "" {
			t.Errorf("%s is no part that this test knows: add it to the picture", path)
			continue
		}
		for _, imported := range p.Imports {
			if owner := ownerOf(imported); owner != "" && owner != part {
				t.Errorf("%s imports %s, which is %s's alone", path, imported, owner)
			}
			to, own := strings.CutPrefix(imported, module)
			if own && !within(to, path, arrows[part]) {
				t.Errorf("%s imports %s, against the arrows: only %v", path, to, arrows[part])
			}
		}
	}
}

// partOf returns the longest part that path is in.
func partOf(path string) (part string) {
	for name := range arrows {
		if (path == name || strings.HasPrefix(path, name+"/")) && len(name) > len(part) {
			part = name
		}
	}
	return part
}

func ownerOf(imported string) string {
	for dep, owner := range owners {
		if imported == dep || strings.HasPrefix(imported, dep+"/") {
			return owner
		}
	}
	return ""
}

func within(to, from string, allowed []string) bool {
	return slices.Contains(allowed, partOf(to)) || slices.ContainsFunc(allowed, func(a string) bool { return to == a }) || to == from
}

func listPackages(t *testing.T) (all []listedPackage) {
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports", "../...")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listedPackage
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}
