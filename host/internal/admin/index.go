package admin

import (
	"bytes"
	_ "embed"
	"html/template"
	"net/http"
)

//go:embed index.html
var indexHTML string

var indexPage = template.Must(template.New("index").Parse(indexHTML))

func (h *handler) index(w http.ResponseWriter, _ *http.Request) {
	stats := h.src.Stats()
	ready := ""
	if err := h.src.Ready(); err != nil {
		ready = err.Error()
	}
	var b bytes.Buffer
	err := indexPage.Execute(&b, struct {
		NotReady string
		Cache    CacheStats
		TLS      TLSStats
		Farm     *Farm
		Plugins  []Plugin
	}{ready, stats.Cache, stats.TLS, h.src.Farm(), h.src.Plugins()})
	if err != nil {
		writeText(w, http.StatusInternalServerError, "can't show the index: "+err.Error())
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write(b.Bytes())
}
