package demo

import (
	"bufio"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pelletier/go-toml/v2"
	"github.com/spf13/pflag"
)

// fakeNode in the environment makes this binary a node: see runFakeNode.
const fakeNode = "SESSHOOK_DEMO_FAKE_NODE"

func TestMain(m *testing.M) {
	if how := os.Getenv(fakeNode); how != "" {
		if err := runFakeNode(how); err != nil {
			slog.New(slog.NewJSONHandler(os.Stderr, nil)).Error("can't go on", "err", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// runFakeNode is what a demo sees of sesshook serve, until standard input ends.
// It shares sessions, by a key for tickets that it takes from the farm key file,
// as soon as there is a module, which is what share.wasm is for.
func runFakeNode(how string) error {
	fs := pflag.NewFlagSet("node", pflag.ContinueOnError)
	configFile, node, modules := fs.String("config", "", ""), fs.String("node", "", ""), fs.String("modules", "", "")
	if err := fs.Parse(os.Args[1:]); err != nil {
		return err
	}
	if how == "refuses" {
		return fmt.Errorf("%s does not want to", *node)
	}
	text, err := os.ReadFile(*configFile)
	if err != nil {
		return err
	}
	var config struct {
		Cert, Key string
		FarmKey   string `toml:"farm-key-file"`
	}
	if err := toml.Unmarshal(text, &config); err != nil {
		return err
	}
	cert, err := tls.LoadX509KeyPair(config.Cert, config.Key)
	if err != nil {
		return err
	}
	farmKey, err := os.ReadFile(config.FarmKey)
	if err != nil {
		return err
	}
	n := &fakeServer{module: filepath.Join(*modules, pluginName+".wasm"), broken: how == "breaks"}
	alone, together := &tls.Config{Certificates: []tls.Certificate{cert}}, &tls.Config{Certificates: []tls.Certificate{cert}}
	together.SetSessionTicketKeys([][32]byte{sha256.Sum256(farmKey)})
	alone.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) {
		if n.hash() == "" {
			return nil, nil
		}
		return together, nil
	}
	return n.serve(alone)
}

type fakeServer struct {
	module     string
	broken     bool // no module ever runs
	handshakes atomic.Int64
}

func (n *fakeServer) serve(cfg *tls.Config) error {
	clients, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	admin, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/plugins", n.plugins)
	mux.HandleFunc("/metrics", n.metrics)
	go func() { _ = http.Serve(admin, mux) }()
	go func() { _ = http.Serve(tls.NewListener(clients, cfg), http.HandlerFunc(n.page)) }()
	slog.New(slog.NewJSONHandler(os.Stderr, nil)).Info("ready", "listen", clients.Addr().String(), "admin", admin.Addr().String())
	_, _ = io.Copy(io.Discard, bufio.NewReader(os.Stdin))
	return nil
}

func (n *fakeServer) page(w http.ResponseWriter, _ *http.Request) {
	n.handshakes.Add(1)
	w.Header().Set("Connection", "close")
	_, _ = io.WriteString(w, "page\n")
}

// hash is that of the module; empty where there is none.
func (n *fakeServer) hash() string {
	b, err := os.ReadFile(n.module)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func (n *fakeServer) plugins(w http.ResponseWriter, _ *http.Request) {
	all := []map[string]string{}
	if h := n.hash(); h != "" && n.broken {
		all = append(all, map[string]string{"name": pluginName, "state": "failed", "last_error": "it is broken"})
	} else if h != "" {
		all = append(all, map[string]string{"name": pluginName, "state": "running", "sha256": h})
	}
	_ = json.NewEncoder(w).Encode(all)
}

func (n *fakeServer) metrics(w http.ResponseWriter, _ *http.Request) {
	h := n.handshakes.Load()
	_, _ = fmt.Fprintf(w, "# TYPE process_cpu_seconds_total counter\nprocess_cpu_seconds_total %g\n"+
		"sesshook_handshakes_total{resumed=\"true\",version=\"1.3\"} %d\nsesshook_farm_messages_total{direction=\"sent\"} %d\n", float64(h)/1000, h, 2*h)
}

// fakeConfig is a demo with such nodes.
func fakeConfig(t *testing.T, how string) Config {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv(fakeNode, how)
	t.Setenv("TMPDIR", t.TempDir())
	return Config{
		Nodes: 3, Clients: 40, Duration: 2 * time.Second, Mode: "push",
		Module: []byte("\x00asm\x01\x00\x00\x00"), Sidecar: []byte("grants = [\"messages\"]\n"), Command: []string{self},
		StartBroker: func() (string, func(), error) { return "nats://127.0.0.1:1", func() {}, nil },
		Display:     NewLines(io.Discard),
	}
}

// left fails the test where the demo has left files or processes behind.
func left(t *testing.T) {
	t.Helper()
	names, err := os.ReadDir(os.TempDir())
	if err != nil || len(names) > 0 {
		t.Errorf("left behind: %v %v", names, err)
	}
}
