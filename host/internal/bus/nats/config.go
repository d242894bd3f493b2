package nats

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
)

// How a connection is made and watched.
const (
	// connectTimeout bounds dialling, and then TLS and NATS's greeting.
	connectTimeout = 2 * time.Second
	// writeTimeout is how long the other side may take nothing.
	writeTimeout = 2 * time.Second
	// A server that answers no ping for pings x pingEvery is given up.
	pingEvery = 5 * time.Second
	pings     = 2
)

// Config says which NATS, and how to be let in.
type Config struct {
	// Servers are URLs, one at least: nats://HOST:PORT, tls:// to insist on TLS,
	// ws:// or wss://. The port may be left out (4222). User and password, or a
	// token, may stand before the host. The servers are of one NATS: any of them
	// is taken, and others of its cluster that they tell of.
	Servers []string
	// Creds is a file of NATS credentials (JWT and seed). Empty: none.
	Creds string
	// CA is a file of certificates in PEM that must have signed the server's.
	// Empty: those of the system.
	CA string
	// Cert and Key are files in PEM of what this node shows the server. Empty:
	// nothing. They, Creds and CA are read again for each connection.
	Cert, Key string
	// Name is the connection's name, as NATS's monitoring shows it: the node's.
	Name string
	// Bucket is the JetStream bucket for values: A-Z a-z 0-9 _ - only. It is made
	// when the first value is put.
	Bucket string
	// Log is told of connections that come and go. Nil: nobody is.
	Log *slog.Logger
	// Reconnected is called each time the connection has come up, the first
	// included, when all subscriptions are in force at the server. Nil: nothing is.
	// It must not call Close.
	Reconnected func()
}

// options checks c, and returns it as nats.go has it.
func (c *Config) options() (nats.Options, error) {
	o := nats.GetDefaultOptions()
	for _, set := range []func(*nats.Options) error{c.servers, c.bucketName, c.credentials, c.tls} {
		if err := set(&o); err != nil {
			return o, err
		}
	}
	o.Name = c.Name
	o.NoEcho = true
	o.Timeout = connectTimeout
	o.SkipHostLookup = true // the dialer does it, so that it can be ended
	o.FlusherTimeout = writeTimeout
	o.ReconnectOnFlusherError = true
	o.PingInterval, o.MaxPingsOut = pingEvery, pings
	o.RetryOnFailedConnect = true
	o.MaxReconnect = -1
	o.ReconnectBufSize = -1 // nothing is kept for later
	o.IgnoreAuthErrorAbort = true
	return o, nil
}

// servers sets the URLs. Servers that NATS tells of later have no user in their
// URL: they are given the first that there is.
func (c *Config) servers(o *nats.Options) error {
	if len(c.Servers) == 0 {
		return errors.New("no NATS server is given: name one, for example nats://127.0.0.1:4222")
	}
	websocket := 0
	for _, s := range c.Servers {
		u, err := parseServer(s)
		if err != nil {
			return err
		}
		o.Servers = append(o.Servers, u.String())
		if u.User != nil && o.User == "" && o.Token == "" {
			if password, ok := u.User.Password(); ok {
				o.User, o.Password = u.User.Username(), password
			} else {
				o.Token = u.User.Username()
			}
		}
		if strings.HasPrefix(u.Scheme, "ws") {
			websocket++
		}
	}
	if websocket != 0 && websocket != len(c.Servers) {
		return errors.New("NATS servers are given by ws:// and by nats://: use one of the two for all")
	}
	return nil
}

// parseServer never quotes what may hold a password or a token.
func parseServer(s string) (*url.URL, error) {
	const how = "write nats://HOST:PORT or nats://USER:PASSWORD@HOST:PORT, or tls:// for TLS"
	if !strings.Contains(s, "://") {
		s = "nats://" + s
	}
	shown := s
	if i := strings.LastIndexByte(s, '@'); i >= 0 {
		shown = s[i+1:]
	}
	u, err := url.Parse(s)
	switch {
	case err != nil:
		return nil, fmt.Errorf("URL of NATS server %q is malformed: %s; what is special in a user or password is written %%XX", shown, how)
	case !slices.Contains([]string{"nats", "tls", "ws", "wss"}, u.Scheme):
		return nil, fmt.Errorf("URL of NATS server %q has the scheme %s, which NATS does not speak: %s", shown, u.Scheme, how)
	case u.Hostname() == "":
		return nil, fmt.Errorf("URL of NATS server %q names no host: %s", shown, how)
	}
	if p := u.Port(); p != "" {
		if n, err := strconv.ParseUint(p, 10, 16); err != nil || n == 0 {
			return nil, fmt.Errorf("URL of NATS server %q has the port %s, which is none: %s", shown, p, how)
		}
	}
	return u, nil
}

func (c *Config) bucketName(*nats.Options) error {
	if c.Bucket == "" || strings.Trim(c.Bucket, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-") != "" {
		return fmt.Errorf("%q is not a name of a JetStream bucket: letters, digits, - and _ make one", c.Bucket)
	}
	return nil
}

// credentials has nats.go read the file for each connection, and looks now
// whether that works.
func (c *Config) credentials(o *nats.Options) error {
	if c.Creds == "" {
		return nil
	}
	if _, err := os.ReadFile(c.Creds); err != nil {
		return fmt.Errorf("NATS credentials can't be read: %w", err)
	}
	if err := nats.UserCredentials(c.Creds)(o); err != nil {
		return err
	}
	_, err := o.UserJWT()
	if err == nil {
		_, err = o.SignatureCB([]byte("a nonce"))
	}
	if err != nil {
		return fmt.Errorf("%s holds no NATS credentials (%w): it must be the .creds file of a user, as `nsc generate creds` writes it", c.Creds, err)
	}
	return nil
}

// tls has nats.go read the files for each connection, and looks now whether that
// works. Any file is a wish for TLS: a server without it is refused.
func (c *Config) tls(o *nats.Options) error {
	if c.CA != "" {
		data, err := os.ReadFile(c.CA)
		if err != nil {
			return fmt.Errorf("CA of the NATS server can't be read: %w", err)
		}
		if !x509.NewCertPool().AppendCertsFromPEM(data) {
			return fmt.Errorf("%s holds no certificate in PEM: it must be the CA that signed the NATS server's certificate", c.CA)
		}
		if err := nats.RootCAs(c.CA)(o); err != nil {
			return err
		}
	}
	switch {
	case c.Cert == "" && c.Key == "":
		return nil
	case c.Cert == "":
		return fmt.Errorf("key %s is given for NATS without its certificate: name both", c.Key)
	case c.Key == "":
		return fmt.Errorf("certificate %s is given for NATS without its key: name both", c.Cert)
	}
	if _, err := tls.LoadX509KeyPair(c.Cert, c.Key); err != nil {
		return fmt.Errorf("certificate for NATS (%s with key %s): %w: both must be PEM, and belong together", c.Cert, c.Key, err)
	}
	return nats.ClientCert(c.Cert, c.Key)(o)
}

// configError is what nats.go refuses itself.
func configError(err error) error {
	return fmt.Errorf("NATS connection can't be set up: %w", err)
}
