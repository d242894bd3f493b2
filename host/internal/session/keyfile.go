package session

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
)

// maxKeyFile is the longest key file in bytes: more than a thousand keys.
const maxKeyFile = 64 << 10

// ReadKeyFile reads the farm keys of the file at path, in its order: one key a
// line in base64, as Key.Encode writes it; empty lines, and whatever follows a
// #, are skipped. It refuses a file without a key, one in which a key stands
// twice, and whatever is not 32 bytes in base64. The errors name the file and
// the line and say what to do, and never quote what stands there.
//
// It reads any file that it can; KeyFileExposed says whether others can too.
func ReadKeyFile(path string) ([]Key, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("farm keys: %w; %s", err, keygenHint(path))
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxKeyFile+1))
	if err != nil {
		return nil, fmt.Errorf("farm keys: %w", err)
	}
	return parseKeys(path, text)
}

// KeyFileExposed returns an error that says so where the file's mode lets
// others than its owner and group read it, and nil where it does not, where
// there is no file, and on systems without such modes. It is worth a warning,
// not a refusal: a mounted secret often has no better mode.
func KeyFileExposed(path string) error {
	info, err := os.Stat(path)
	if err != nil || runtime.GOOS == "windows" || info.Mode().Perm()&0o004 == 0 {
		return nil
	}
	return fmt.Errorf("%s: everybody on this machine can read the farm keys (mode %04o); run `chmod 600 %[1]s`", path, info.Mode().Perm())
}

// A file that is there holds other keys perhaps, which a new file would lose.
const lineHint = "replace the line by one that `sesshook keygen` prints (a new file: `sesshook keygen > FILE`)"

func keygenHint(path string) string { return fmt.Sprintf("make one with `sesshook keygen > %s`", path) }

func parseKeys(path string, text []byte) ([]Key, error) {
	if len(text) > maxKeyFile {
		return nil, fmt.Errorf("%s: longer than %d bytes, so it is no key file; %s", path, maxKeyFile, keygenHint(path))
	}
	var keys []Key
	var lines []int // where each key stands
	for i, line := range strings.Split(string(text), "\n") {
		line, _, _ = strings.Cut(line, "#")
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		key, err := parseKey(line)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w; %s", path, i+1, err, lineHint)
		}
		if first := slices.Index(keys, key); first >= 0 {
			return nil, fmt.Errorf("%s:%d: the same key as in line %d; delete one of the two lines", path, i+1, lines[first])
		}
		keys, lines = append(keys, key), append(lines, i+1)
	}
	if len(keys) == 0 {
		return nil, fmt.Errorf("%s: there is no farm key in this file; %s", path, keygenHint(path))
	}
	return keys, nil
}

func parseKey(s string) (Key, error) {
	b, err := base64.StdEncoding.Strict().DecodeString(s)
	if err != nil {
		return Key{}, errors.New("not base64: a line is one farm key of 32 bytes in base64")
	}
	if len(b) != KeySize {
		return Key{}, fmt.Errorf("a farm key is %d bytes in base64, and this is %d", KeySize, len(b))
	}
	return Key(b), nil
}
