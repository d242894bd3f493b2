package tlsbind

import (
	"bytes"
	"crypto"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/tls"
	"encoding/binary"
	"io"
	"net"
	"testing"

	"golang.org/x/crypto/cryptobyte"

	"github.com/sesshook/sesshook/host/internal/session"
)

// recorder keeps what is written to a connection.
type recorder struct {
	net.Conn
	written bytes.Buffer
}

func (r *recorder) Write(b []byte) (int, error) {
	r.written.Write(b)
	return r.Conn.Write(b)
}

// record returns the record of a resuming client's hello, as somebody on the
// wire sees it. The connection itself comes to nothing.
func (s *site) record(t *testing.T, client *tls.Config) []byte {
	t.Helper()
	held := client.ClientSessionCache.(*tickets).freeze() // a failure would drop it
	defer held.thaw()
	near, far := bufferedPipe()
	r := &recorder{Conn: near}
	done := make(chan error, 1)
	go func() { done <- tls.Client(r, client).Handshake() }()
	if _, err := io.ReadAtLeast(far, make([]byte, 1<<16), 5); err != nil {
		t.Fatal(err)
	}
	far.Close()
	<-done
	return r.written.Bytes()
}

// send sends hello to the server, waits for its answer, sends more, and goes.
// It returns what the server saw.
func (s *site) send(hello []byte, more ...[]byte) served {
	server := make(chan served, 1)
	go func() { server <- s.serveOne() }()
	raw := s.pipes.dial()
	raw.Write(hello)
	io.ReadAtLeast(raw, make([]byte, 1<<16), 5)
	drained := make(chan struct{})
	go func() { defer close(drained); io.Copy(io.Discard, raw) }()
	for _, b := range more {
		raw.Write(b)
	}
	raw.Close()
	<-drained
	return <-server
}

// offer rewrites the record of a TLS 1.3 client's hello so that it presents
// ids in their order, with a right binder for each of secrets (nil: a wrong
// one). It is what RFC 8446 section 4.2.11 describes.
func offer(t *testing.T, hello []byte, hash crypto.Hash, ids [][]byte, secrets [][]byte) []byte {
	t.Helper()
	const pre = 41
	before, extensions := splitHello(t, hello)
	var out cryptobyte.Builder
	var kept []byte
	for len(extensions) > 0 {
		typ, n := binary.BigEndian.Uint16(extensions), 4+int(binary.BigEndian.Uint16(extensions[2:]))
		if typ != pre {
			kept = append(kept, extensions[:n]...)
		}
		extensions = extensions[n:]
	}
	binders := make([][]byte, len(ids))
	build := func() []byte {
		out = cryptobyte.Builder{}
		out.AddUint8(1)
		out.AddUint24LengthPrefixed(func(b *cryptobyte.Builder) {
			b.AddBytes(before)
			b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) {
				b.AddBytes(kept)
				b.AddUint16(pre)
				b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) {
					b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) {
						for _, id := range ids {
							b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(id) })
							b.AddUint32(0)
						}
					})
					b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) {
						for i := range binders {
							b.AddUint8LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(binders[i]) })
						}
					})
				})
			})
		})
		return out.BytesOrPanic()
	}
	for i := range binders {
		binders[i] = make([]byte, hash.Size())
	}
	truncated := build()
	truncated = truncated[:len(truncated)-2-len(ids)*(1+hash.Size())]
	for i, secret := range secrets {
		if secret != nil {
			binders[i] = binder(hash, secret, truncated)
		}
	}
	msg := build()
	record := []byte{22, 3, 1, byte(len(msg) >> 8), byte(len(msg))}
	return append(record, msg...)
}

// splitHello returns what stands in a ClientHello between its header and its
// extensions, and the extensions.
func splitHello(t *testing.T, hello []byte) (before, extensions []byte) {
	t.Helper()
	body := cryptobyte.String(hello[5+4:])
	all := []byte(body)
	var sid, suites, compression, ext cryptobyte.String
	if !body.Skip(2+32) || !body.ReadUint8LengthPrefixed(&sid) || !body.ReadUint16LengthPrefixed(&suites) ||
		!body.ReadUint8LengthPrefixed(&compression) {
		t.Fatal("not a hello")
	}
	before = all[:len(all)-len(body)]
	if !body.ReadUint16LengthPrefixed(&ext) {
		t.Fatal("a hello without extensions")
	}
	return before, ext
}

func binder(hash crypto.Hash, secret, truncated []byte) []byte {
	sum := func(b []byte) []byte { h := hash.New(); h.Write(b); return h.Sum(nil) }
	expand := func(secret []byte, label string, context []byte) []byte {
		var info cryptobyte.Builder
		info.AddUint16(uint16(hash.Size()))
		info.AddUint8LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes([]byte("tls13 " + label)) })
		info.AddUint8LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(context) })
		return must(hkdf.Expand(hash.New, secret, string(info.BytesOrPanic()), hash.Size()))
	}
	early := must(hkdf.Extract(hash.New, secret, make([]byte, hash.Size())))
	finished := expand(expand(early, "res binder", sum(nil)), "finished", nil)
	mac := hmac.New(hash.New, finished)
	mac.Write(sum(truncated))
	return mac.Sum(nil)
}

// secret returns the key of a stored session.
func (f *farm) secret(t *testing.T, s *session.Session) []byte {
	t.Helper()
	_, data, err := f.keys.Open(s.ID, s.Sealed)
	if err != nil {
		t.Fatal(err)
	}
	in := cryptobyte.String(data)
	var secret cryptobyte.String
	if !in.Skip(2+1+2+8) || !in.ReadUint8LengthPrefixed(&secret) {
		t.Fatal("no session of crypto/tls")
	}
	return secret
}

func hashOf(suite uint16) crypto.Hash {
	if usesSHA384(suite) {
		return crypto.SHA384
	}
	return crypto.SHA256
}

// parentOf returns the parent of a stored session.
func (f *farm) parentOf(t *testing.T, s *session.Session) (session.ID, bool) {
	t.Helper()
	_, data, err := f.keys.Open(s.ID, s.Sealed)
	if err != nil {
		t.Fatal(err)
	}
	state, err := tls.ParseSessionState(data)
	if err != nil {
		t.Fatal(err)
	}
	id, _, ok := Parent(state)
	return id, ok
}
