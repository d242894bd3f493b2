package nats

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
)

func TestWhatIsWrongInAConfig(t *testing.T) {
	dir := t.TempDir()
	file := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	ca := newAuthority(t)
	ca.issue("node", "127.0.0.1")
	ca.issue("other", "127.0.0.1")
	garbage, missing := file("garbage", "garbage"), filepath.Join(dir, "missing")
	for _, tt := range []struct {
		name string
		with func(*Config)
		want string
	}{
		{"no server", func(c *Config) { c.Servers = nil }, "no NATS server is given: name one"},
		{"a scheme of another protocol", func(c *Config) { c.Servers = []string{"https://a:4222"} }, `"https://a:4222" has the scheme https, which NATS does not speak: write nats://HOST:PORT`},
		{"no host", func(c *Config) { c.Servers = []string{"nats://:4222"} }, "names no host"},
		{"a port that is none", func(c *Config) { c.Servers = []string{"nats://a:0"} }, "has the port 0, which is none"},
		{"a port too high", func(c *Config) { c.Servers = []string{"nats://a:65536"} }, "has the port 65536"},
		{"a password with special characters", func(c *Config) { c.Servers = []string{"nats://u:s3cr%t@a:4222"} }, `"a:4222" is malformed`},
		{"websocket and not", func(c *Config) { c.Servers = []string{"ws://a", "nats://b"} }, "use one of the two for all"},
		{"no bucket", func(c *Config) { c.Bucket = "" }, "not a name of a JetStream bucket"},
		{"a bucket with a dot", func(c *Config) { c.Bucket = "a.b" }, `"a.b" is not a name of a JetStream bucket`},
		{"credentials that are missing", func(c *Config) { c.Creds = missing }, "NATS credentials can't be read: open " + missing},
		{"credentials that are none", func(c *Config) { c.Creds = garbage }, "holds no NATS credentials"},
		{"a CA that is missing", func(c *Config) { c.CA = missing }, "CA of the NATS server can't be read: open " + missing},
		{"a CA that is none", func(c *Config) { c.CA = garbage }, "holds no certificate in PEM"},
		{"a certificate alone", func(c *Config) { c.Cert = ca.file("node.pem") }, "given for NATS without its key"},
		{"a key alone", func(c *Config) { c.Key = ca.file("node.key") }, "given for NATS without its certificate"},
		{"a key of another", func(c *Config) { c.Cert, c.Key = ca.file("node.pem"), ca.file("other.key") }, "both must be PEM, and belong together"},
	} {
		cfg := Config{Servers: []string{"nats://127.0.0.1:4222"}, Bucket: "b"}
		tt.with(&cfg)
		tr, err := Open(cfg)
		if err == nil {
			_ = tr.Close()
			t.Errorf("%s: no error", tt.name)
			continue
		}
		if !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v; want %q", tt.name, err, tt.want)
		}
		if strings.Contains(err.Error(), "s3cr") {
			t.Errorf("%s: the password is told: %v", tt.name, err)
		}
	}
}

func TestURLsThatAreRight(t *testing.T) {
	for in, want := range map[string]string{
		"a": "nats://a", "a:1": "nats://a:1", "nats://u:p@[::1]:4222": "nats://u:p@[::1]:4222", "tls://t0ken@a": "tls://t0ken@a", "wss://a/path": "wss://a/path",
	} {
		u, err := parseServer(in)
		if err != nil || u.String() != want {
			t.Errorf("%s: %v, %v", in, u, err)
		}
	}
}

func TestTLS(t *testing.T) {
	ca := newAuthority(t)
	ca.issue("server", "127.0.0.1")
	ca.issue("node")
	stranger := newAuthority(t)
	stranger.issue("node")
	s := serve(t, ca.serve("server"), noJetStream)
	plain := serve(t, noJetStream)
	right := func(c *Config) {
		c.CA, c.Cert, c.Key = ca.file("ca.pem"), ca.file("node.pem"), ca.file("node.key")
	}

	a := connected(t, s.Addr(), right)
	b := connected(t, s.Addr(), right, func(c *Config) { c.Servers = []string{"tls://" + s.Addr().String()} })
	got := hear(t, a, "x")
	if err := b.Publish("x", "", []byte("sealed")); err != nil {
		t.Fatal(err)
	}
	if d := next(t, got); string(d.Data) != "sealed" {
		t.Errorf("delivered %+v", d)
	}

	_, tcpPort, _ := strings.Cut(s.Addr().String(), ":")
	for _, tt := range []struct {
		name string
		srv  *server.Server
		with func(*Config)
		want string
	}{
		{"no CA", s, func(c *Config) { c.CA = "" }, "name the CA that signed the server's certificate"},
		{"another CA", s, func(c *Config) { c.CA = stranger.file("ca.pem") }, "name the CA that signed the server's certificate"},
		// What the server says comes at times too late to be read.
		{"no certificate", s, func(c *Config) { c.Cert, c.Key = "", "" }, "client certificate|wants one: name one and its key"},
		{"a stranger's certificate", s, func(c *Config) { c.Cert, c.Key = stranger.file("node.pem"), stranger.file("node.key") }, "the server refuses this client's certificate"},
		{"another host", s, func(c *Config) { c.Servers = []string{"nats://localhost:" + tcpPort} }, "name the server in the URL as its certificate does"},
		{"a server without TLS", plain, func(*Config) {}, "the server offers no TLS"},
	} {
		tr := open(t, tt.srv.Addr(), right, tt.with)
		await(t, tt.name, func() bool { return tr.Link().Err != "connecting" })
		said := tr.Link().Err
		if !slices.ContainsFunc(strings.Split(tt.want, "|"), func(want string) bool { return strings.Contains(said, want) }) {
			t.Errorf("%s: %q; want %q", tt.name, said, tt.want)
		}
		_ = tr.Close()
	}
}

func TestACertificateThatIsRenewedIsTaken(t *testing.T) {
	ca := newAuthority(t)
	ca.issue("server", "127.0.0.1")
	stranger := newAuthority(t)
	s := serve(t, ca.serve("server"), noJetStream)
	stranger.issue("node")
	cert, key := stranger.file("node.pem"), stranger.file("node.key")
	tr := open(t, s.Addr(), func(c *Config) { c.CA, c.Cert, c.Key = ca.file("ca.pem"), cert, key })
	await(t, "a refusal", func() bool { return strings.Contains(tr.Link().Err, "refuses this client's certificate") })
	ca.issue("node")
	for from, to := range map[string]string{ca.file("node.pem"): cert, ca.file("node.key"): key} {
		data, err := os.ReadFile(from)
		if err == nil {
			err = os.WriteFile(to, data, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	up(t, tr)
}
