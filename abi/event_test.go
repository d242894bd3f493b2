package abi

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"
	"testing"
)

// exampleEvent is the record that SPEC.md shows.
func exampleEvent() Event {
	id := make([]byte, 32)
	for i := range id {
		id[i] = byte(0xa0 + i)
	}
	return Event{
		Kind: Insert, Origin: FromClient, Flags: ClientCert,
		Seq: 7, Time: 1795386671123456789, Created: 1795386671123450000, Expires: 1795473071123450000,
		SessionLen: 1187, Version: 0x0304, CipherSuite: 0x1301, Format: GoTLS,
		ID: string(id), ServerName: "example.org", ALPN: "h2", Node: "3f2a9c01d4e5",
	}
}

func messageEvent() Event {
	return Event{
		Kind: Message, Origin: FromPlugin, Flags: Request, Seq: 1<<64 - 1, Time: -1,
		Node: "0123456789ab", Topic: "sessions", Key: "k", Data: strings.Repeat("data", 100),
	}
}

// events are records of every shape.
func events() map[string]Event {
	return map[string]Event{
		"an insert":          exampleEvent(),
		"a message":          messageEvent(),
		"nothing but zeroes": {},
		"the longest id":     {Kind: Miss, ID: strings.Repeat("i", MaxID), Node: "0123456789ab"},
		"every part": {
			Kind: 200, Origin: 201, Reason: 202, Flags: 0xff &^ Truncated, Seq: 1, Time: 2, Created: 3, Expires: 4,
			SessionLen: 1<<32 - 1, Version: 0xffff, CipherSuite: 0xfffe, Format: 0xfffd,
			ID: "i", ServerName: "sn", ALPN: "alp", Node: "node", Topic: "topic", Key: "keykey", Data: "datadat",
		},
	}
}

func encode(t testing.TB, e *Event) []byte {
	t.Helper()
	buf := make([]byte, e.Size())
	if n := e.Encode(buf); n != len(buf) {
		t.Fatalf("Encode wrote %d bytes of %d", n, len(buf))
	}
	return buf
}

// decode is the way back from a record to an event.
func decode(r *Record) Event {
	return Event{
		Kind: r.Kind(), Origin: r.Origin(), Reason: r.Reason(), Flags: r.Flags(),
		Seq: r.Seq(), Time: r.Time(), Created: r.Created(), Expires: r.Expires(),
		SessionLen: r.SessionLen(), Version: r.Version(), CipherSuite: r.CipherSuite(), Format: r.Format(),
		ID: string(r.ID()), ServerName: string(r.ServerName()), ALPN: string(r.ALPN()), Node: string(r.Node()),
		Topic: string(r.Topic()), Key: string(r.Key()), Data: string(r.Data()),
	}
}

func TestRecordRoundTrip(t *testing.T) {
	for name, e := range events() {
		t.Run(name, func(t *testing.T) {
			r, err := ParseRecord(encode(t, &e))
			if err != nil {
				t.Fatal(err)
			}
			if got := decode(&r); got != e {
				t.Errorf("came back as %+v, went as %+v", got, e)
			}
		})
	}
}

func TestEncodeTruncatesAtEveryLength(t *testing.T) {
	for name, e := range events() {
		t.Run(name, func(t *testing.T) {
			whole := encode(t, &e)
			want := bytes.Clone(whole)
			want[5] |= byte(Truncated)
			for n := HeaderSize; n < len(whole); n++ {
				buf := bytes.Repeat([]byte{0xee}, n+1)
				if got := e.Encode(buf[:n:n]); got != n || !bytes.Equal(buf[:n], want[:n]) || buf[n] != 0xee {
					t.Fatalf("in %d bytes: wrote %d, %x", n, got, buf)
				}
			}
		})
	}
}

