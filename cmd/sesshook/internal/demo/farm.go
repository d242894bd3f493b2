package demo

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/pelletier/go-toml/v2"
)

const (
	farmName   = "demo"
	pluginName = "share"
	// pluginTime is how long a node may take to load the plugin: a slow machine
	// compiles it for some seconds.
	pluginTime = 4 * time.Minute
	pluginPoll = 50 * time.Millisecond
)

// A farm is the nodes and what they share: keys, certificate, broker, balancer.
type farm struct {
	cfg       Config
	dir       string
	config    string // file with the settings that all nodes have
	authority *authority
	balancer  *balancer
	failures  chan error // of nodes that ended by themselves

	mu    sync.Mutex
	nodes []*process // nil: down
}

// newFarm writes all that the nodes need into dir, and opens the balancer. nats
// is the URL of the broker.
func newFarm(cfg Config, dir, nats string) (*farm, error) {
	f := &farm{
		cfg: cfg, dir: dir, config: filepath.Join(dir, "node.toml"),
		failures: make(chan error, cfg.Nodes), nodes: make([]*process, cfg.Nodes),
	}
	for i := range cfg.Nodes {
		if err := os.MkdirAll(f.modules(i), 0o700); err != nil {
			return nil, noSpace(err)
		}
	}
	var err error
	if f.authority, err = newAuthority(dir); err != nil {
		return nil, err
	}
	if err := f.writeConfig(nats); err != nil {
		return nil, err
	}
	f.balancer, err = newBalancer()
	return f, err
}

// writeConfig writes a farm key, and the settings that all nodes have. The
// compile cache is shared too, so that only the first to load a plugin has to
// compile it. They are in a file that nobody else can read, because the URL of
// the broker holds its password: flags are for everybody to see.
func (f *farm) writeConfig(nats string) error {
	var key [32]byte
	rand.Read(key[:]) // never fails: crypto/rand ends the program instead
	keyFile, compiled := filepath.Join(f.dir, "farm.keys"), filepath.Join(f.dir, "compiled")
	settings, err := toml.Marshal(map[string]any{
		"listen": "127.0.0.1:0", "admin": "127.0.0.1:0", "drain-timeout": "1s", "log-format": "json",
		"farm": farmName, "nats": nats, "farm-key-file": keyFile, "compile-cache": compiled,
		"cert": f.authority.certFile, "key": f.authority.keyFile,
	})
	if err != nil {
		return err
	}
	err = errors.Join(
		os.Mkdir(compiled, 0o700),
		os.WriteFile(keyFile, []byte(base64.StdEncoding.EncodeToString(key[:])+"\n"), 0o600),
		os.WriteFile(f.config, settings, 0o600),
	)
	if err != nil {
		return noSpace(err)
	}
	return nil
}

func nodeName(i int) string { return "node-" + strconv.Itoa(i+1) }

func (f *farm) modules(i int) string { return filepath.Join(f.dir, nodeName(i), "modules") }

func (f *farm) command(i int) []string {
	return append(slices.Clone(f.cfg.Command), "--config", f.config, "--node", nodeName(i), "--modules", f.modules(i))
}

// start brings up all nodes at once.
func (f *farm) start(ctx context.Context, say func(string)) error {
	say(fmt.Sprintf("starting %d nodes, each a sesshook serve", f.cfg.Nodes))
	errs := make(chan error, f.cfg.Nodes)
	for i := range f.cfg.Nodes {
		go func() { errs <- f.launch(ctx, i) }()
	}
	var first error
	for range f.cfg.Nodes {
		if err := <-errs; first == nil {
			first = err
		}
	}
	if first != nil {
		return first
	}
	for i, p := range f.nodes {
		f.balancer.set(i, p.listen)
	}
	return nil
}

// launch starts node i, and from then on tells of its end.
func (f *farm) launch(ctx context.Context, i int) error {
	p, err := startProcess(ctx, nodeName(i), f.command(i))
	if err != nil {
		return err
	}
	f.swap(i, p)
	go func() {
		<-p.exited
		if f.node(i) == p { // nobody has taken it out
			f.failures <- p.failed("has ended by itself")
		}
	}()
	return nil
}

func (f *farm) node(i int) *process {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.nodes[i]
}

// swap puts p in the place of node i, and returns what was there.
func (f *farm) swap(i int, p *process) (old *process) {
	f.mu.Lock()
	defer f.mu.Unlock()
	old, f.nodes[i] = f.nodes[i], p
	return old
}

// failed returns where a node that ends by itself is told of.
func (f *farm) failed() <-chan error { return f.failures }

