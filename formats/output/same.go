package output

import (
	"os"
	"path/filepath"
)

// Same reports whether two paths name one regular file, through links or other
// spellings. Files that do not exist yet are the same if their names are, in the
// same folder.
func Same(a, b string) bool {
	x, errA := os.Stat(a)
	y, errB := os.Stat(b)
	if errA == nil && errB == nil {
		return x.Mode().IsRegular() && os.SameFile(x, y)
	}
	if errA == nil || errB == nil || filepath.Base(a) != filepath.Base(b) {
		return false
	}
	x, errA = os.Stat(filepath.Dir(a))
	y, errB = os.Stat(filepath.Dir(b))
	if errA != nil || errB != nil { // neither can be made
		return filepath.Clean(a) == filepath.Clean(b)
	}
	return os.SameFile(x, y)
}
