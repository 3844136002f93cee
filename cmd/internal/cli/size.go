package cli

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/spf13/pflag"
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

// What sizes may be: less is no bound that a program can keep, more none at all.
const (
	leastSize = 64 << 10
	mostSize  = 1024 << 40
)

// Range says which sizes there are.
func (*Size) Range() string { return "64KiB to 1024TiB" }

// SizeVar adds a flag for a size.
func SizeVar(f *pflag.FlagSet, s *Size, name string, value Size, usage string) {
	*s = value
	add(f, s, name, usage, false)
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
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		return fmt.Errorf("%q is no size: write 4GiB, 500MB or a number of bytes", text)
	}
	if v *= scale; v < leastSize || v > mostSize {
		return fmt.Errorf("want a size, %s", s.Range())
	}
	*s = Size(v)
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
