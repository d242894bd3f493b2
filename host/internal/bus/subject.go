package bus

import (
	"strings"

	"github.com/sesshook/sesshook/host/internal/session"
)

// What a farm uses of the NATS that it may share with others: everything below
// "sesshook.v1.FARM.", and inboxes. The version is that of the frames.
const subjectRoot = "sesshook.v1."

const maxName = 64

// validName reports whether s can be the name of a farm.
func validName(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 'A' && c <= 'Z', c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '_', c == '-':
		default:
			return false
		}
	}
	return len(s) >= 1 && len(s) <= maxName
}

// token makes one token of a topic, which may have dots. No topic has a slash,
// so two topics never share a token.
func token(topic string) string { return strings.ReplaceAll(topic, ".", "/") }

func controlSubject(farm string) string { return subjectRoot + farm + ".c" }

func messageSubject(farm, topic string) string { return subjectRoot + farm + ".m." + token(topic) }

// requestSubject is that of requests to one node, and with a zero to, to any.
func requestSubject(farm, topic string, to session.Node) string {
	if to == (session.Node{}) {
		return subjectRoot + farm + ".r." + token(topic)
	}
	return subjectRoot + farm + ".n." + to.String() + "." + token(topic)
}
