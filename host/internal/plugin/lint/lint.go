// Package lint says whether a file is a module that the host would load as a
// plugin, and if not, everything that is wrong with it at once, each in a
// sentence with a hint, before any of its code runs.
//
// It reads the binary's sections itself, compares imports and exports with the
// tables of package abi, and then has the runtime validate the code. The order
// matters: the runtime allocates by lengths in the file before it reads what
// they count, so a file of 30 bytes could end the process. What Check finds no
// problem in is safe to hand to wazero; nothing else may be.
//
// It does not run, change or keep modules, knows nothing about the plugin's
// sidecar but the grants and the limit that it is given, and checks neither
// pins nor signatures.
//
// The bytes of a module are not trusted: work and memory are linear in their
// number, with constants that this package sets, and whoever controls them
// gains a list of problems. Functions are safe for concurrent use.
package lint

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/tetratelabs/wazero"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/plugin/sidecar"
)

// DefaultMaxSize is the size in bytes of the largest file that is looked into.
// Compiling costs time and memory by the size; a Go guest has 2 MiB.
const DefaultMaxSize = 32 << 20

// Options say by which rules a module is judged. The zero value is a host with
// its defaults.
type Options struct {
	// Name is the name of the file, for messages.
	Name string
	// Grants are those that the module has; nil are abi.DefaultGrants, an
	// empty list is none.
	Grants []abi.Grant
	// MaxSize is the largest size of a module in bytes; 0 is DefaultMaxSize.
	MaxSize int64
	// Size is the size of the file in bytes, where the module given to Check
	// is only its beginning because it is over MaxSize; 0 is what is given.
	Size int64
	// MemoryLimitPages is how far the memory of an instance may grow, in pages
	// of 64 KiB; 0 is the default of a sidecar.
	MemoryLimitPages uint32
	// Compile has a runtime that was made with Features validate and compile
	// the module; nil makes an interpreter for the occasion, which costs less
	// than machine code. A host passes its own, and keeps what came of it, so
	// that it compiles once. Check calls it at most once, and not at all for a
	// file that could hurt the runtime.
	Compile func(ctx context.Context, module []byte) error
}

func (o Options) withDefaults() Options {
	if o.Grants == nil {
		o.Grants = abi.DefaultGrants()
	}
	if o.MaxSize == 0 {
		o.MaxSize = DefaultMaxSize
	}
	if o.MemoryLimitPages == 0 {
		d := sidecar.Default()
		o.MemoryLimitPages = d.Memory.Pages()
	}
	return o
}

// Check looks into module, which it neither changes nor keeps, and reports
// what it is and everything that is wrong with it. Report.Err is nil where the
// host would load it. Whether a cancelled ctx ends validation early is the
// runtime's choice; it is then a problem.
func Check(ctx context.Context, module []byte, opts Options) *Report {
	opts = opts.withDefaults()
	r := &Report{
		Name: opts.Name, Size: max(opts.Size, int64(len(module))),
		Imports: []Import{}, Exports: []Export{}, Hooks: []string{}, Grants: []abi.Grant{}, Problems: []Finding{}, Warnings: []Finding{},
	}
	if r.Size > opts.MaxSize {
		r.problem(fmt.Sprintf("is too large: %d bytes (%s), at most %d (%s) are accepted", r.Size, sidecar.Size(r.Size).Rounded(), opts.MaxSize, sidecar.Size(opts.MaxSize).Rounded()),
			"strip it (Go -ldflags='-s -w', Rust -C strip=symbols, C -Wl,--strip-all), or check that it is the right file")
		return r
	}
	sum := sha256.Sum256(module)
	r.SHA256 = hex.EncodeToString(sum[:])
	if f := notModule(module); f != nil {
		r.refuse(f)
		return r
	}
	m, malformed := parse(module)
	c := &checker{Report: r, m: m, opts: opts}
	c.describe()
	for _, f := range m.lacking {
		c.lacks(f)
	}
	if malformed != nil {
		c.lacks(malformed)
		return r
	}
	r.whole = true
	if special := c.specialModule(); special != nil {
		r.refuse(special)
		return r
	}
	c.browser()
	fits := c.memory()
	c.imports()
	c.exports()
	if fits && len(m.lacking) == 0 {
		c.validate(ctx, module)
	}
	return r
}

// A checker compares one module with the ABI.
type checker struct {
	*Report
	m    *wasmModule
	opts Options
	lang language

	known  map[string]bool // exports that the host has a use for
	intent bool            // it exports something that was meant to be a hook
}

