package demo

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"

	"github.com/pelletier/go-toml/v2"
)

// newer returns a module of the same code with one more custom section, which
// says that it is one. That is all that is newer about it: a host sees another
// content with another hash, and replaces what runs.
func newer(module []byte) []byte {
	const name, text = "sesshook.demo", "the same code once more"
	section := append(append([]byte{byte(len(name))}, name...), text...)
	return append(append(bytes.Clone(module), 0, byte(len(section))), section...)
}

func hashOf(module []byte) string {
	sum := sha256.Sum256(module)
	return hex.EncodeToString(sum[:])
}

// forDemo returns a sidecar whose [config] has this mode, and which lets a slow
// machine take all the time to compile that we wait.
func forDemo(sidecar []byte, mode string) ([]byte, error) {
	all := map[string]any{}
	if err := toml.Unmarshal(sidecar, &all); err != nil {
		return nil, fmt.Errorf("share.toml: %w", err)
	}
	config, ok := all["config"].(map[string]any)
	if !ok {
		config = map[string]any{}
		all["config"] = config
	}
	config["mode"] = mode
	all["compile_time"] = pluginTime.String()
	return toml.Marshal(all)
}

// put writes a file as one should into a modules directory: beside it first, and
// then under its name at once.
func put(dir, name string, data []byte) error {
	part := filepath.Join(dir, "."+name+".part")
	if err := os.WriteFile(part, data, 0o600); err != nil {
		return noSpace(err)
	}
	if err := os.Rename(part, filepath.Join(dir, name)); err != nil {
		return noSpace(err)
	}
	return nil
}