func TestEncodeLeavesTheRestOfTheBuffer(t *testing.T) {
	e := exampleEvent()
	buf := bytes.Repeat([]byte{0xee}, e.Size()+8)
	n := e.Encode(buf)
	if n != e.Size() || !bytes.Equal(buf[n:], bytes.Repeat([]byte{0xee}, 8)) {
		t.Errorf("wrote %d bytes of %d, then %x", n, e.Size(), buf[n:])
	}
	if Flags(buf[5])&Truncated != 0 {
		t.Error("TRUNCATED on a record that fits")
	}
}

func TestEncodeIgnoresItsCallersTruncated(t *testing.T) {
	e := exampleEvent()
	e.Flags |= Truncated
	if buf := encode(t, &e); Flags(buf[5])&Truncated != 0 {
		t.Error("TRUNCATED on a record that fits")
	}
}

func TestEncodeCutsPartsThatTheHeaderCannotDescribe(t *testing.T) {
	long := strings.Repeat("x", 0x10000)
	e := Event{ID: long, ServerName: long, ALPN: long, Node: long, Topic: long, Key: long, Data: long}
	if want := HeaderSize + 6*0xffff + 0x10000; e.Size() != want {
		t.Fatalf("Size is %d, want %d", e.Size(), want)
	}
	r, err := ParseRecord(encode(t, &e))
	if err != nil {
		t.Fatal(err)
	}
	if len(r.ID()) != 0xffff || len(r.Key()) != 0xffff || string(r.Data()) != long {
		t.Errorf("id %d, key %d, data %d bytes", len(r.ID()), len(r.Key()), len(r.Data()))
	}
}

func TestReadAtIsASliceOfTheRecord(t *testing.T) {
	for name, e := range events() {
		t.Run(name, func(t *testing.T) {
			whole := encode(t, &e)
			for _, room := range []int{0, 1, 7, 64, 100, len(whole), len(whole) + 3} {
				for offset := 0; offset <= len(whole)+2; offset++ {
					checkReadAt(t, &e, whole, offset, room)
				}
			}
		})
	}
}

func checkReadAt(t *testing.T, e *Event, whole []byte, offset, room int) {
	t.Helper()
	rest := whole[min(offset, len(whole)):]
	want := bytes.Repeat([]byte{0xee}, room)
	copy(want, rest)
	got := bytes.Repeat([]byte{0xee}, room)
	if n := e.ReadAt(got, uint32(offset)); n != len(rest) || !bytes.Equal(got, want) {
		t.Fatalf("ReadAt(%d bytes, %d) is %d, %x; want %d, %x", room, offset, n, got, len(rest), want)
	}
}

func TestReadAtFarBeyondTheEnd(t *testing.T) {
	e := exampleEvent()
	if n := e.ReadAt(make([]byte, 8), 1<<32-1); n != 0 {
		t.Errorf("%d bytes at the end of the address space", n)
	}
}

func TestReadAtNeverSaysTruncated(t *testing.T) {
	e := exampleEvent()
	e.Flags |= Truncated
	var head [HeaderSize]byte
	e.ReadAt(head[:], 0)
	if Flags(head[5])&Truncated != 0 {
		t.Error("TRUNCATED in a record that is read whole")
	}
}

func TestParseRecordRefusesEveryShorterRecord(t *testing.T) {
	for name, e := range events() {
		t.Run(name, func(t *testing.T) {
			whole := encode(t, &e)
			for n := range whole {
				if _, err := ParseRecord(whole[:n]); !errors.Is(err, ErrShortRecord) {
					t.Fatalf("%d bytes of %d: %v", n, len(whole), err)
				}
			}
		})
	}
}

func TestParseRecordSkipsALongerHeader(t *testing.T) {
	e := exampleEvent()
	whole := encode(t, &e)
	for _, extra := range []int{1, 8, 192} {
		longer := append(bytes.Clone(whole[:HeaderSize]), bytes.Repeat([]byte{0xee}, extra)...)
		longer = append(longer, whole[HeaderSize:]...)
		binary.LittleEndian.PutUint16(longer, uint16(HeaderSize+extra))
		r, err := ParseRecord(longer)
		if err != nil {
			t.Fatal(err)
		}
		if got := decode(&r); got != e {
			t.Errorf("with %d bytes more in the header: %+v", extra, got)
		}
	}
}

