package workbench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/plugin"
	"github.com/sesshook/sesshook/host/internal/session"
	"github.com/sesshook/sesshook/host/internal/workbench/eventfile"
)

// A RunConfig says what Run runs.
type RunConfig struct {
	// Module is the path of the module. The sidecar NAME.toml beside it holds.
	Module string
	// Events are the lines to play, and EventsName what their file is called, for
	// messages. Nil is a set that is made up, from what the module exports.
	Events     io.Reader
	EventsName string
	// Set changes values of the sidecar's [config], each as "key=value".
	Set []string
	// Grants are those of the plugin; nil is what the sidecar says, else
	// abi.DefaultGrants.
	Grants []abi.Grant
	// FarmKeyFile holds the farm keys, for events that bring sealed sessions with
	// them. Empty is a key that everybody knows.
	FarmKeyFile string
	// CompileCache is a private directory (mode 0700) for the native code of
	// compiled modules, so that the next run of the same need not compile it
	// again. Empty is none.
	CompileCache string
	// Played is given each event as a line of a file, once it was played; nil is
	// nobody.
	Played func(line []byte) error
}

// maxModule is the longest module that is read, in bytes: far more than loads,
// so that it is the runtime that says so.
const maxModule = 256 << 20

// Run plays events to a plugin, and tells of each step once it is over. An error
// is one of the files, of tell, or of ctx; what goes wrong with the plugin is in
// the steps and in the end, which is valid without an error only. The first step
// is "load", the last "stop".
func Run(ctx context.Context, cfg RunConfig, tell func(*Step) error) (*End, error) {
	p, err := newPlayer(cfg)
	if err != nil {
		return nil, err
	}
	p.tell = tell
	err = p.run(ctx)
	if err == nil {
		err = p.stop(ctx)
	} else {
		err = errors.Join(err, p.rig.close(ctx))
	}
	if err != nil {
		return nil, err
	}
	return &p.end, nil
}

// newPlayer reads what a run needs, so that mistakes are found before anything
// is run.
func newPlayer(cfg RunConfig) (*player, error) {
	module, err := readModule(cfg.Module)
	if err != nil {
		return nil, err
	}
	p := &player{cfg: cfg, about: &Module{Name: pluginName(cfg.Module), Size: len(module)}}
	set, err := p.readSettings()
	if err != nil {
		return nil, err
	}
	if err := p.readEvents(); err != nil {
		return nil, err
	}
	p.tick = set.tame()
	keys, err := readKeys(cfg.FarmKeyFile)
	if err != nil {
		return nil, err
	}
	p.report(module, set)
	p.rig, err = newRig(rigConfig{name: p.about.Name, module: module, settings: set, node: p.node(), keys: keys, at: p.begin(), compileCache: p.cfg.CompileCache})
	return p, err
}

func readFile(path string, most int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, most+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > most {
		return nil, fmt.Errorf("%s is larger than %d MiB", path, most>>20)
	}
	return data, nil
}

// readKeys returns the keys of a file, nil where there is none.
func readKeys(path string) (*session.Keyring, error) {
	if path == "" {
		return nil, nil
	}
	keys, err := session.ReadKeyFile(path)
	if err != nil {
		return nil, err
	}
	return session.NewKeyring(keys)
}

// readModule reads a module. One that has not been built yet is an error that says
// how, because it can be meant for nothing else.
func readModule(path string) ([]byte, error) {
	module, err := readFile(path, maxModule)
	if err != nil {
		return nil, err
	}
	if base, ok := cutExt(path, ".wat"); ok && !bytes.HasPrefix(module, []byte("\x00asm")) {
		return nil, fmt.Errorf("%s is WebAssembly text: build it with wat2wasm --debug-names %s -o %s.wasm, and take that", path, path, base)
	}
	return module, nil
}

// cutExt returns path without an extension, in any case, and whether it has it.
func cutExt(path, ext string) (before string, ok bool) {
	if !strings.EqualFold(filepath.Ext(path), ext) {
		return path, false
	}
	return path[:len(path)-len(ext)], true
}

// sidecarOf returns where the sidecar of a module is.
func sidecarOf(module string) string {
	base, _ := cutExt(module, ".wasm")
	return base + ".toml"
}

