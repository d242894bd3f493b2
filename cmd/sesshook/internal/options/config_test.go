package options

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sesshook/sesshook/abi"
)

func writeConfig(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "sesshook.toml")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestConfigSetsWhatFlagsDoNot(t *testing.T) {
	path := writeConfig(t, `
listen = "127.0.0.1:1"   # the flag wins
max-sessions = 5_000
max-bytes = "64MiB"
ttl = "2h"
single-use = true
grant = ["sessions:read", "kv"]
`)
	o, err := Parse([]string{"--listen", "127.0.0.1:2", "--config", path})
	if err != nil {
		t.Fatal(err)
	}
	if o.Listen != "127.0.0.1:2" || o.MaxSessions != 5000 || o.MaxBytes != 64<<20 || o.TTL != 2*time.Hour || !o.SingleUse || len(o.Grants) != 2 || o.Grants[0] != abi.KV {
		t.Errorf("%+v", o)
	}
}

func TestConfigErrorsHaveTheirPosition(t *testing.T) {
	for _, tt := range []struct{ behaviour, content, want string }{
		{"a misspelt key", "listen = ':0'\nmax_session = 1", ":2:1: unknown key max_session; did you mean max-sessions?"},
		{"a key that is like none", "quux = 1", ":1:1: unknown key quux"},
		{"a misspelt key that a flag can't win over", "lisen = ':0'", ":1:1: unknown key lisen; did you mean listen?"},
		{"not TOML", "listen = ", ":1:"},
		{"a key twice", "ttl = '1h'\nttl = '2h'", ":2:"},
		{"an unknown table", "\n[plugins]\nx = 1", ":2:2: unknown key plugins"},
		{"a table for a setting", "[listen]\nport = 1", ":1:2: listen is a setting, not a table"},
		{"an array of tables for a setting", "[[listen]]", ":1:3: listen is a setting, not a table"},
		{"a dotted key", "listen.port = 1", ":1:1: listen: wrong type of value"},
		{"an inline table", "listen = {port = 1}", ":1:1: listen: wrong type of value"},
		{"a duration without its unit", "ttl = 3600", `:1:1: ttl: 3600 is a number without a unit: write for example "90s"`},
		{"a bad duration", "ttl = 'long'", `:1:1: ttl: "long" is not a duration`},
		{"a switch that is a string", "single-use = 'perhaps'", `:1:1: single-use: "perhaps" is neither true nor false`},
		{"a number that is a boolean", "max-sessions = true", ":1:1: max-sessions: wrong type of value"},
		{"a list of numbers", "grant = [1]", ":1:1: grant: element 1 of the list is not a string"},
		{"a list where there is one", "listen = [':0']", ":1:1: listen: wrong type of value"},
		{"a date", "ttl = 2026-01-01", ":1:1: ttl: wrong type of value"},
		{"another configuration", "config = 'x'", ":1:1: config: a configuration file can't name another"},
		{"an indented key", "\n\n  ttl = 'x'", ":3:3: ttl"},
		{"a quoted key", "\"lis en\" = 'x'", ":1:1: unknown key lis en; did you mean listen?"},
	} {
		t.Run(tt.behaviour, func(t *testing.T) {
			_, err := Parse([]string{"--config", writeConfig(t, tt.content)})
			if err == nil || !strings.Contains(err.Error(), "sesshook.toml"+tt.want) {
				t.Errorf("error is %v\nwant %s", err, tt.want)
			}
		})
	}
}

func TestEmptyGrantListIsNone(t *testing.T) {
	o, err := Parse([]string{"--config", writeConfig(t, "grant = []")})
	if err != nil || o.Grants == nil || len(o.Grants) != 0 {
		t.Errorf("%v, %v", o, err)
	}
}

func TestConfigThatIsAnotherFile(t *testing.T) {
	dir := t.TempDir()
	large := writeConfig(t, strings.Repeat("#", maxConfig+1))
	for _, path := range []string{dir, large} {
		if _, err := Parse([]string{"--config", path}); err == nil || !strings.Contains(err.Error(), "is not a configuration file") {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func TestCompileCacheDir(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("HOME", t.TempDir())
	o := defaults()
	dir, err := o.CompileCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(dir)
	if err != nil || info.Mode().Perm() != 0o700 || filepath.Base(dir) != "sesshook" {
		t.Errorf("%s: %v, %v", dir, info, err)
	}
	for _, given := range []string{"", "elsewhere"} {
		o.CompileCache = given
		if dir, err := o.CompileCacheDir(); dir != given || err != nil {
			t.Errorf("%q: %q, %v", given, dir, err)
		}
	}
}

func FuzzConfig(f *testing.F) {
	for _, seed := range []string{
		"", "listen = ':0'", "ttl = 1", "[a.b]\nc=1", "[[listen]]\n", "grant = ['kv', 1]", "a.b.c = {d = 1}", "\"\" = 1", "# only\n", "x = \"\"\"\n\"\"\"",
		"max-bytes = '9TiB'", "\xff = 1", "ttl = 2026-01-01T00:00:00Z", "max-sessions = 0x10", "drain-timeout = inf",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		err := applyConfig("f", data, flagSet(groups(defaults())))
		if err != nil && !strings.HasPrefix(err.Error(), "f:") {
			t.Errorf("error without a place: %v", err)
		}
	})
}
