package host

import (
	"crypto/tls"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
)

const sequencer = "internal/plugin/testdata/sequencer.wasm"

var versions = map[string]uint16{"TLS 1.2": tls.VersionTLS12, "TLS 1.3": tls.VersionTLS13}

func TestClientsResume(t *testing.T) {
	for name, version := range versions {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, Config{}, sequencer)
			cfg := client(version)
			for n := range 4 {
				resumed, err := visit(r.addr, cfg)
				if err != nil {
					t.Fatal(err)
				}
				if resumed != (n > 0) {
					t.Errorf("visit %d: resumed is %v", n, resumed)
				}
			}
			// Four sessions made, three of them fetched.
			r.eventually("the plugin was told", func() bool { return r.value("sequencer", "events") == 7 })
		})
	}
}

func TestSingleUseConsumesAndSaysSo(t *testing.T) {
	for name, version := range versions {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, Config{SingleUse: true}, sequencer)
			cfg := client(version)
			for range 3 {
				if _, err := visit(r.addr, cfg); err != nil {
					t.Fatal(err)
				}
			}
			r.eventually("two were consumed", func() bool { return r.host.Status().Cache.Removes == 2 })
			if st := r.host.Status().Cache; st.Sessions != 1 || st.Tombstones != 2 {
				t.Errorf("%d sessions and %d tombstones; want 1 and 2", st.Sessions, st.Tombstones)
			}
		})
	}
}

// Reload 200 times under as many handshakes as the machine gives: none fails,
// no event is lost or out of order, and clients go on resuming.
func TestReloadsUnderHandshakes(t *testing.T) {
	r := newRig(t, Config{}, sequencer)
	stop := make(chan struct{})
	var wg sync.WaitGroup
	var full, resumed, failed atomic.Int64
	for n := range 4 {
		wg.Go(func() {
			cfg := client([]uint16{tls.VersionTLS12, tls.VersionTLS13}[n%2])
			for {
				select {
				case <-stop:
					return
				default:
				}
				switch did, err := visit(r.addr, cfg); {
				case err != nil:
					failed.Add(1)
					t.Error(err)
				case did:
					resumed.Add(1)
				default:
					full.Add(1)
				}
			}
		})
	}
	module := read(t, sequencer)
	const reloads = 200
	for n := range reloads {
		text := fmt.Sprintf("v%d", n)
		section := append([]byte{0, byte(len(text) + 2), 1, 'v'}, text...)
		r.put("sequencer.wasm", append(append([]byte(nil), module...), section...))
		if err := r.host.Reload(); err != nil {
			t.Fatal(err)
		}
	}
	close(stop)
	wg.Wait()
	want := full.Load() + 2*resumed.Load() // an INSERT each, and a GET
	r.eventually("all events arrived", func() bool { return r.value("sequencer", "events") >= want })
	st := r.host.Status().Plugins[0]
	if st.Generation < reloads || failed.Load() != 0 || full.Load() != 4 {
		t.Errorf("generation %d; %d handshakes failed, %d were full, %d resumed", st.Generation, failed.Load(), full.Load(), resumed.Load())
	}
	if got := r.value("sequencer", "events"); got != want || st.EventsLost != 0 || r.value("sequencer", "disorder") != 0 {
		t.Errorf("%d of %d events; %d lost, %d out of order", got, want, st.EventsLost, r.value("sequencer", "disorder"))
	}
	t.Logf("%d reloads under %d full and %d resumed handshakes", reloads, full.Load(), resumed.Load())
}
