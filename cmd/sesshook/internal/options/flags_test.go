package options

import (
	"errors"
	"log/slog"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/sesshook/sesshook/abi"
)

func TestDefaults(t *testing.T) {
	o, err := Parse(nil)
	if err != nil {
		t.Fatal(err)
	}
	if o.Listen != "127.0.0.1:8443" || o.Admin != "127.0.0.1:9180" || o.Modules != "./modules" || o.Upstream != nil || o.Grants != nil {
		t.Errorf("%+v", o)
	}
}

func TestEveryFlagIsRead(t *testing.T) {
	o, err := Parse([]string{
		"--listen=:0", "--cert", "c.pem", "--key", "k.pem", "--upstream", "https://example.org/base", "--max-connections", "1_000",
		"--handshake-timeout", "3s", "--drain-timeout", "0s", "--node", "n1", "--max-sessions", "7", "--max-bytes", "3MiB", "--ttl", "2h",
		"--single-use", "--farm-key-file", "f.keys", "--modules", "m", "--grant", "kv", "--grant", "sessions:read,kv", "--compile-cache", "",
		"--admin", "", "--log-level", "warn", "--log-format", "json",
		"--nats", "nats://a:4222,tls://b", "--nats", "ws://c/path", "--nats-creds", "c.creds", "--nats-ca", "ca.pem", "--nats-cert", "nc.pem", "--nats-key", "nk.pem", "--farm", "eu-1",
	})
	if err != nil {
		t.Fatal(err)
	}
	if o.Upstream == nil || o.Upstream.String() != "https://example.org/base" {
		t.Errorf("upstream is %v", o.Upstream)
	}
	o.Upstream = nil
	want := &Options{
		Listen: ":0", Cert: "c.pem", Key: "k.pem", MaxConnections: 1000, HandshakeTimeout: 3 * time.Second,
		Node: "n1", MaxSessions: 7, MaxBytes: 3 << 20, TTL: 2 * time.Hour, SingleUse: true, FarmKeyFile: "f.keys", Modules: "m",
		Grants: []abi.Grant{abi.KV, abi.SessionsRead}, LogLevel: slog.LevelWarn, LogFormat: "json",
		NATS: []string{"nats://a:4222", "tls://b", "ws://c/path"}, NATSCreds: "c.creds", NATSCA: "ca.pem", NATSCert: "nc.pem", NATSKey: "nk.pem", Farm: "eu-1",
	}
	if !reflect.DeepEqual(o, want) {
		t.Errorf("got  %+v\nwant %+v", o, want)
	}
}

