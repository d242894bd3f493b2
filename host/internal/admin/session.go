package admin

import (
	"crypto/tls"
	"encoding/hex"
	"fmt"
	"net/http"
	"time"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/session"
)

// sessionView is what /sessions/ID shows: metadata, never the session.
type sessionView struct {
	ID          string    `json:"id"`
	Created     time.Time `json:"created"` // when the full handshake took place
	Expires     time.Time `json:"expires"`
	TLSVersion  string    `json:"tls_version"`
	CipherSuite string    `json:"cipher_suite"`
	ServerName  string    `json:"server_name"`
	ALPN        string    `json:"alpn"`
	ClientCert  bool      `json:"client_cert"`
	Resumed     bool      `json:"resumed"` // made by a resumed handshake
	Format      string    `json:"format"`
	Home        string    `json:"home"` // node id
	SealedBytes int       `json:"sealed_bytes"`
}

func viewSession(s *session.Session) sessionView {
	v := sessionView{
		ID:          s.ID.Hex(),
		Created:     time.Unix(0, s.Created).UTC(),
		Expires:     time.Unix(0, s.Expires).UTC(),
		ServerName:  s.ServerName,
		ALPN:        s.ALPN,
		ClientCert:  s.ClientCert,
		Resumed:     s.Resumed,
		Format:      s.Format.String(),
		Home:        s.Home.String(),
		SealedBytes: len(s.Sealed),
	}
	if s.Version != 0 {
		v.TLSVersion = tls.VersionName(s.Version)
	}
	if s.CipherSuite != 0 {
		v.CipherSuite = tls.CipherSuiteName(s.CipherSuite)
	}
	return v
}

// parseID reads an id as people and logs write it, in hex of either case.
func parseID(s string) (session.ID, error) {
	b, err := hex.DecodeString(s)
	if err != nil {
		return "", fmt.Errorf("%q is not a session id: write it in hexadecimal digits, two a byte", clip(s))
	}
	if len(b) == 0 || len(b) > abi.MaxID {
		return "", fmt.Errorf("a session id has 1 to %d bytes, this one has %d", abi.MaxID, len(b))
	}
	return session.ID(b), nil
}

// clip keeps what somebody sent from filling the answer.
func clip(s string) string {
	if len(s) > 80 {
		return s[:80] + "…"
	}
	return s
}

// removalView is what DELETE shows where there was no session.
type removalView struct {
	Error  string    `json:"error"`
	Home   string    `json:"home,omitempty"` // node id
	Buried time.Time `json:"buried_until,omitzero"`
}

func viewRemoval(r Removal) removalView {
	if r.Buried.IsZero() {
		return removalView{Error: "no session is cached under this id, and no node of this farm made it"}
	}
	until := r.Buried.UTC().Truncate(time.Second)
	return removalView{
		Error: fmt.Sprintf("no session is cached under this id on this node; none will be accepted here until %s. "+
			"Nodes that hold it still do: ask them too; the one that made it is %s", until.Format(time.RFC3339), r.Home),
		Home: r.Home.String(), Buried: until,
	}
}

func (h *handler) remove(w http.ResponseWriter, r *http.Request) {
	id, err := parseID(r.PathValue("id"))
	if err != nil {
		writeError(w, http.StatusBadRequest, err.Error())
		return
	}
	removed := h.src.Remove(id)
	if removed.Session == nil {
		writeJSON(w, http.StatusNotFound, viewRemoval(removed))
		return
	}
	writeJSON(w, http.StatusOK, viewSession(removed.Session))
}

func (h *handler) session(w http.ResponseWriter, r *http.Request) {
	id, err := parseID(r.PathValue("id"))
	if err != nil {
		writeError(w, http.StatusBadRequest, err.Error())
		return
	}
	s, ok := h.src.Session(id)
	if !ok {
		writeError(w, http.StatusNotFound, "no session is cached under this id")
		return
	}
	writeJSON(w, http.StatusOK, viewSession(&s))
}
