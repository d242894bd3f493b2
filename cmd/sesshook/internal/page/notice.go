package page

import (
	_ "embed"
	"fmt"
	"html/template"
	"net/http"
)

//go:embed notice.html
var noticeHTML string

var noticePage = template.Must(template.New("notice").Parse(noticeHTML))

// Notice answers with a status and a sentence: HTML for a browser, plain text
// for the rest.
func Notice(w http.ResponseWriter, r *http.Request, status int, text string) {
	h := w.Header()
	guard(h)
	if !wantsHTML(r) {
		h.Set("Content-Type", "text/plain; charset=utf-8")
		w.WriteHeader(status)
		_, _ = fmt.Fprintf(w, "%d %s\n%s\n", status, http.StatusText(status), text)
		return
	}
	h.Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_ = noticePage.Execute(w, struct {
		Status      int
		Title, Text string
	}{status, http.StatusText(status), text})
}
