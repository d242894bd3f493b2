//go:build interop

package main

import (
	"bytes"
	"crypto/rand"
	"encoding/asn1"
	"encoding/pem"
	"errors"
)

// badTickets are tickets that no server issued, made of one that a server did.
var badTickets = []struct {
	name string
	of   func(genuine []byte) []byte
}{
	{"random", func(t []byte) []byte { return random(len(t)) }},
	{"of one byte", func(t []byte) []byte { return t[:1] }},
	{"one byte short", func(t []byte) []byte { return t[:len(t)-1] }},
	{"one byte long", func(t []byte) []byte { return append(t, 0) }},
	{"with its first bit altered", func(t []byte) []byte { t[0] ^= 0x80; return t }},
	{"with its last bit altered", func(t []byte) []byte { t[len(t)-1] ^= 1; return t }},
	{"of 4 KB, random", func([]byte) []byte { return random(4 << 10) }},
	{"of 4 KB, genuine at first", func(t []byte) []byte { return append(t, make([]byte, 4<<10-len(t))...) }},
	{"of 48 KB, genuine again and again", func(t []byte) []byte { return bytes.Repeat(t, 48<<10/len(t)) }},
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return b
}

// ticketTag is the place of the ticket in OpenSSL's SSL_SESSION_ASN1.
const ticketTag = 10

// withTicket returns a session as openssl keeps it, in PEM, with another ticket,
// which is made of its own.
func withTicket(session []byte, of func([]byte) []byte) ([]byte, error) {
	block, _ := pem.Decode(session)
	if block == nil {
		return nil, errors.New("not PEM")
	}
	var fields []asn1.RawValue
	if _, err := asn1.Unmarshal(block.Bytes, &fields); err != nil {
		return nil, err
	}
	for i, f := range fields {
		if f.Class != asn1.ClassContextSpecific || f.Tag != ticketTag {
			continue
		}
		var ticket []byte
		if _, err := asn1.Unmarshal(f.Bytes, &ticket); err != nil {
			return nil, err
		}
		inner, err := asn1.Marshal(of(ticket))
		if err != nil {
			return nil, err
		}
		fields[i] = asn1.RawValue{Class: f.Class, Tag: f.Tag, IsCompound: true, Bytes: inner}
		der, err := asn1.Marshal(fields)
		return pem.EncodeToMemory(&pem.Block{Type: block.Type, Bytes: der}), err
	}
	return nil, errors.New("the session has no ticket")
}
