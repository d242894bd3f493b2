//go:build languages

package c

import (
	"strings"
	"testing"

	"github.com/sesshook/sesshook/abi/internal/toolchain"
)

var shell toolchain.Shell

// TestREADME takes the author's way.
func TestREADME(t *testing.T) {
	if toolchain.Require(t, "bash", "clang-19", "clang++-19", "wasm-ld-19", "cc", "c++", "curl") {
		shell.Author(t, "README.md")
	}
}

// TestRatelimitRefuses tries what its README says, on a server: the second client is
// not let resume.
func TestRatelimitRefuses(t *testing.T) {
	if !toolchain.Require(t, "bash", "curl", "openssl") {
		return
	}
	folder := t.TempDir()
	listen, admin := toolchain.FreePort(t), toolchain.FreePort(t)
	shell.Bash(t, toolchain.Root, "go build -o "+folder+" ./cmd/sesshook && cp testdata/languages/ratelimit.wasm "+folder)
	try := strings.NewReplacer("127.0.0.1:8443", listen, "127.0.0.1:9180", admin).Replace(toolchain.Commands(t, "../../guest-examples/ratelimit/README.md", "serve"))
	out := shell.Bash(t, folder, `mkdir modules
./sesshook serve --listen `+listen+` --admin `+admin+` --modules modules 2> log & server=$!
until curl -sk https://`+listen+`/ > page.json; do sleep 0.1; done
`+try+`kill $server
wait
`)
	if n := strings.Count(out, ":New"); n != 2 || strings.Contains(out, ":Reused") {
		t.Errorf("%d of 2 handshakes are full ones:\n%s", n, out)
	}
}
