package lint

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/plugin/lint/spelling"
)

// wasiModule is the import module of the WASI that the host offers.
const wasiModule = wasi_snapshot_preview1.ModuleName

// wasiFunctions are the functions of wasiModule by name, taken from the
// runtime that provides them.
var wasiFunctions = sync.OnceValue(func() map[string]funcType {
	ctx := context.Background()
	rt := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigInterpreter())
	defer rt.Close(ctx)
	functions := map[string]funcType{}
	compiled, err := wasi_snapshot_preview1.NewBuilder(rt).Compile(ctx)
	if err != nil {
		return functions // a host module of the runtime's own making: cannot fail
	}
	for name, f := range compiled.ExportedFunctions() {
		functions[name] = funcType{f.ParamTypes(), f.ResultTypes()}
	}
	return functions
})

// imports judges every import.
func (c *checker) imports() {
	offered := map[string]abi.HostFunction{}
	var names []string
	for _, f := range abi.HostFunctions() {
		offered[f.Name] = f
		names = append(names, f.Name)
	}
	ungranted := map[abi.Grant][]string{}
	missing := c.missingGrants()
	for i := range c.m.imports {
		imp := &c.m.imports[i]
		module, name := string(imp.module), string(imp.name)
		f, ours := offered[name]
		switch {
		case imp.kind != kindFunc:
			c.importedThing(imp)
		case module == abi.Module && !ours:
			c.unknownFunction(abi.Module, name, names)
		case module == abi.Module:
			c.importedType(abi.Module, name, imp.fn, f.Type)
			for _, g := range missing {
				if g == f.Grant {
					ungranted[g] = append(ungranted[g], name)
				}
			}
		case module == wasiModule:
			c.wasi(name, imp.fn)
		case goBrowser(module) && !ours: // browser has said so
		default:
			c.foreign(module, name, ours)
		}
	}
	for _, g := range missing {
		c.ungranted(g, ungranted[g])
	}
}

// goBrowser reports whether Go imports from module what a browser offers.
func goBrowser(module string) bool { return module == "gojs" || module == "go" }

// browser refuses what Go makes for a browser, in one sentence for all that it
// imports. It comes first: what else is wrong with such a module follows from it.
func (c *checker) browser() {
	offered := abi.HostFunctions()
	var names, modules []string
	for i := range c.m.imports {
		imp := &c.m.imports[i]
		ours := slices.ContainsFunc(offered, func(f abi.HostFunction) bool { return f.Name == string(imp.name) })
		if imp.kind == kindFunc && goBrowser(string(imp.module)) && !ours {
			names, modules = append(names, string(imp.name)), append(modules, string(imp.module))
		}
	}
	if len(names) == 0 {
		return
	}
	what := plain(names[0])
	if more := len(names) - 1; more > 0 {
		what += fmt.Sprintf(" and %d more", more)
	}
	c.problem("imports "+what+" from "+quote(modules[0])+", which Go needs in a browser", browserHint.of(c.lang))
}

// ungranted says which functions need a grant that the module does not have,
// and the line that gives it this and everything else that it needs.
func (c *checker) ungranted(g abi.Grant, functions []string) {
	c.problem(fmt.Sprintf("imports %s without the grant %q", list(functions), g),
		fmt.Sprintf("allow it in %s: %s (for every module: --grant %s)", c.sidecarName(), c.grantLine(), g))
}

// grantLine is the sidecar's line with the grants that the module has and
// those that it lacks.
func (c *checker) grantLine() string {
	have := map[abi.Grant]bool{}
	for _, g := range append(c.missingGrants(), c.opts.Grants...) {
		have[g] = true
	}
	var quoted []string
	for _, g := range abi.Grants() {
		if have[g] {
			quoted = append(quoted, fmt.Sprintf("%q", g))
		}
	}
	return "grants = [" + strings.Join(quoted, ", ") + "]"
}

// sidecarName is the name of the file beside the module.
func (c *checker) sidecarName() string {
	base := filepath.Base(c.opts.Name)
	if c.opts.Name == "" {
		base = "NAME"
	}
	if ext := filepath.Ext(base); strings.EqualFold(ext, ".wasm") {
		base = strings.TrimSuffix(base, ext)
	}
	return clip(base) + ".toml"
}

// list writes names as "a, b and c", each once.
func list(names []string) string {
	var once []string
	seen := map[string]bool{}
	for _, n := range names {
		if !seen[n] {
			once = append(once, n)
		}
		seen[n] = true
	}
	if len(once) == 1 {
		return once[0]
	}
	return strings.Join(once[:len(once)-1], ", ") + " and " + once[len(once)-1]
}

// importedThing refuses what is no function.
func (c *checker) importedThing(imp *wasmImport) {
	hint := "a plugin imports functions only: define it in the module"
	switch imp.kind {
	case kindMemory:
		hint = "define the memory in the module: " + ownMemoryHint.of(c.lang)
	case kindTable:
		hint = "define the table in the module: link without --import-table"
	}
	c.problem(fmt.Sprintf("imports the %s %s, and the host offers functions only", kindName(imp.kind), from(string(imp.module), string(imp.name))), hint)
}

// from names an import.
func from(module, name string) string { return plain(name) + " from " + quote(module) }