// up reports which nodes run.
func (f *farm) up() []bool {
	all := make([]bool, f.cfg.Nodes)
	for i := range all {
		all[i] = f.node(i) != nil
	}
	return all
}

func (f *farm) served() []int { return f.balancer.served() }

// install copies the module and its sidecar into the modules directory of one
// node after the other, each when the one before runs it: as one would with a
// farm that matters.
func (f *farm) install(ctx context.Context, module []byte, say func(string)) error {
	sidecar, err := forDemo(f.cfg.Sidecar, f.cfg.Mode)
	if err != nil {
		return err
	}
	for i := range f.cfg.Nodes {
		say(fmt.Sprintf("%s.wasm is copied into %s/modules, and loads while clients go on", pluginName, nodeName(i)))
		if err := put(f.modules(i), pluginName+".toml", sidecar); err != nil {
			return err
		}
		if err := put(f.modules(i), pluginName+".wasm", module); err != nil {
			return err
		}
		if err := f.awaitPlugin(ctx, i, hashOf(module)); err != nil {
			return err
		}
	}
	return nil
}

// awaitPlugin waits until node i runs the module with this hash.
func (f *farm) awaitPlugin(ctx context.Context, i int, hash string) error {
	ctx, cancel := context.WithTimeoutCause(ctx, pluginTime, fmt.Errorf("%s has not loaded %s.wasm within %s", nodeName(i), pluginName, pluginTime))
	defer cancel()
	again := time.NewTicker(pluginPoll)
	defer again.Stop()
	for {
		if p := f.node(i); p != nil {
			if running, err := pluginRuns(ctx, p.admin, hash); err != nil && ctx.Err() == nil {
				return fmt.Errorf("%s: %w", nodeName(i), err)
			} else if running {
				return nil
			}
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// pluginRuns asks a node whether it runs the module with this hash. The error
// is why it will not. A node that does not answer may be busy; one that has
// ended is told of elsewhere.
func pluginRuns(ctx context.Context, admin, hash string) (running bool, err error) {
	var plugins []struct {
		Name      string `json:"name"`
		State     string `json:"state"`
		SHA256    string `json:"sha256"`
		LastError string `json:"last_error"`
	}
	if err := getAdmin(ctx, admin, "/plugins", func(r io.Reader) error { return json.NewDecoder(r).Decode(&plugins) }); err != nil {
		return false, nil
	}
	for _, p := range plugins {
		switch {
		case p.Name != pluginName:
		case p.State == "running" && p.SHA256 == hash:
			return true, nil
		case p.LastError != "":
			return false, fmt.Errorf("%s.wasm does not run: %s", pluginName, p.LastError)
		}
	}
	return false, nil
}

// kill ends node i with SIGKILL.
func (f *farm) kill(i int) {
	f.balancer.doom(i)
	if p := f.swap(i, nil); p != nil {
		p.kill()
	}
}

// restart starts node i again, with an empty cache and the modules that it had.
// It has its share of the clients as soon as it says that it is ready, whatever
// its plugin does then.
func (f *farm) restart(ctx context.Context, i int, module []byte) error {
	if err := f.launch(ctx, i); err != nil {
		return err
	}
	if p := f.node(i); p != nil {
		f.balancer.set(i, p.listen)
	}
	return f.awaitPlugin(ctx, i, hashOf(module))
}

// usage asks every node that is up. One that does not answer is left out.
func (f *farm) usage(ctx context.Context) []usage {
	answers := make(chan *usage, f.cfg.Nodes)
	for i := range f.cfg.Nodes {
		go func() { answers <- f.usageOf(ctx, i) }()
	}
	var all []usage
	for range f.cfg.Nodes {
		if u := <-answers; u != nil {
			all = append(all, *u)
		}
	}
	return all
}

func (f *farm) usageOf(ctx context.Context, i int) *usage {
	p := f.node(i)
	if p == nil {
		return nil
	}
	var u usage
	err := getAdmin(ctx, p.admin, "/metrics", func(r io.Reader) (err error) { u, err = readUsage(r); return err })
	if err != nil {
		return nil
	}
	u.node, u.life, u.at = i, p, time.Now()
	return &u
}

// close stops balancer and nodes.
func (f *farm) close() {
	f.balancer.close()
	var stopping sync.WaitGroup
	for i := range f.cfg.Nodes {
		if p := f.swap(i, nil); p != nil {
			stopping.Go(p.stop)
		}
	}
	stopping.Wait()
	adminClient.CloseIdleConnections()
}
