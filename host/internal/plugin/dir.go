package plugin

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/sesshook/sesshook/host/internal/plugin/provenance"
	"github.com/sesshook/sesshook/host/internal/plugin/sidecar"
)

const (
	moduleSuffix  = ".wasm"
	sidecarSuffix = ".toml"

	// maxSidecar is the largest sidecar that is read, in bytes.
	maxSidecar = 1 << 20
)

// A stamp tells, without reading a file, whether it may have changed. The zero
// stamp is that of a file that is not there.
type stamp struct {
	size  int64
	mtime time.Time
	info  fileID
}

// A fileID tells files apart that were put in each other's place: a rename or a
// symlink swap changes it even where size and time stay.
type fileID struct{ device, inode, ctime uint64 }

// stampOf follows symbolic links, as ConfigMap mounts need.
func stampOf(path string) (stamp, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return stamp{}, nil
	}
	if err != nil {
		return stamp{}, err
	}
	if !info.Mode().IsRegular() {
		return stamp{}, fmt.Errorf("%s is not a file", path)
	}
	return stamp{info.Size(), info.ModTime(), idOf(info)}, nil
}

// A sighting is what one look at the directory saw of one plugin.
type sighting struct{ module, sidecar, signature stamp }

// empty reports whether a file is there that has nothing in it.
func (s sighting) empty() bool {
	for _, f := range []stamp{s.module, s.sidecar, s.signature} {
		if f != (stamp{}) && f.size == 0 {
			return true
		}
	}
	return false
}

// look lists the plugins of dir by name. An entry that can't be looked at is
// in trouble, and changes nothing of what runs.
func look(dir string) (seen map[string]sighting, trouble map[string]error, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, nil, fmt.Errorf("read the modules directory: %w", err)
	}
	seen, trouble = map[string]sighting{}, map[string]error{}
	for _, entry := range entries {
		name, ok := strings.CutSuffix(entry.Name(), moduleSuffix)
		if !ok || name == "" || strings.HasPrefix(name, ".") {
			continue // dot files: editors' and ConfigMaps' own business
		}
		module, err := stampOf(filepath.Join(dir, entry.Name()))
		if err == nil && module == (stamp{}) {
			continue // gone, or a dangling link
		}
		var side, signature stamp
		if err == nil {
			side, err = stampOf(filepath.Join(dir, name+sidecarSuffix))
		}
		if err == nil {
			signature, err = stampOf(filepath.Join(dir, entry.Name()+provenance.Suffix))
		}
		if err != nil {
			trouble[name] = err
			continue
		}
		seen[name] = sighting{module, side, signature}
	}
	return seen, trouble, nil
}

// content is one plugin's files, read once.
type content struct {
	path    string
	wasm    []byte
	sidecar []byte // nil where there is none
	side    *sidecar.Sidecar
	sum     string // SHA-256 of wasm, in hexadecimal digits
	seen    sighting

	signature []byte // nil where there is none
	signer    string // whose it is; empty where nobody asks for one
}

// key identifies module, sidecar and signature together: what makes a reload
// needed.
func (c content) key() string {
	beside := sha256.New()
	fmt.Fprintf(beside, "%v %d ", c.sidecar == nil, len(c.sidecar))
	beside.Write(c.sidecar)
	beside.Write(c.signature)
	return c.sum + "+" + hex.EncodeToString(beside.Sum(nil))
}

// errChanging is returned when a file changed while it was read.
var errChanging = errors.New("file is still being written")

// read reads the files that a look saw: the sidecar first, which bounds the
// module.
func read(dir, name string, seen sighting) (content, error) {
	c := content{path: filepath.Join(dir, name+moduleSuffix), seen: seen}
	var err error
	if seen.sidecar != (stamp{}) {
		if c.sidecar, err = readFile(filepath.Join(dir, name+sidecarSuffix), seen.sidecar, maxSidecar, "sidecar"); err != nil {
			return c, err
		}
	}
	if c.side, err = sidecar.Parse(name+sidecarSuffix, c.sidecar); err != nil {
		return c, err
	}
	if c.wasm, err = readFile(c.path, seen.module, int64(c.side.ModuleSize), "module"); err != nil {
		return c, err
	}
	sum := sha256.Sum256(c.wasm)
	c.sum = hex.EncodeToString(sum[:])
	if seen.signature != (stamp{}) {
		c.signature, err = readFile(c.path+provenance.Suffix, seen.signature, provenance.MaxSignature, "signature")
	}
	return c, err
}

func readFile(path string, seen stamp, limit int64, what string) ([]byte, error) {
	if seen.size > limit {
		return nil, fmt.Errorf("%s %s has %d bytes; at most %d are read: strip it of debug information, or of what it does not need", what, path, seen.size, limit)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, fmt.Errorf("read %s %s: %w", what, path, err)
	}
	if now, err := stampOf(path); err != nil || now != seen || int64(len(data)) != seen.size {
		return nil, errChanging
	}
	return data, nil
}
