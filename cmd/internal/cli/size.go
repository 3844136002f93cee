package cli

import (
	"fmt"
	"strconv"
	"strings"
)

// Size is a flag for a number of bytes: 4GiB, 500MB, 1.5GB or plain bytes.
type Size int64

var units = []struct {
	suffix string
	size   float64
}{
	{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"TiB", 1 << 40},
	{"kB", 1e3}, {"KB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12}, {"B", 1},
}

// Set parses a size.
func (s *Size) Set(text string) error {
	number, scale := text, 1.0
	for _, u := range units {
		if n, ok := strings.CutSuffix(text, u.suffix); ok {
			number, scale = n, u.size
			break
		}
	}
	v, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if err != nil || !(v > 0) || v*scale >= 1<<62 {
		return fmt.Errorf("%q is no size: write 4GiB, 500MB or a number of bytes", text)
	}
	*s = Size(v * scale)
	return nil
}

// String prints the size in the largest unit that divides it.
func (s *Size) String() string {
	for _, u := range []string{"GiB", "MiB", "KiB"} {
		shift := map[string]int{"GiB": 30, "MiB": 20, "KiB": 10}[u]
		if *s != 0 && *s%(1<<shift) == 0 {
			return fmt.Sprintf("%d%s", *s>>shift, u)
		}
	}
	return fmt.Sprint(int64(*s))
}

// Type names the flag's value in help texts.
func (*Size) Type() string { return "size" }
