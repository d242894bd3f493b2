package tlsbind

import (
	"bytes"
	"crypto/tls"
	"encoding/binary"

	"github.com/sesshook/sesshook/host/internal/session"
)

// parentPrefix begins the entry of SessionState.Extra that names the parent,
// before 8 bytes of little-endian time and the id; its last byte is the
// version. Other layers (QUIC) have entries of their own there. It is short
// because every resumed session in the cache carries it.
const parentPrefix = "sesshook\x01"

func encodeParent(p parent) []byte {
	b := make([]byte, 0, len(parentPrefix)+8+len(p.id))
	b = append(b, parentPrefix...)
	b = binary.LittleEndian.AppendUint64(b, uint64(p.created))
	return append(b, p.id...)
}

// Parent returns the id of the session that the connection of state was
// resumed from, and when the full handshake took place that both go back to,
// in ns since the Unix epoch; false where it was not resumed.
func Parent(state *tls.SessionState) (id session.ID, created int64, ok bool) {
	for _, entry := range state.Extra {
		if rest, found := bytes.CutPrefix(entry, []byte(parentPrefix)); found && len(rest) > 8 {
			return session.ID(rest[8:]), int64(binary.LittleEndian.Uint64(rest)), true
		}
	}
	return "", 0, false
}