func (p *player) readSettings() (*settings, error) {
	path := sidecarOf(p.cfg.Module)
	data, err := readFile(path, 1<<20)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	p.about.Sidecar = err == nil
	set, err := newSettings(path, data)
	if err != nil {
		return nil, err
	}
	for _, assignment := range p.cfg.Set {
		if err := set.set(assignment); err != nil {
			return nil, fmt.Errorf("config: %w", err)
		}
	}
	if p.cfg.Grants != nil {
		set.side.Grants = p.cfg.Grants
	}
	return set, nil
}

func (p *player) readEvents() (err error) {
	if p.cfg.Events == nil {
		return nil
	}
	if p.events, err = eventfile.ReadAll(p.cfg.EventsName, p.cfg.Events); err != nil {
		return err
	}
	if len(p.events) == 0 {
		return fmt.Errorf("%s has no events", p.cfg.EventsName)
	}
	return eventfile.Order(p.cfg.EventsName, p.events, p.begin())
}

// node is the node that the events are of, where they say so.
func (p *player) node() session.Node {
	if len(p.events) > 0 && p.events[0].Kind == eventfile.Host {
		return p.events[0].Node
	}
	return session.Node{}
}

// begin is when the run begins: with the first event, if it says when it was.
func (p *player) begin() int64 {
	if len(p.events) > 0 {
		if at, ok := p.events[0].At.Absolute(); ok {
			return at
		}
	}
	return start
}

// report describes the module before it is loaded.
func (p *player) report(module []byte, set *settings) {
	grants := set.side.Grants
	if grants == nil {
		grants = abi.DefaultGrants()
	}
	report := plugin.Inspect(context.Background(), p.about.Name, module, grants)
	p.about.SHA256, p.about.Language, p.about.Hooks = report.SHA256, report.Language, report.Hooks
	p.about.Grants = []string{}
	for _, g := range grants {
		p.about.Grants = append(p.about.Grants, string(g))
	}
	p.named = report.HasNames
}

// run loads the module and plays the events.
func (p *player) run(ctx context.Context) error {
	if err := p.load(ctx); err != nil || p.end.Failed != "" {
		return err
	}
	if p.cfg.Events == nil {
		p.events = p.generate()
	}
	for i := range p.events {
		if err := p.play(ctx, &p.events[i]); err != nil {
			return err
		}
		if p.end.Failed != "" {
			return nil
		}
	}
	return nil
}

// load is the first step.
func (p *player) load(ctx context.Context) error {
	refused, err := p.rig.load(ctx)
	if err != nil || ctx.Err() != nil {
		return errors.Join(err, context.Cause(ctx))
	}
	step := &Step{Event: "load", At: Time(p.rig.clock.now()), Module: p.about, Outcome: "loaded", Notes: p.rig.settings.notes}
	if refused != "" {
		step.Outcome, step.Error = "refused", refused
		p.end.Failed = "the module does not load"
		return p.finish(step)
	}
	p.started = p.rig.clock.now()
	if err := p.settled(ctx, step); err != nil {
		return err
	}
	if p.tick == 0 && slices.Contains(p.about.Hooks, "on_tick") {
		step.Notes = append(step.Notes, "on_tick is exported, but a host does not call it: the sidecar has no tick")
	}
	p.about.Pages = pages(p.rig.status().MemoryBytes)
	return p.finish(step)
}

// stopLimit bounds how long a plugin may take to end.
const stopLimit = 10 * time.Second

// stop is the last step: the plugin is closed in good order.
func (p *player) stop(ctx context.Context) error {
	p.conclude()
	ctx, cancel := context.WithTimeout(ctx, stopLimit)
	defer cancel()
	step := &Step{Event: "stop", At: Time(p.rig.clock.now())}
	loaded := p.rig.status().State == "running"
	if err := p.rig.close(ctx); err != nil {
		return err
	}
	p.end.Published = p.rig.farm.sent()
	p.end.KV = append([]Entry{}, p.rig.farm.kept()...)
	if !loaded {
		return p.count()
	}
	if err := p.finish(step); err != nil {
		return err
	}
	return p.count()
}
