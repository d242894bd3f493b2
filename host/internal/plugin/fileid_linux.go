package plugin

import (
	"io/fs"
	"syscall"
)

func idOf(info fs.FileInfo) fileID {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return fileID{uint64(st.Dev), uint64(st.Ino), uint64(st.Ctim.Nano())}
	}
	return fileID{}
}
