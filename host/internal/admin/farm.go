package admin

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Farm is how the node is doing within its farm, as /farm shows it. Counters
// rise from the start of the process.
type Farm struct {
	Name   string    `json:"name"`
	Up     bool      `json:"up"`               // whether the broker is reached
	Since  time.Time `json:"since,omitzero"`   // it is, or is not
	Server string    `json:"server,omitempty"` // that it is reached by
	Error  string    `json:"error,omitempty"`  // why it is not reached
	Downs  uint64    `json:"downs"`            // how often that began
	Peers  []Peer    `json:"peers"`            // the other nodes that were heard lately

	Sent     Traffic           `json:"sent"`
	Received Traffic           `json:"received"`
	Waiting  int               `json:"waiting_bytes"` // of messages that are about to be sent
	Unsent   uint64            `json:"unsent"`        // messages that were given up before they were sent
	Lost     uint64            `json:"lost"`          // messages that others sent and that did not arrive
	Refused  map[string]uint64 `json:"refused"`       // what came and was not taken, by reason; all reasons are there
	Requests map[string]uint64 `json:"requests"`      // this node's own, by result; all results are there
	Served   uint64            `json:"served"`        // replies to requests of others
}

// A Peer is another node of the farm.
type Peer struct {
	Node  string    `json:"node"`  // node id
	Heard time.Time `json:"heard"` // last
}

// Traffic is what was sent or received.
type Traffic struct {
	Messages uint64 `json:"messages"`
	Bytes    uint64 `json:"bytes"` // of everything, as the broker carries it
}

// line says in a line how the farm is doing, for people.
func (f *Farm) line() string {
	if f.Up {
		return oneLine(fmt.Sprintf("farm: %s, %s, by %s", f.Name, f.others(), f.Server))
	}
	return oneLine(fmt.Sprintf("farm: %s, not reached since %s: %s", f.Name, f.Since.UTC().Format(time.RFC3339), f.Error))
}

func (f *Farm) others() string {
	if len(f.Peers) == 1 {
		return "1 other node"
	}
	return fmt.Sprintf("%d other nodes", len(f.Peers))
}

func oneLine(s string) string { return strings.ReplaceAll(s, "\n", "; ") }

func (h *handler) farm(w http.ResponseWriter, _ *http.Request) {
	f := h.src.Farm()
	if f == nil {
		writeError(w, http.StatusNotFound, "this node is in no farm: sesshook serve --nats or --nats-embedded puts it into one")
		return
	}
	shown := *f
	shown.Peers = append([]Peer{}, f.Peers...) // an empty list is [] in JSON
	writeJSON(w, http.StatusOK, shown)
}