// lacks refuses the module for what is wrong with it, which may be a feature
// that the host does not enable.
func (c *checker) lacks(f *formatError) {
	hint := f.hint
	if f.feature != "" {
		hint = featureHint(f.feature, c.lang)
	}
	c.problem(f.text, hint)
}

// describe fills in what the module is.
func (c *checker) describe() {
	c.lang, c.Language = languageOf(c.m)
	c.Start = c.m.start
	c.HasNames = c.m.functions.some
	c.HasDWARF = c.m.customs[".debug_info"]
	c.names = namesHint.of(c.lang)
	grants := map[string]abi.Grant{}
	for _, f := range abi.HostFunctions() {
		grants[f.Name] = f.Grant
	}
	needed := map[abi.Grant]bool{}
	for _, i := range c.m.imports {
		grant := abi.Always
		if string(i.module) == abi.Module && i.kind == kindFunc {
			grant = grants[string(i.name)]
			needed[grant] = true
		}
		c.Imports = append(c.Imports, Import{string(i.module), string(i.name), i.String(), grant})
	}
	for _, g := range abi.Grants() {
		if needed[g] {
			c.Report.Grants = append(c.Report.Grants, g)
		}
	}
	c.known = map[string]bool{"memory": true, initialize: true}
	for _, e := range abi.GuestExports() {
		c.known[e.Name] = true
	}
	for _, e := range c.m.exports {
		c.Report.Exports = append(c.Report.Exports, Export{string(e.name), c.m.typeOf(e), c.known[string(e.name)]})
	}
	if len(c.m.memories) > 0 {
		l := c.m.memories[0]
		c.Memory = Memory{MinPages: uint32(l.min), MaxPages: uint32(l.max), HasMax: l.hasMax}
	}
}

// specialModule recognises binaries that are sound, and that are not modules
// to be run.
func (c *checker) specialModule() *formatError {
	m := c.m
	switch {
	case m.sections == 0:
		return &formatError{text: "is a module without content: a header and nothing else", hint: "the build or the copy did not finish: do it again"}
	case m.customs["dylink.0"] || m.customs["dylink"]:
		return &formatError{text: "is a shared library, to be linked into another module at run time", hint: "link it whole: without -shared and without SIDE_MODULE"}
	case m.customs["core"] || m.customs["corestack"]:
		return &formatError{text: "is a core dump of a module, not the module", hint: "give the module"}
	}
	for name := range m.customs {
		if name == "linking" || strings.HasPrefix(name, "reloc.") {
			return &formatError{text: "is an object file that was not linked", hint: linkHint.of(c.lang)}
		}
	}
	return nil
}

// validate has the runtime judge types, indices and instructions.
func (c *checker) validate(ctx context.Context, module []byte) {
	compile := c.opts.Compile
	if compile == nil {
		compile = interpret
	}
	err := guarded(ctx, module, compile)
	if err == nil {
		return
	}
	if f := featureError(err); f != nil {
		c.lacks(f)
		return
	}
	var refusal *Refusal
	if errors.As(err, &refusal) {
		c.problem(printable(refusal.Text), refusal.Hint)
		return
	}
	text := strings.Join(strings.Fields(err.Error()), " ")
	if len(text) > 4*maxName {
		text = text[:4*maxName] + "…"
	}
	c.problem("is not valid WebAssembly: "+printable(text), "the compiler or a tool that changed its output is at fault: build it again without that tool (wasm-opt, wasm-strip, …), or report it there")
}

// A Refusal is returned by Options.Compile for a module that is valid, and that
// the host does not want all the same.
type Refusal struct {
	Text string // what is wrong
	Hint string // what to do; may be empty
}

// Error returns what is wrong.
func (r *Refusal) Error() string { return r.Text }

// guarded turns a panic of the runtime into an error: a file may not end the
// process.
func guarded(ctx context.Context, module []byte, compile func(context.Context, []byte) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the runtime failed on it: %v", p)
		}
	}()
	return compile(ctx, module)
}

// interpret validates a module, and makes the interpreter's code of it.
func interpret(ctx context.Context, module []byte) error {
	config := wazero.NewRuntimeConfigInterpreter().WithCoreFeatures(Features()).WithDebugInfoEnabled(false)
	rt := wazero.NewRuntimeWithConfig(ctx, config)
	defer rt.Close(ctx)
	_, err := rt.CompileModule(ctx, module)
	return err
}

// missingGrants are those of needed that the module does not have.
func (c *checker) missingGrants() []abi.Grant {
	var missing []abi.Grant
	for _, g := range c.Report.Grants {
		if !slices.Contains(c.opts.Grants, g) {
			missing = append(missing, g)
		}
	}
	return missing
}
