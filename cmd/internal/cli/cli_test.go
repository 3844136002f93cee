package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"llada/formats"
)

func TestSize(t *testing.T) {
	for _, c := range []struct {
		text  string
		want  Size
		print string
	}{
		{"4GiB", 4 << 30, "4GiB"},
		{"512 MiB", 512 << 20, "512MiB"},
		{"100.5KiB", 102912, "102912"},
		{"1024TiB", 1 << 50, "1048576GiB"},
		{"500MB", 500_000_000, "500000000"},
		{"4.6GB", 4_600_000_000, "4600000000"},
		{"65.536kB", 65536, "64KiB"},
		{"1TiB", 1 << 40, "1024GiB"},
		{"77777B", 77777, "77777"},
		{"77777", 77777, "77777"},
	} {
		t.Run(c.text, func(t *testing.T) {
			var s Size
			if err := s.Set(c.text); err != nil || s != c.want || s.String() != c.print {
				t.Errorf("%d, printed %s, error %v; want %d, %s", s, s.String(), err, c.want, c.print)
			}
			var again Size
			if err := again.Set(s.String()); err != nil || again != s {
				t.Errorf("%s reads as %d", s.String(), again)
			}
		})
	}
	for _, text := range []string{"", "GiB", "NaN", "Inf", "-Inf", "1e400", "4XB", "4 G iB"} {
		var s Size
		if err := s.Set(text); err == nil || !strings.Contains(err.Error(), "is no size: write 4GiB, 500MB or a number of bytes") {
			t.Errorf("%q: error %v, size %d", text, err, s)
		}
	}
	for _, text := range []string{"-1", "0", "63KiB", "1e30", "1025TiB"} {
		var s Size
		if err := s.Set(text); err == nil || !strings.Contains(err.Error(), "want a size, 64KiB to 1024TiB") {
			t.Errorf("%q: error %v, size %d", text, err, s)
		}
	}
}

func TestCode(t *testing.T) {
	parse := &formats.ParseError{File: "x", Offset: -1, Err: fs.ErrNotExist}
	for _, c := range []struct {
		name string
		err  error
		want int
	}{
		{"none", nil, 0},
		{"any", errors.New("x"), 1},
		{"usage", Usagef("x"), 2},
		{"usage of another", Usage(errors.New("x")), 2},
		{"no usage error", Usage(nil), 0},
		{"wrapped usage", fmt.Errorf("y: %w", Usagef("x")), 2},
		{"gate", Gatef("x"), 3},
		{"damage", parse, 4},
		{"wrapped damage", fmt.Errorf("y: %w", parse), 4},
		{"joined damage", errors.Join(errors.New("x"), parse), 4},
		{"interrupted", context.Canceled, 130},
		{"interrupted at something", fmt.Errorf("%w: %w", parse, context.Canceled), 130},
		{"too late", context.DeadlineExceeded, 1},
	} {
		if got := Code(c.err); got != c.want {
			t.Errorf("%s: code %d, want %d", c.name, got, c.want)
		}
	}
}

func TestBytes(t *testing.T) {
	for n, want := range map[int64]string{0: "0 B", 999: "999 B", 1000: "1.00 kB", 2_830_000: "2.83 MB", 4_699_000_000: "4.70 GB"} {
		if got := Bytes(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}