func TestParseRecordTakesWhatFollowsTheRecord(t *testing.T) {
	e := messageEvent()
	r, err := ParseRecord(append(encode(t, &e), "more"...))
	if err != nil {
		t.Fatal(err)
	}
	if data := r.Data(); string(data) != e.Data || cap(data) != len(data) {
		t.Errorf("data of %d bytes with room for %d", len(data), cap(data))
	}
}

func TestParseRecordRefusesLyingHeaders(t *testing.T) {
	e := exampleEvent()
	tests := map[string]struct {
		lie  func(b []byte)
		want error
	}{
		"header of 0 bytes":     {func(b []byte) { binary.LittleEndian.PutUint16(b, 0) }, ErrBadHeader},
		"header of 63 bytes":    {func(b []byte) { binary.LittleEndian.PutUint16(b, 63) }, ErrBadHeader},
		"header of 65535 bytes": {func(b []byte) { binary.LittleEndian.PutUint16(b, 0xffff) }, ErrShortRecord},
		"id of 65535 bytes":     {func(b []byte) { binary.LittleEndian.PutUint16(b[6:], 0xffff) }, ErrShortRecord},
		"data of 4 GiB":         {func(b []byte) { binary.LittleEndian.PutUint32(b[60:], 1<<32-1) }, ErrShortRecord},
		"every length at its top": {func(b []byte) {
			copy(b[6:8], "\xff\xff")
			copy(b[48:58], strings.Repeat("\xff", 10))
			copy(b[60:64], "\xff\xff\xff\xff")
		}, ErrShortRecord},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			b := encode(t, &e)
			tt.lie(b)
			if _, err := ParseRecord(b); !errors.Is(err, tt.want) {
				t.Errorf("%v, want %v", err, tt.want)
			}
		})
	}
}

func TestCodecDoesNotAllocate(t *testing.T) {
	e := messageEvent()
	buf := make([]byte, e.Size())
	tests := map[string]func(){
		"Size":      func() { _ = e.Size() },
		"Encode":    func() { e.Encode(buf) },
		"truncated": func() { e.Encode(buf[:HeaderSize+1]) },
		"ReadAt":    func() { e.ReadAt(buf, 70) },
		"ParseRecord": func() {
			r, err := ParseRecord(buf)
			if err != nil || r.Kind() == 0 {
				t.Error(err)
			}
		},
	}
	for _, name := range []string{"Size", "truncated", "Encode", "ParseRecord", "ReadAt"} {
		if n := testing.AllocsPerRun(100, tests[name]); n != 0 {
			t.Errorf("%s allocates %g times", name, n)
		}
	}
}

func FuzzParseRecord(f *testing.F) {
	for _, e := range events() {
		whole := encode(f, &e)
		f.Add(whole)
		f.Add(whole[:len(whole)/2])
		cut := bytes.Clone(whole[:HeaderSize])
		binary.LittleEndian.PutUint16(cut, 72)
		f.Add(cut)
	}
	f.Add([]byte{})
	f.Add(bytes.Repeat([]byte{0xff}, HeaderSize))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := ParseRecord(b)
		if err != nil {
			return
		}
		e := decode(&r)
		again, err := ParseRecord(encode(t, &e))
		if err != nil {
			t.Fatal(err)
		}
		e.Flags &^= Truncated // Encode decides
		if got := decode(&again); got != e {
			t.Errorf("came back as %+v, went as %+v", got, e)
		}
	})
}

func BenchmarkEncode(b *testing.B) {
	e := exampleEvent()
	buf := make([]byte, MinEventBuffer)
	b.ReportAllocs()
	for b.Loop() {
		e.Encode(buf)
	}
}

func BenchmarkParseRecord(b *testing.B) {
	e := exampleEvent()
	whole := encode(b, &e)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseRecord(whole); err != nil {
			b.Fatal(err)
		}
	}
}
