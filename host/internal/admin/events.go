package admin

import (
	"errors"
	"net/http"
	"time"
)

// ErrBusy is returned by Source.Events when as many listen already as may.
var ErrBusy = errors.New("too many recordings are under way: end another one first")

// eventsPatience is how long a listener may take to take what was written for
// it.
const eventsPatience = 10 * time.Second

// events streams what happens, for as long as the client listens. A page of
// another site could not read it, but hold a place, and so it may not ask.
func (h *handler) events(w http.ResponseWriter, r *http.Request) {
	if crossSite(r) {
		writeError(w, http.StatusForbidden, "another site may not ask for this")
		return
	}
	w.Header().Set("Content-Type", "application/jsonl")
	if r.Method == http.MethodHead {
		return
	}
	conn := http.NewResponseController(w)
	// The server's limits are for answers that have an end. (Where there is no
	// connection, in tests, there are none to lift.)
	_ = conn.SetReadDeadline(time.Time{})
	err := h.src.Events(r.Context(), func(lines []byte) error {
		_ = conn.SetWriteDeadline(time.Now().Add(eventsPatience))
		if _, err := w.Write(lines); err != nil {
			return err
		}
		return conn.Flush()
	})
	if errors.Is(err, ErrBusy) {
		writeError(w, http.StatusServiceUnavailable, err.Error())
	}
}

// crossSite reports whether a browser asks on behalf of another site. The
// standard library looks at requests that change something only, so this one
// pretends to.
func crossSite(r *http.Request) bool {
	changing := *r
	changing.Method = http.MethodPost
	return http.NewCrossOriginProtection().Check(&changing) != nil
}
