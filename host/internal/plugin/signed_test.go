package plugin

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// With trusted keys, what is not signed by one of them does not run. The keys
// and signatures are made by the ordinary minisign.
func TestOnlySignedModulesRun(t *testing.T) {
	if _, err := exec.LookPath("minisign"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("minisign is missing: apt-get install minisign")
		}
		t.Skip("minisign is not installed; CI has it")
	}
	keys := t.TempDir()
	minisign := func(args ...string) {
		t.Helper()
		if out, err := exec.Command("minisign", args...).CombinedOutput(); err != nil {
			t.Fatalf("minisign %v: %v\n%s", args, err, out)
		}
	}
	for _, name := range []string{"old", "new", "stranger"} {
		minisign("-G", "-W", "-p", filepath.Join(keys, name+".pub"), "-s", filepath.Join(keys, name+".key"))
	}
	trusted := filepath.Join(keys, "trusted")
	trust := func(names ...string) {
		t.Helper()
		var all []byte
		for _, name := range names {
			data, err := os.ReadFile(filepath.Join(keys, name+".pub"))
			must(t, err)
			all = append(all, data...)
		}
		must(t, os.WriteFile(trusted, all, 0o600))
	}
	trust("old", "new")
	r := newRig(t, func(c *Config) { c.TrustedKeys = trusted })
	sign := func(by string) {
		t.Helper()
		minisign("-S", "-s", filepath.Join(keys, by+".key"), "-m", filepath.Join(r.dir, "sequencer.wasm"))
		r.scan()
	}
	expect := func(state, why string) {
		t.Helper()
		r.scan()
		if st := r.status("sequencer"); st.State != state {
			t.Errorf("%s: %s (%s), want %s", why, st.State, st.LastError, state)
		}
	}
	r.load("sequencer", "")
	expect("failed", "without a signature")
	sign("stranger")
	expect("failed", "signed by a stranger")
	sign("old")
	expect("running", "signed by a trusted key")
	if st := r.status("sequencer"); len(st.Signer) == 0 {
		t.Error("the signer is not shown")
	}
	r.put("sequencer.wasm", variant(guest(t, "sequencer"), 1))
	r.scan()
	if st := r.status("sequencer"); st.Generation != 1 || st.LastError == "" {
		t.Errorf("an unsigned module replaced a signed one: generation %d", st.Generation)
	}
	trust("new") // rotated
	sign("old")
	if st := r.status("sequencer"); st.Generation != 1 {
		t.Error("signed by a key that is trusted no longer, and loaded")
	}
	sign("new")
	if st := r.status("sequencer"); st.Generation != 2 {
		t.Errorf("signed by the new key, and not loaded: %s", st.LastError)
	}
}
