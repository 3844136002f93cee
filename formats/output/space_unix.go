//go:build darwin || dragonfly || freebsd || linux

package output

import "golang.org/x/sys/unix"

// space is what the disk that holds a folder has left for this user, false where
// it does not say.
func space(folder string) (int64, bool) {
	var s unix.Statfs_t
	if unix.Statfs(folder, &s) != nil || s.Blocks == 0 {
		return 0, false
	}
	free, block := int64(s.Bavail), int64(s.Bsize)
	if free < 0 || block <= 0 || free > (1<<62)/block {
		return 0, false
	}
	return free * block, true
}
