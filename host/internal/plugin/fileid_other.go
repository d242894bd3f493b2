//go:build !linux

package plugin

import "io/fs"

// idOf has nothing portable to tell files apart by: size and time have to do.
func idOf(fs.FileInfo) fileID { return fileID{} }
