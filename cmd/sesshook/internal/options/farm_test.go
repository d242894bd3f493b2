package options

import (
	"slices"
	"strings"
	"testing"
)

func TestEmbeddedNATS(t *testing.T) {
	o, err := Parse(strings.Fields("--nats-embedded --nats-listen :6222 --nats-routes 10.0.0.2:6222,[::1]:6222 --nats-routes c:1 --farm-key-file k"))
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"10.0.0.2:6222", "[::1]:6222", "c:1"}; !o.NATSEmbedded || o.NATSListen != ":6222" || !slices.Equal(o.NATSRoutes, want) || !o.InFarm() {
		t.Errorf("%+v", o)
	}
	if o, err := Parse(nil); err != nil || o.InFarm() {
		t.Errorf("%+v, %v", o, err)
	}
}

func TestWrongFarmsSayWhatToDo(t *testing.T) {
	for _, tt := range []struct{ behaviour, args, want string }{
		{"a server without a scheme", "--nats localhost:4222", `--nats: "localhost:4222" is not a URL of a NATS server: write nats://HOST:PORT`},
		{"a server by its number", "--nats 10.0.0.1:4222", `"10.0.0.1:4222" is not a URL of a NATS server`},
		{"a word", "--nats localhost", `"localhost" is not a URL of a NATS server`},
		{"another scheme", "--nats http://h:1", `"http://h:1" has the scheme http, which NATS does not speak`},
		{"no host", "--nats nats://:4222", `"nats://:4222" names no host`},
		{"a port that is none", "--nats nats://h:port", `"nats://h:port" is not a URL`},
		{"a path", "--nats nats://h:1/x", `"nats://h:1/x" has more than a host and a port`},
		{"one good and one bad", "--nats nats://h:1,h2", `"h2" is not a URL of a NATS server`},
		{"a password in another scheme", "--nats http://u:secret@h", `"http://h" has the scheme http`},
		{"a token with a path", "--nats nats://secret@h/x", `"nats://h/x" has more than a host and a port`},
		{"a password in what is no URL", "--nats u:secret@h:4222", "a URL of a NATS server is malformed"},
		{"a NATS twice", "--nats nats://h --nats-embedded --farm-key-file k", "--nats and --nats-embedded are both given"},
		{"no farm key", "--nats nats://h", "--nats is given without --farm-key-file: nodes know each other by the keys in it, and random keys for this run nobody else has; make one with `sesshook keygen > farm.keys`"},
		{"no farm key for the embedded", "--nats-embedded", "--nats-embedded is given without --farm-key-file"},
		{"a farm of nobody", "--farm x", "--farm is given without --nats or --nats-embedded"},
		{"a name with a space", "--farm=eu.west", `--farm: "eu.west" is not a name of a farm`},
		{"a name that is too long", "--farm=" + strings.Repeat("x", 65), "is not a name of a farm: write 1 to 64"},
		{"credentials for nothing", "--nats-creds c", "--nats-creds is given without --nats"},
		{"authorities for nothing", "--nats-ca c", "--nats-ca is given without --nats or --nats-embedded"},
		{"a certificate for nothing", "--nats-cert c", "--nats-cert is given without --nats"},
		{"a key for nothing", "--nats-key c", "--nats-key is given without --nats"},
		{"listening to nothing", "--nats-listen :1", "--nats-listen is given without --nats-embedded"},
		{"routes to nothing", "--nats-routes h:1", "--nats-routes is given without --nats-embedded"},
		{"listening to another's NATS", "--nats nats://h --farm-key-file k --nats-listen :1", "--nats-listen is given without --nats-embedded"},
		{"routes to another's NATS", "--nats nats://h --farm-key-file k --nats-routes h:1", "--nats-routes is given without --nats-embedded"},
		{"a certificate without its key", "--nats nats://h --farm-key-file k --nats-cert c", "--nats-cert is given without --nats-key"},
		{"a key without its certificate", "--nats nats://h --farm-key-file k --nats-key c", "--nats-key is given without --nats-cert"},
		{"credentials for the embedded", "--nats-embedded --farm-key-file k --nats-creds c", "--nats-creds is given with --nats-embedded"},
		{"a certificate that nobody can check", "--nats-embedded --farm-key-file k --nats-cert c --nats-key k", "with all of --nats-ca, --nats-cert and --nats-key"},
		{"authorities and nothing to show", "--nats-embedded --farm-key-file k --nats-ca c", "with all of --nats-ca, --nats-cert and --nats-key"},
		{"routes that can't be answered", "--nats-embedded --farm-key-file k --nats-routes h:1", "--nats-routes is given without --nats-listen"},
		{"a route to anywhere", "--nats-routes :6222", `--nats-routes: ":6222" is no address that one can connect to`},
		{"a route to any port", "--nats-routes h:0", `"h:0" is no address that one can connect to`},
		{"a route that is a URL", "--nats-routes nats://h:1", `"nats://h:1" is not an address`},
		{"a port twice", "--nats-embedded --farm-key-file k --nats-listen :1 --listen :1", "--nats-listen is :1, which is the address of --listen or --admin too"},
	} {
		t.Run(tt.behaviour, func(t *testing.T) {
			_, err := Parse(strings.Fields(tt.args))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("error is %v\nwant %s", err, tt.want)
			}
			if strings.Contains(err.Error(), "\n") || strings.Contains(err.Error(), "secret") {
				t.Errorf("error has several lines, or a password: %v", err)
			}
		})
	}
}

func TestFarmFromTheConfig(t *testing.T) {
	path := writeConfig(t, `
farm = "eu-1"
farm-key-file = "farm.keys"
nats-embedded = true
nats-listen = "10.0.0.1:6222"
nats-routes = ["10.0.0.2:6222", "10.0.0.3:6222"]
`)
	o, err := Parse([]string{"--config", path})
	if err != nil || o.Farm != "eu-1" || !o.NATSEmbedded || o.NATSListen != "10.0.0.1:6222" || len(o.NATSRoutes) != 2 {
		t.Errorf("%+v, %v", o, err)
	}
	o, err = Parse([]string{"--config", writeConfig(t, `nats = "nats://a,nats://b"`), "--farm-key-file", "k"})
	if err != nil || len(o.NATS) != 2 {
		t.Errorf("%+v, %v", o, err)
	}
}

func TestNATSExposed(t *testing.T) {
	for listen, want := range map[string]bool{
		"": false, "127.0.0.1:6222": false, "127.1.2.3:1": false, "[::1]:1": false, "localhost:1": false,
		":6222": true, "0.0.0.0:1": true, "10.0.0.1:1": true, "node-1:1": true, "[::]:1": true,
	} {
		if got := (&Options{NATSListen: listen}).NATSExposed(); got != want {
			t.Errorf("%q: %v", listen, got)
		}
	}
}
