package host

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/session"
)

// A load makes every kind of event happen on a host, at a steady pace: clients
// that resume, in TLS 1.2 and 1.3; clients that come from a sibling, a host
// with the same farm keys, with sessions that are not here; an operator who
// removes sessions.
type load struct {
	host, sibling *rig
	stop          chan struct{}
	wg            sync.WaitGroup
	phase         atomic.Pointer[string] // what goes on meanwhile, for messages

	mu       sync.Mutex
	failures []string
	took     []time.Duration // of handshakes
	resumed  int
}

// pace is the time from one visit of a client to the next, at least.
const pace = 3 * time.Millisecond

func newLoad(host, sibling *rig) *load {
	l := &load{host: host, sibling: sibling}
	l.during("nothing")
	return l
}

func (l *load) during(phase string) { l.phase.Store(&phase) }

func (l *load) start() {
	l.stop = make(chan struct{})
	for _, version := range versions {
		cfg := client(version)
		l.repeat(func() { l.visit(l.host, cfg) })
	}
	wanderers := []*tls.Config{client(tls.VersionTLS12), client(tls.VersionTLS13)}
	turn := 0
	l.repeat(func() {
		cfg := wanderers[turn%2]
		turn++
		l.visit(l.sibling, cfg)
		l.visit(l.host, cfg)
	})
	l.repeat(func() {
		if l.host.host.cache.Len() < stageSessions/2 {
			return // leave clients something to resume
		}
		for s := range l.host.host.cache.All() {
			_ = l.host.host.cache.Remove(s.ID, abi.Explicit, session.Source{Origin: abi.FromAdmin}) // a plugin may have been faster
			return
		}
	})
}

// repeat does something at the load's pace until end.
func (l *load) repeat(do func()) {
	l.wg.Go(func() {
		ticker := time.NewTicker(pace)
		defer ticker.Stop()
		for {
			select {
			case <-l.stop:
				return
			case <-ticker.C:
				do()
			}
		}
	})
}

// end stops the load and waits for its end.
func (l *load) end() {
	close(l.stop)
	l.wg.Wait()
}

// visit makes one connection and one exchange. Whatever plugins do, it has to
// succeed, within a time in which nobody would have given up.
func (l *load) visit(r *rig, cfg *tls.Config) {
	began := time.Now()
	resumed, err := visitWithin(r.addr, cfg, 10*time.Second)
	took := time.Since(began)
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil {
		l.failures = append(l.failures, fmt.Sprintf("%s: after %v: %v", *l.phase.Load(), took, err))
		return
	}
	if r == l.host {
		l.took = append(l.took, took)
		if resumed {
			l.resumed++
		}
	}
}

// visitWithin is visit with an end.
func visitWithin(addr string, cfg *tls.Config, limit time.Duration) (resumed bool, err error) {
	tcp, err := net.DialTimeout("tcp", addr, limit)
	if err != nil {
		return false, err
	}
	defer tcp.Close()
	if err := tcp.SetDeadline(time.Now().Add(limit)); err != nil {
		return false, err
	}
	conn := tls.Client(tcp, cfg)
	b := [1]byte{'x'}
	if _, err := conn.Write(b[:]); err != nil {
		return false, err
	}
	if _, err := io.ReadFull(conn, b[:]); err != nil {
		return false, err
	}
	if _, err := conn.Read(b[:]); !errors.Is(err, io.EOF) {
		return false, err
	}
	return conn.ConnectionState().DidResume, nil
}

// since returns the slowest handshake since the last call, and how many there
// were.
func (l *load) since() (slowest time.Duration, handshakes, resumed int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, d := range l.took {
		slowest = max(slowest, d)
	}
	handshakes, resumed = len(l.took), l.resumed
	l.took, l.resumed = l.took[:0], 0
	return slowest, handshakes, resumed
}

// A footprint is what a process has of everything that could leak.
type footprint struct {
	goroutines, files, mappings int
	heap                        uint64 // bytes in use after a collection
}

func measure(t *testing.T) footprint {
	t.Helper()
	runtime.GC()
	debug.FreeOSMemory()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	f := footprint{goroutines: runtime.NumGoroutine(), heap: m.HeapAlloc}
	if runtime.GOOS == "linux" {
		files, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		f.files = len(files)
		f.mappings = strings.Count(string(read(t, "/proc/self/maps")), "\n")
	}
	return f
}

// grownFrom lists what is larger than before by more than can come by chance.
func (f footprint) grownFrom(before footprint) (all []string) {
	grown := func(what string, was, is, slack int) {
		if is > was+slack {
			all = append(all, fmt.Sprintf("%s: %d before, %d after", what, was, is))
		}
	}
	grown("goroutines", before.goroutines, f.goroutines, 2)
	grown("open files", before.files, f.files, 2)
	if !underRace {
		grown("memory mappings", before.mappings, f.mappings, 24)
	}
	grown("KiB of heap", int(before.heap>>10), int(f.heap>>10), 8<<10)
	return all
}

// A watchedLog is a log of which the lines of the last plugins are kept, and
// all lines are checked to be fit to be read.
type watchedLog struct {
	mu    sync.Mutex
	kept  []byte
	bytes int // since the last reset
	unfit string
}

const (
	// maxLogLine is room for the longest text of a plugin with every byte
	// escaped, and that quoted.
	maxLogLine = 48 << 10
	maxKept    = 1 << 20
)

// Write takes one line.
func (l *watchedLog) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.bytes += len(line)
	if len(l.kept) < maxKept {
		l.kept = append(l.kept, line[:min(len(line), maxLogLine)]...)
	}
	if l.unfit == "" {
		l.unfit = unfit(line)
	}
	return len(line), nil
}

// unfit says why a line could fool its reader.
func unfit(line []byte) string {
	text := string(line[:len(line)-1])
	odd := func(r rune) bool { return !unicode.IsPrint(r) }
	switch at := strings.IndexFunc(text, odd); {
	case len(line) > maxLogLine:
		return fmt.Sprintf("a line of %d bytes: %.200q…", len(line), text)
	case !utf8.ValidString(text):
		return fmt.Sprintf("not UTF-8: %.200q", text)
	case at >= 0:
		return fmt.Sprintf("not printable: %.200q", text[at:])
	}
	return ""
}

// reset forgets the lines, and returns how many bytes were logged, and what was
// unfit.
func (l *watchedLog) reset() (bytes int, unfit string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	bytes, unfit = l.bytes, l.unfit
	l.kept, l.bytes, l.unfit = l.kept[:0], 0, ""
	return bytes, unfit
}

// of returns the lines of one plugin.
func (l *watchedLog) of(plugin string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var lines strings.Builder
	for line := range strings.Lines(string(l.kept)) {
		if slices.Contains(strings.Fields(line), "plugin="+plugin) {
			lines.WriteString(line)
		}
	}
	return lines.String()
}
