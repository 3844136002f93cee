package output

import "golang.org/x/sys/windows"

// space is what the disk that holds a folder has left for this user, false where
// it does not say.
func space(folder string) (int64, bool) {
	path, err := windows.UTF16PtrFromString(folder)
	if err != nil {
		return 0, false
	}
	var free uint64
	err = windows.GetDiskFreeSpaceEx(path, &free, nil, nil)
	return int64(free), err == nil && free < 1<<62
}
