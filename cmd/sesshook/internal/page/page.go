// Package page is what sesshook serve itself says to a client: the built-in page
// about its connection, where there is no upstream, and notices of an upstream
// that failed. Pages are self-contained, without scripts.
//
// They are shown to anybody who connects, and hold no secrets: a session's id
// travels in clear in TLS anyway, and is of no use without the secret that
// belongs to it. Everything is safe for concurrent use.
package page

import (
	"bytes"
	"crypto/tls"
	_ "embed"
	"encoding/json"
	"html/template"
	"maps"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/sesshook/sesshook/host"
)

// A Host tells what the page shows. A *host.Host is one.
type Host interface {
	Status() host.Status
	ConnInfo(conn net.Conn) (host.ConnInfo, bool)
}

// View is the page's content, as it is shown in JSON.
type View struct {
	Node        string              `json:"node"`
	NodeID      string              `json:"node_id"`
	Resumed     bool                `json:"resumed"`
	TLSVersion  string              `json:"tls_version"`
	CipherSuite string              `json:"cipher_suite"`
	ServerName  string              `json:"server_name"`
	ALPN        string              `json:"alpn"`
	SessionID   string              `json:"session_id"`   // made on this connection, to come back with; hex
	ResumedFrom string              `json:"resumed_from"` // that the client came with; hex, empty if not resumed
	Cache       host.CacheStatus    `json:"cache"`
	Plugins     []host.PluginStatus `json:"plugins"`
}

// New returns the built-in page. It answers every path: HTML for a browser, JSON
// for the rest. conn returns the connection of a request, as the host's listener
// accepted it.
//
// Each answer ends its connection, so that loading the page again makes a new
// handshake, which is what it is there to show.
func New(h Host, conn func(*http.Request) net.Conn) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		head := w.Header()
		head.Set("Connection", "close")
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			head.Set("Allow", "GET, HEAD")
			Notice(w, r, http.StatusMethodNotAllowed, "This page can only be read. Start sesshook with --upstream to have requests answered by a service.")
			return
		}
		guard(head)
		head.Set("Vary", "Accept")
		answer(w, r, view(h, conn(r), r.TLS))
	})
}

func view(h Host, conn net.Conn, state *tls.ConnectionState) View {
	st := h.Status()
	v := View{Node: st.Node, NodeID: st.NodeID, Cache: st.Cache, Plugins: st.Plugins}
	if v.Plugins == nil {
		v.Plugins = []host.PluginStatus{}
	}
	if state != nil {
		v.Resumed = state.DidResume
		v.TLSVersion = tls.VersionName(state.Version)
		v.CipherSuite = tls.CipherSuiteName(state.CipherSuite)
		v.ServerName, v.ALPN = state.ServerName, state.NegotiatedProtocol
	}
	if info, ok := h.ConnInfo(conn); ok {
		v.SessionID, v.ResumedFrom = info.SessionID, info.ResumedFrom
	}
	return v
}

func answer(w http.ResponseWriter, r *http.Request, v View) {
	var b bytes.Buffer
	kind, err := "application/json", error(nil)
	if wantsHTML(r) {
		kind, err = "text/html; charset=utf-8", viewPage.Execute(&b, v)
	} else {
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		err = enc.Encode(v)
	}
	if err != nil {
		Notice(w, r, http.StatusInternalServerError, "The page can't be shown: "+err.Error())
		return
	}
	w.Header().Set("Content-Type", kind)
	_, _ = w.Write(b.Bytes()) // a client that left is not our concern
}

//go:embed page.html
var viewHTML string

var viewPage = template.Must(template.New("page").Funcs(template.FuncMap{
	"number": number,
	"bytes":  byteCount,
	"names":  func(m map[string]int64) []string { return slices.Sorted(maps.Keys(m)) },
	"halves": func(s string) [2]string { return [2]string{s[:len(s)/2], s[len(s)/2:]} },
	"hook":   func(s string) string { return hookWords.Replace(strings.TrimPrefix(s, "on_")) },
}).Parse(viewHTML))

// hookWords makes words of the name of a hook.
var hookWords = strings.NewReplacer("session_", "", "_", " ")

// number writes 1234567 as 1,234,567, for people.
func number(n any) string {
	var s string
	switch n := n.(type) {
	case int:
		s = strconv.Itoa(n)
	case int64:
		s = strconv.FormatInt(n, 10)
	case uint64:
		s = strconv.FormatUint(n, 10)
	}
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign, s = "-", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return sign + s
}

// byteCount writes a number of bytes in the unit that suits it.
func byteCount(n int64) string {
	const step = 1024
	v, units := float64(n), []string{"B", "KiB", "MiB", "GiB", "TiB"}
	for v >= step && len(units) > 1 {
		v, units = v/step, units[1:]
	}
	digits := 1
	if units[0] == "B" || v >= 100 {
		digits = 0
	}
	return strconv.FormatFloat(v, 'f', digits, 64) + " " + units[0]
}
