package admin

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

type handler struct{ src Source }

// Handler returns the handler of the admin endpoint. It answers GET and HEAD on
//
//	/              an index of these, for a browser
//	/healthz       200 as long as the process lives
//	/readyz        200, or 503 with the reasons; a second line tells of the farm
//	/metrics       Prometheus
//	/plugins       JSON array of Plugin
//	/farm          JSON of Farm, 404 where the node is in none
//	/sessions/ID   JSON metadata of one session, by its id in hex
//	/events        what happens, a line of JSON each, until the client has enough
//
// and on
//
//	POST /plugins/NAME/enable   ends the plugin's quarantine
//	DELETE /sessions/ID         removes a session, and shows its metadata
//
// which browsers may send from no other site; with 405 for other methods and 404 for other paths.
//
// A node whose farm is out of reach is ready all the same: it serves TLS, and
// to take all nodes out of a balancer because a broker is away helps nobody.
func Handler(src Source) http.Handler {
	h := &handler{src}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", h.index)
	mux.HandleFunc("GET /healthz", h.health)
	mux.HandleFunc("GET /readyz", h.ready)
	mux.Handle("GET /metrics", metricsHandler(src))
	mux.HandleFunc("GET /plugins", h.plugins)
	mux.HandleFunc("GET /farm", h.farm)
	mux.HandleFunc("GET /sessions/{id...}", h.session)
	mux.HandleFunc("GET /events", h.events)
	mux.HandleFunc("DELETE /sessions/{id...}", h.remove)
	mux.HandleFunc("POST /plugins/{name}/enable", h.enable)
	return guard(http.NewCrossOriginProtection().Handler(mux))
}

// guard sets what every answer has: it is nobody else's to frame, to sniff or
// to keep.
func guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		head := w.Header()
		head.Set("Cache-Control", "no-store")
		head.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
		head.Set("X-Content-Type-Options", "nosniff")
		next.ServeHTTP(w, r)
	})
}

func metricsHandler(src Source) http.Handler {
	reg := prometheus.NewRegistry()
	reg.MustRegister(
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		&collector{src},
	)
	// A metric that can't be shown is left out rather than taking the others
	// with it: metrics are wanted most when something is wrong.
	return promhttp.HandlerFor(reg, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError, EnableOpenMetrics: true})
}

func (h *handler) health(w http.ResponseWriter, _ *http.Request) { writeText(w, http.StatusOK, "ok") }

func (h *handler) ready(w http.ResponseWriter, _ *http.Request) {
	farm := ""
	if f := h.src.Farm(); f != nil {
		farm = "\n" + f.line()
	}
	if err := h.src.Ready(); err != nil {
		writeText(w, http.StatusServiceUnavailable, "not ready: "+strings.ReplaceAll(err.Error(), "\n", "\nnot ready: ")+farm)
		return
	}
	writeText(w, http.StatusOK, "ready"+farm)
}

func (h *handler) plugins(w http.ResponseWriter, _ *http.Request) {
	all := append([]Plugin{}, h.src.Plugins()...)
	for i := range all {
		// An empty list is [] in JSON, also where the source had nil.
		all[i].Hooks = append([]string{}, all[i].Hooks...)
		all[i].Grants = append([]string{}, all[i].Grants...)
	}
	writeJSON(w, http.StatusOK, all)
}

func (h *handler) enable(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	found, err := h.src.Enable(r.Context(), name)
	switch {
	case err != nil:
		writeError(w, http.StatusInternalServerError, err.Error())
	case !found:
		writeError(w, http.StatusNotFound, fmt.Sprintf("no plugin %q; GET /plugins lists them", name))
	default:
		writeJSON(w, http.StatusOK, struct {
			Enabled string `json:"enabled"`
		}{name})
	}
}

func writeText(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text+"\n") // a client that went away is not our concern
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false) // never shown as HTML, and easier to read
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		writeText(w, http.StatusInternalServerError, fmt.Sprintf("can't encode the answer: %v", err))
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes())
}

func writeError(w http.ResponseWriter, status int, message string) {
	writeJSON(w, status, struct {
		Error string `json:"error"`
	}{message})
}
