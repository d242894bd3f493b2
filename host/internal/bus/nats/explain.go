package nats

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"syscall"

	"github.com/nats-io/nats.go"
)

// explain is err for people: what is wrong, and what to do.
func explain(err error) string {
	if err == nil {
		return "the server closed the connection"
	}
	for _, e := range explanations {
		if e.is(err) {
			if e.alone {
				return e.hint
			}
			return strings.TrimPrefix(err.Error(), "nats: ") + ": " + e.hint
		}
	}
	return strings.TrimPrefix(err.Error(), "nats: ")
}

// explanations are looked at in this order.
var explanations = []struct {
	is    func(error) bool
	hint  string
	alone bool // err's own text adds nothing
}{
	{says("authorization violation"), "the server refuses the user: check user and password in the URL, or the credentials file (--nats-creds)", true},
	{says("authentication expired"), "the credentials have expired: get new ones from whoever runs this NATS, and put them in the same file", true},
	{says("authentication revoked"), "the credentials are revoked: get new ones from whoever runs this NATS", true},
	{says("maximum connections exceeded"), "raise max_connections of the server", false},
	{says("maximum account active connections exceeded"), "raise the account's limit of connections", false},
	{is(nats.ErrSecureConnWanted), "the server offers no TLS: turn it on there, or leave out tls://, CA and certificate here", true},
	{as[x509.UnknownAuthorityError], "name the CA that signed the server's certificate (--nats-ca)", false},
	{as[x509.HostnameError], "name the server in the URL as its certificate does", false},
	{as[x509.CertificateInvalidError], "the server's certificate must be renewed, or one of the clocks is wrong", false},
	{as[tls.RecordHeaderError], "whatever listens there does not speak TLS", true},
	{says("tls: certificate required"), "the server wants a client certificate: name one and its key (--nats-cert, --nats-key)", false},
	{says("tls: bad certificate", "tls: unknown certificate authority", "tls: unknown certificate"), "the server refuses this client's certificate: it must be signed by a CA that the server trusts", false},
	{says("closed by remote after tls handshake"), "the server refuses this client's certificate, or wants one: name one and its key (--nats-cert, --nats-key), signed by a CA that the server trusts", true},
	{is(nats.ErrNoInfoReceived), "whatever listens there is no NATS server: check host and port", true},
	{is(syscall.ECONNREFUSED), "nobody listens there: start NATS, or correct the URL", false},
	{as[*net.DNSError], "check the host's name", false},
	{is(nats.ErrStaleConnection), "the server answered no ping", true},
	{is(os.ErrDeadlineExceeded), "the server does not answer: check that it runs, and that no firewall is between", false},
	{is(io.EOF), "the server closed the connection", true},
}

func is(target error) func(error) bool {
	return func(err error) bool { return errors.Is(err, target) }
}

func as[T error](err error) bool {
	_, ok := errors.AsType[T](err)
	return ok
}

// says is for what servers send as text.
func says(words ...string) func(error) bool {
	return func(err error) bool {
		text := strings.ToLower(err.Error())
		for _, w := range words {
			if strings.Contains(text, w) {
				return true
			}
		}
		return false
	}
}
