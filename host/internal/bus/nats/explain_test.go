package nats

import (
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"testing"

	"github.com/nats-io/nats.go"
)

func TestErrorsSayWhatToDo(t *testing.T) {
	refused := &net.OpError{Op: "dial", Net: "tcp", Addr: &net.TCPAddr{IP: net.IPv4(10, 0, 0, 1), Port: 4222}, Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
	for _, tt := range []struct {
		err  error
		want string
	}{
		{nil, "the server closed the connection"},
		{io.EOF, "the server closed the connection"},
		{errors.New("nats: something new"), "something new"},
		{nats.ErrAuthorization, "the server refuses the user: check user and password in the URL, or the credentials file (--nats-creds)"},
		{errors.New("nats: Authorization Violation"), "the server refuses the user: check user and password in the URL, or the credentials file (--nats-creds)"},
		{nats.ErrAuthRevoked, "the credentials are revoked: get new ones from whoever runs this NATS"},
		{nats.ErrStaleConnection, "the server answered no ping"},
		{nats.ErrNoInfoReceived, "whatever listens there is no NATS server: check host and port"},
		{nats.ErrMaxConnectionsExceeded, "server maximum connections exceeded: raise max_connections of the server"},
		{refused, "dial tcp 10.0.0.1:4222: connect: connection refused: nobody listens there: start NATS, or correct the URL"},
		{&net.DNSError{Err: "no such host", Name: "nts", IsNotFound: true}, "lookup nts: no such host: check the host's name"},
		{fmt.Errorf("read: %w", os.ErrDeadlineExceeded), "read: i/o timeout: the server does not answer: check that it runs, and that no firewall is between"},
		{fmt.Errorf("%w: %w", nats.ErrTLS, x509.UnknownAuthorityError{}), "tls error: x509: certificate signed by unknown authority: name the CA that signed the server's certificate (--nats-ca)"},
	} {
		if got := explain(tt.err); got != tt.want {
			t.Errorf("explain(%v)\n got %q\nwant %q", tt.err, got, tt.want)
		}
	}
}
