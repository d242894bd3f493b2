package host

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// checkCompileCache refuses a directory that others could plant native code in:
// wazero guards what lies there by a checksum only.
func checkCompileCache(dir, modules string) error {
	if dir == "" {
		return nil
	}
	if modules != "" && inside(dir, modules) {
		return fmt.Errorf("compile cache %s is inside the modules directory %s; whoever may drop a module there could plant native code: choose another directory", dir, modules)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("compile cache: %w; choose a directory that can be written", err)
	}
	info, err := os.Stat(dir)
	if err != nil {
		return fmt.Errorf("compile cache: %w", err)
	}
	if mode := info.Mode().Perm(); mode&0o022 != 0 {
		return fmt.Errorf("compile cache %s can be written by others (mode %04o); run `chmod 700 %s`", dir, mode, dir)
	}
	return nil
}

// inside tells whether dir is root or below it, as far as the paths tell.
func inside(dir, root string) bool {
	absDir, err1 := filepath.Abs(dir)
	absRoot, err2 := filepath.Abs(root)
	if err1 != nil || err2 != nil {
		return false
	}
	rel, err := filepath.Rel(absRoot, absDir)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}
