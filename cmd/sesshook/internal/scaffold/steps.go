package scaffold

// A Step is something to do next, in the plugin's folder.
type Step struct {
	What     string   // a few words
	Commands []string // for a POSIX shell, one after the other
}

// Steps are what leads from the folder to a running plugin, in this order.
func (p *Plugin) Steps() []Step {
	test, build := Step{"Test it", p.Test()}, Step{"Build it", p.Build()}
	if p.Language.testsModule {
		test, build = build, test
	}
	steps := []Step{
		{"Once", p.Once()},
		test,
		build,
		{"Look at what it needs of the host", p.commands("sesshook inspect {%.Name%}.wasm")},
		{"Run it, without a server", p.commands("sesshook run --events events.jsonl {%.Name%}.wasm")},
		{"Measure it", p.commands("sesshook bench {%.Name%}.wasm")},
		{"Drop it into a server's modules", p.commands("mkdir modules", "cp {%.Name%}.wasm {%.Name%}.toml modules", "sesshook serve --modules modules")},
	}
	var some []Step
	for _, s := range steps {
		if len(s.Commands) > 0 {
			some = append(some, s)
		}
	}
	return some
}

// Once are the commands that are typed once on a machine.
func (p *Plugin) Once() []string { return p.commands(p.Language.once...) }

// Test are the commands that test the plugin: natively, where the language allows it.
func (p *Plugin) Test() []string { return p.commands(p.Language.test...) }

// Build are the commands that make NAME.wasm.
func (p *Plugin) Build() []string { return p.commands(p.Language.build...) }

// Reference says where the SDK is documented.
func (p *Plugin) Reference() string { return p.Language.reference }

// Note is a paragraph on building and testing, with an empty line before it; or
// nothing.
func (p *Plugin) Note() string {
	if p.Language.note == "" {
		return ""
	}
	return "\n" + p.Language.note + "\n"
}

// Files are the files of the folder that are worth a word.
func (p *Plugin) Files() []Described {
	var described []Described
	for _, f := range append(p.Language.files[:len(p.Language.files):len(p.Language.files)], all...) {
		if f.what != "" {
			described = append(described, Described{p.commands(f.to)[0], f.what})
		}
	}
	return described
}

// Described is a file and what it is.
type Described struct{ Path, What string }

// commands fills in the plugin's name. The texts are this package's own, which a
// test expands.
func (p *Plugin) commands(texts ...string) []string {
	var filled []string
	for _, text := range texts {
		line, err := p.expand(text)
		if err != nil {
			panic("scaffold: " + err.Error())
		}
		filled = append(filled, line)
	}
	return filled
}
