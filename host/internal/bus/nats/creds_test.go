package nats

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nkeys"
)

// operator is an authority over accounts, as a NATS that others run has it.
type operator struct {
	t       testing.TB
	public  string
	account nkeys.KeyPair
	jwt     string // the account's
}

func newOperator(t testing.TB) *operator {
	t.Helper()
	o := &operator{t: t}
	root := o.pair(nkeys.PrefixByteOperator)
	o.account = o.pair(nkeys.PrefixByteAccount)
	o.public = o.key(root)
	claims := jwt.NewAccountClaims(o.key(o.account))
	var err error
	o.jwt, err = claims.Encode(root)
	o.check(err)
	return o
}

func (o *operator) pair(kind nkeys.PrefixByte) nkeys.KeyPair {
	o.t.Helper()
	p, err := nkeys.CreatePair(kind)
	o.check(err)
	return p
}

func (o *operator) key(p nkeys.KeyPair) string {
	o.t.Helper()
	k, err := p.PublicKey()
	o.check(err)
	return k
}

func (o *operator) check(err error) {
	o.t.Helper()
	if err != nil {
		o.t.Fatal(err)
	}
}

func (o *operator) serve(opts *server.Options) {
	resolver := &server.MemAccResolver{}
	o.check(resolver.Store(o.key(o.account), o.jwt))
	opts.TrustedKeys, opts.AccountResolver = []string{o.public}, resolver
	opts.JetStream = false
}

// issue writes the credentials of a new user.
func (o *operator) issue(path string) {
	o.t.Helper()
	user := o.pair(nkeys.PrefixByteUser)
	token, err := jwt.NewUserClaims(o.key(user)).Encode(o.account)
	o.check(err)
	seed, err := user.Seed()
	o.check(err)
	creds, err := jwt.FormatUserConfig(token, seed)
	o.check(err)
	o.check(os.WriteFile(path, creds, 0o600))
}

func TestCredentials(t *testing.T) {
	right, wrong := newOperator(t), newOperator(t)
	s := serve(t, right.serve)
	path := filepath.Join(t.TempDir(), "node.creds")
	right.issue(path)
	with := func(c *Config) { c.Creds = path }
	a, b := connected(t, s.Addr(), with), connected(t, s.Addr(), with)
	got := hear(t, a, "x")
	if err := b.Publish("x", "", nil); err != nil {
		t.Fatal(err)
	}
	next(t, got)

	wrong.issue(path)
	c := open(t, s.Addr(), with)
	await(t, "a refusal", func() bool { return strings.Contains(c.Link().Err, "the credentials file") })
	right.issue(path) // it is read again
	up(t, c)
}
