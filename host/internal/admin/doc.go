// Package admin is the HTTP handler of the admin endpoint: health, readiness,
// Prometheus metrics, the plugins, the farm and single sessions as JSON, and an
// index page. It shows what a Source tells, and has it remove a session or
// enable a plugin again where it is asked to by more than a GET.
//
// It never sees a sealed session's content, nor a key: of a session it shows
// metadata only, and in /events the sealed bytes, which are of use to nobody
// without the farm keys. It authenticates nobody, so the address that it is served on
// decides who may look; by default that is the loopback interface.
//
// Everything is computed when it is asked for: the counters live where they are
// counted, and become metrics at scrape time. So there is nothing of Prometheus
// on the path of a handshake or an event. A Handler may be used concurrently;
// so must its Source.
package admin
