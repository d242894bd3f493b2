package cache

import (
	"math/rand/v2"
	"testing"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/session"
)

// A traffic is how clients come to a TLS server.
type traffic struct {
	name string
	// tls13 is the part of clients that get a new session with each resumption
	// and go on with it; the others keep theirs.
	tls13 float64
	// single removes a session when it has been resumed.
	single bool
	// once is the part of handshakes whose client never comes back: scanners,
	// tools, a flood.
	once float64
}

var traffics = []traffic{
	{name: "tls13", tls13: 1},
	{name: "tls13-single-use", tls13: 1, single: true},
	{name: "tls12", tls13: 0},
	{name: "mixed", tls13: 0.7, once: 0.3},
	{name: "tls13-half-never-return", tls13: 1, once: 0.5},
	{name: "tls12-half-never-return", tls13: 0, once: 0.5},
}

// BenchmarkHitRatio plays traffic of clients, a few of which come often and
// many seldom (Zipf), against caches that hold a tenth of the clients'
// sessions, and reports the part of returning clients that could resume,
// in percent.
func BenchmarkHitRatio(b *testing.B) {
	for _, tr := range traffics {
		for _, st := range stores {
			b.Run(tr.name+"/"+st.name, func(b *testing.B) {
				handshakes, percent := 1_000_000, 0.0
				if testing.Short() {
					handshakes = 50_000
				}
				for b.Loop() {
					percent = play(tr, st.make, handshakes)
				}
				b.ReportMetric(percent, "%resumed")
			})
		}
	}
}

// TestHitRatio holds the claim of the package's documentation, on a small
// scale: for TLS 1.3, more clients resume than on otter.
func TestHitRatio(t *testing.T) {
	for _, tr := range traffics {
		if tr.tls13 < 1 {
			continue
		}
		ours, otters := play(tr, stores[0].make, 50_000), play(tr, stores[1].make, 50_000)
		if ours <= otters {
			t.Errorf("%s: %.1f%% resumed, %.1f%% on otter", tr.name, ours, otters)
		}
	}
}

func play(tr traffic, open func(Config) store, handshakes int) (percent float64) {
	clients := handshakes / 15
	s := open(Config{MaxSessions: clients / 10})
	defer s.Close()
	random := rand.New(rand.NewPCG(1, 2))
	zipf := rand.NewZipf(random, 1.01, 10, uint64(clients-1))
	holds := map[uint64]*session.Session{}
	var returned, resumed, made int
	fresh := func() *session.Session {
		made++
		x := testSession(made, 0)
		s.Insert(x, 0, client)
		return x
	}
	for i := range handshakes {
		if o, ok := s.(*otterStore); ok && i%64 == 0 {
			o.cache.CleanUp() // so that a busy machine is not held against it
		}
		if random.Float64() < tr.once {
			fresh()
			continue
		}
		who := zipf.Uint64()
		renews := float64(scatter(int(who), 1000)) < 1000*tr.tls13
		if old := holds[who]; old != nil {
			returned++
			if _, err := s.Fetch(old.ID, client); err == nil {
				resumed++
				if !renews {
					continue
				}
				if tr.single {
					s.Remove(old.ID, abi.Consumed, client)
				}
			}
		}
		holds[who] = fresh()
	}
	return 100 * float64(resumed) / float64(returned)
}