func (c *checker) unknownFunction(module, name string, offered []string) {
	text := "imports " + from(module, name) + ", which has no function of that name"
	if near := spelling.Closest(name, offered); near != "" {
		hint := "write " + near
		if c.lang != unknown {
			hint = "write " + c.lang.imports(module, near)
		}
		c.problem(text+": did you mean "+near+"?", hint)
		return
	}
	c.problem(text, "it has "+strings.Join(offered, ", "))
}

// importedType compares the type of an import with the one that is offered.
func (c *checker) importedType(module, name string, have funcType, want abi.Signature) {
	if have.is(want) {
		return
	}
	hint := "the types have to be the same, to the bit width"
	if d := c.lang.declare(name, want); d != "" {
		hint = "declare it as " + d
	}
	c.problem(fmt.Sprintf("imports %s as %s, and it is %s", from(module, name), have, wat(want)), hint)
}

// wat writes a signature as the text format has a whole function type.
func wat(s abi.Signature) string {
	if text := s.String(); text != "" {
		return "(func " + text + ")"
	}
	return "(func)"
}

func (c *checker) wasi(name string, have funcType) {
	functions := wasiFunctions()
	want, ok := functions[name]
	if !ok {
		hint := "it is not part of WASI preview 1: build for wasip1, with a current toolchain"
		if near := spelling.Closest(name, keys(functions)); near != "" {
			hint = "did you mean " + near + "?"
		}
		c.problem("imports "+from(wasiModule, name)+", which has no function of that name", hint)
		return
	}
	if have.String() != want.String() {
		c.problem(fmt.Sprintf("imports %s as %s, and it is %s", from(wasiModule, name), have, want), "build it with a current toolchain; one that declares WASI by hand has to take the types from its specification")
	}
}

// foreign judges a function of a module that the host does not offer; ours is
// true where the host has a function of that name.
func (c *checker) foreign(module, name string, ours bool) {
	text := "imports " + from(module, name)
	switch {
	case ours:
		c.problem(text+", and this function is in "+quote(abi.Module), "name the module where it is declared: "+c.lang.imports(abi.Module, name))
	case strings.HasPrefix(module, "tls_session") || spelling.Closest(module, []string{abi.Module}) != "":
		c.problem(text+"; this host offers "+quote(abi.Module), "build it for that version, or load it into a host that offers its own")
	default:
		why, hint := c.lang.foreignAdvice(module, name)
		c.problem(text+", "+why, hint)
	}
}

const notOffered = "which the host does not offer"

// foreignAdvice recognises the imports by which toolchains fail to make a
// plugin.
func (l language) foreignAdvice(module, name string) (why, hint string) {
	has := strings.HasPrefix
	switch {
	case module == "env":
		return l.envAdvice(name)
	case module == "asyncify":
		return "which TinyGo needs to switch goroutines", "build with tinygo build -scheduler=none"
	case module == "wasi_unstable":
		return "the WASI of 2019, which the host does not offer", "build with a current toolchain, for " + wasiModule
	case has(module, "wasi:") || strings.Contains(module, ":"):
		return "an interface of the component model, which the host does not offer", componentHint.of(l)
	case has(module, "wbg") || has(module, "__wbindgen"):
		return "which wasm-bindgen needs in a browser", "do without wasm-bindgen, and without crates and features that use it (getrandom's js, web-sys)"
	case module == "wasi":
		return notOffered, "WASI threads are not enabled: build for one thread, for " + wasiModule
	case module == "a":
		return "which Emscripten needs in a browser", emscriptenHint
	case module == "":
		return notOffered, undefinedHint.of(l)
	}
	return notOffered, "it offers " + abi.Module + " and " + wasiModule + "; a plugin cannot import another plugin"
}

// envAdvice is foreignAdvice for "env", where linkers and runtimes look for what
// they do not find elsewhere.
func (l language) envAdvice(name string) (why, hint string) {
	has := strings.HasPrefix
	switch {
	case name == "abort" && (l == assemblyScript || l == unknown):
		return "to which AssemblyScript reports failed assertions", "build with asc --use abort= so that they trap instead"
	case name == "seed" || name == "trace" || has(name, "console.") || has(name, "Date.") || has(name, "performance."):
		return "which AssemblyScript takes from a browser", "call random_fill, log and time_now of " + abi.Module + " instead"
	case has(name, "__cxa_") || has(name, "_Unwind_"):
		return "which C++ needs to throw exceptions", exceptionHint.of(l)
	case has(name, "emscripten_") || has(name, "_emscripten_") || has(name, "invoke_") || has(name, "__syscall_"):
		return "which Emscripten needs in a browser", emscriptenHint
	case slices.Contains(libc, name):
		return "a function of the C library, which was not linked", libcHint.of(l)
	}
	return notOffered, undefinedHint.of(l)
}

// libc are functions that C programs call without thinking of a library.
var libc = []string{
	"abort", "atoi", "calloc", "exit", "fopen", "fprintf", "free", "malloc", "memchr", "memcmp", "memcpy", "memmove", "memset", "printf", "puts", "putchar", "realloc",
	"snprintf", "sprintf", "strcat", "strchr", "strcmp", "strcpy", "strlen", "strncmp", "strncpy", "strtol", "strtoul", "time", "vsnprintf",
}

func keys(m map[string]funcType) []string {
	var names []string
	for name := range m {
		names = append(names, name)
	}
	return names
}
