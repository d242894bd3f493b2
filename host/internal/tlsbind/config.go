package tlsbind

import (
	"crypto/rand"
	"crypto/tls"
	"reflect"
)

// configField is the index of the unexported field of tls.ClientHelloInfo that
// points to the config in use, -1 where this Go has none.
var configField = func() int {
	f, ok := reflect.TypeFor[tls.ClientHelloInfo]().FieldByName("config")
	if !ok || f.Type != reflect.TypeFor[*tls.Config]() || len(f.Index) != 1 {
		return -1
	}
	return f.Index[0]
}()

// configInUse returns the config that the connection of hello began with: ours,
// or a clone of it that the server has changed since. http.Server.ServeTLS and
// httptest make such clones, and put certificates and NextProtos there. A
// GetConfigForClient that returned our own instead would lose these (no
// HTTP/2, or no certificate at all), and there is no public way to ask for
// it. Where this Go has no such field, it returns fallback, and a test fails.
func configInUse(hello *tls.ClientHelloInfo, fallback *tls.Config) *tls.Config {
	if configField < 0 {
		return fallback
	}
	v := reflect.ValueOf(hello).Elem().Field(configField)
	if cfg := (*tls.Config)(v.UnsafePointer()); cfg != nil {
		return cfg
	}
	return fallback
}

// settleTicketKeys gives cfg random ticket keys, which nothing ever uses.
// Without any, crypto/tls makes new ones in each clone, for each connection.
func settleTicketKeys(cfg *tls.Config) {
	var key [32]byte
	rand.Read(key[:])
	// A config without this field makes keys in spite of those set below (its
	// deprecation tells callers not to choose them; nobody chose this one).
	cfg.SessionTicketKey = key //lint:ignore SA1019 see above
	cfg.SetSessionTicketKeys([][32]byte{key})
}

// bind returns a clone of base for the connection of hello alone.
func (b *Binder) bind(hello *tls.ClientHelloInfo, base *tls.Config, tracked *conn) *tls.Config {
	cfg := base.Clone()
	bd := &binding{
		binder:     b,
		ctx:        hello.Context(),
		tracked:    tracked != nil,
		suites:     hello.CipherSuites,
		clientAuth: cfg.ClientAuth,
	}
	cfg.UnwrapSession = bd.unwrap
	cfg.WrapSession = bd.wrap
	if tracked != nil {
		tracked.bind(bd)
		return cfg
	}
	bd.verify = cfg.VerifyConnection
	cfg.VerifyConnection = bd.verified
	return cfg
}