func TestWrongFlagsSayWhatToDo(t *testing.T) {
	for _, tt := range []struct{ behaviour, args, want string }{
		{"a misspelt flag", "--lisen x", "unknown flag --lisen; did you mean --listen?"},
		{"a flag that is like none", "--quux", "unknown flag --quux"},
		{"a single dash", "-listen=:1", "flags begin with two dashes; did you mean --listen?"},
		{"a flag without its value", "--listen", "--listen needs a value"},
		{"an argument", "now", `serve takes flags only, and got "now"`},
		{"three dashes", "---x", `"---x" is not a flag`},
		{"a port alone", "--listen 8443", `--listen: "8443" is a port without an address: write 127.0.0.1:8443`},
		{"a host alone", "--listen localhost", `"localhost" is not an address`},
		{"a port that is too large", "--listen :65536", `"65536" is not a port`},
		{"an empty address to listen on", "--listen=", `"" is not an address`},
		{"one address twice", "--listen :1 --admin :1", "--listen and --admin are both :1"},
		{"a duration without its unit", "--ttl 3600", `--ttl: "3600" is not a duration: write a number with its unit`},
		{"no duration at all", "--handshake-timeout 0s", "0s is too short"},
		{"a negative duration", "--drain-timeout -1s", "-1s is too short"},
		{"a life that TLS does not allow", "--ttl 169h", "--ttl: 169h is too long"},
		{"a count of words", "--max-sessions many", `--max-sessions: "many" is not a number`},
		{"a count of nothing", "--max-connections 0", "0 is too small: write 1 or more"},
		{"a size in unknown units", "--max-bytes 1GiX", `--max-bytes: "1GiX" is not a size`},
		{"a size that overflows", "--max-bytes 9999999TiB", `"9999999TiB" is not a size`},
		{"a size of nothing", "--max-bytes 0", "0 is too small"},
		{"an upstream of another scheme", "--upstream ftp://h", `"ftp://h" has the scheme ftp, which is not supported: write http://HOST:PORT`},
		{"an upstream without a scheme", "--upstream localhost:8080", `"localhost:8080" is not a URL of an upstream: write http://HOST:PORT`},
		{"an upstream without a host", "--upstream http://", `"http://" is not a URL of an upstream`},
		{"a tcp upstream without a port", "--upstream tcp://h", "write tcp://h:PORT"},
		{"a tcp upstream with a path", "--upstream tcp://h:1/x", "write tcp://h:1"},
		{"an upstream with a password", "--upstream http://u:p@h", "may not hold a user or password"},
		{"a level that there is not", "--log-level loud", `"loud" is not a level: write one of debug, info, warn, error`},
		{"a format that there is not", "--log-format xml", `"xml" is not known: write one of text, json`},
		{"a misspelt grant", "--grant session:read", `"session:read" is not a grant; did you mean sessions:read?`},
		{"a grant that is like none", "--grant filesystem", `"filesystem" is not a grant: write one or more of default, none, sessions:read`},
		{"a certificate without its key", "--cert c.pem", "--cert is given without --key"},
		{"a key without its certificate", "--key k.pem", "--key is given without --cert"},
		{"no modules directory", "--modules=", "--modules is empty"},
		{"a switch with a strange value", "--single-use=perhaps", `--single-use: "perhaps" is neither true nor false`},
		{"a configuration that is not there", "--config nowhere.toml", "--config: "},
	} {
		t.Run(tt.behaviour, func(t *testing.T) {
			_, err := Parse(strings.Fields(tt.args))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error is %v\nwant %s", err, tt.want)
			}
			if err != nil && strings.Contains(err.Error(), "\n") {
				t.Errorf("error has several lines: %v", err)
			}
		})
	}
}

func TestGrantWords(t *testing.T) {
	for _, tt := range []struct {
		args string
		want []abi.Grant
	}{
		{"--grant none", []abi.Grant{}},
		{"--grant default,sessions:secrets", []abi.Grant{"kv", "messages", "metrics", "sessions:read", "sessions:secrets", "sessions:write"}},
	} {
		o, err := Parse(strings.Fields(tt.args))
		if err != nil || o.Grants == nil || !reflect.DeepEqual(o.Grants, tt.want) {
			t.Errorf("%s: %v, %v", tt.args, o, err)
		}
	}
}

func TestHelpIsAskedFor(t *testing.T) {
	for _, arg := range []string{"-h", "--help"} {
		if _, err := Parse([]string{arg}); !errors.Is(err, ErrHelp) {
			t.Errorf("%s: %v", arg, err)
		}
	}
}

func TestHelpShowsEveryFlagAndFitsTheScreen(t *testing.T) {
	help := Help()
	for _, name := range names(flagSet(groups(defaults()))) {
		if !strings.Contains(help, "\n  --"+name+" ") && !strings.Contains(help, "\n  --"+name+"\n") {
			t.Errorf("no --%s", name)
		}
	}
	for line := range strings.Lines(help) {
		if len(line) > helpWidth+1 {
			t.Errorf("too long: %s", line)
		}
	}
	for _, part := range []string{"(default 127.0.0.1:8443)", "(default 1GiB)", "(default 24h)", "(default 1048576)", "(default info)"} {
		if !strings.Contains(help, part) {
			t.Errorf("no %s", part)
		}
	}
}
