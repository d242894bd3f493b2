package session

import (
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"testing"
	"unsafe"
)

func TestInternSharesMemory(t *testing.T) {
	// What is too long for recent is shared until the next collection only.
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	for _, s := range []string{"www.example.com", strings.Repeat("n", maxRecent), strings.Repeat("n", 10_000)} {
		first := Intern(strings.Clone(s))
		for how, again := range map[string]string{"Intern": Intern(strings.Clone(s)), "internBytes": internBytes([]byte(s))} {
			if again != s || unsafe.StringData(again) != unsafe.StringData(first) {
				t.Errorf("%s of %.20q is another string", how, s)
			}
		}
	}
	if Intern("") != "" || internBytes(nil) != "" {
		t.Error("the empty string")
	}
}

func TestInternOfMoreNamesThanItKeeps(t *testing.T) {
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for i := range 2000 {
				want := "host" + strconv.Itoa(i)
				if got := Intern(want); got != want {
					t.Errorf("%q becomes %q", want, got)
				}
				if got := internBytes([]byte(want)); got != want {
					t.Errorf("%q becomes %q", want, got)
				}
			}
		})
	}
	wg.Wait()
}
