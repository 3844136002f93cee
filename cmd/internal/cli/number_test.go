package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

func TestRanges(t *testing.T) {
	var n int
	var id int32
	var seed uint64
	var p, delta float64
	var rows []int
	set := pflag.NewFlagSet("x", pflag.ContinueOnError)
	Whole(set, &n, "n", 8, 1, 1024, "`things`")
	Whole(set, &id, "id", -1, 0, 1<<31-1, "an id")
	Seed(set, &seed, "seed", "a seed")
	Positive(set, &p, "p", 0.9, 1, "a probability")
	Real(set, &delta, "delta", 0, -1e6, 1e6, "a difference")
	List(set, &rows, "rows", []int{12, 32}, 1, 100, "rows")
	for _, c := range []struct {
		flag, text, want string // want "": refused
	}{
		{"n", "1", "1"}, {"n", "1024", "1024"}, {"n", "010", "10"}, {"n", "0", ""}, {"n", "1025", ""}, {"n", "-1", ""}, {"n", "1e3", ""},
		{"n", "9223372036854775807", ""}, {"n", "18446744073709551617", ""}, {"n", "1_0", ""}, {"n", "1.0", ""},
		{"id", "0", "0"}, {"id", "2147483647", "2147483647"}, {"id", "2147483648", ""}, {"id", "-1", ""},
		{"seed", "18446744073709551615", "18446744073709551615"}, {"seed", "-1", ""},
		{"p", "1", "1"}, {"p", "0.25", "0.25"}, {"p", "0", ""}, {"p", "1.0000001", ""}, {"p", "NaN", ""}, {"p", "-0", ""},
		{"delta", "-1e6", "-1000000"}, {"delta", "1e308", ""}, {"delta", "NaN", ""}, {"delta", "Inf", ""},
		{"rows", "1,2, 3", "1,2,3"}, {"rows", "100", "1,2,3,100"}, {"rows", "1,,2", ""}, {"rows", "0", ""}, {"rows", "101", ""},
		{"rows", strings.Repeat("1,", 60) + "1", ""},
	} {
		f := set.Lookup(c.flag)
		before := f.Value.String()
		err := set.Set(c.flag, c.text)
		if c.want == "" {
			if err == nil || !strings.Contains(err.Error(), f.Value.(Ranged).Range()) || f.Value.String() != before {
				t.Errorf("--%s %s: %v, error %v", c.flag, c.text, f.Value, err)
			}
		} else if err != nil || f.Value.String() != c.want {
			t.Errorf("--%s %s: %v, error %v", c.flag, c.text, f.Value, err)
		}
	}
	if got := fmt.Sprint(n, id, seed, p, delta, rows); got != "10 2147483647 18446744073709551615 0.25 -1e+06 [1 2 3 100]" {
		t.Errorf("values %s", got)
	}
	help := set.FlagUsages()
	for _, want := range []string{"--n things       things, 1 to 1024 (default 8)\n", "an id, 0 to 2147483647\n", "a seed\n", "a probability, above 0, at most 1 (default 0.9)\n", "rows, 1 to 100 (default 12,32)\n"} {
		if !strings.Contains(help, want) {
			t.Errorf("help has no %q:\n%s", want, help)
		}
	}
}

func TestVisible(t *testing.T) {
	text := "a\tb\n\x1b[31mred\x00\x7f\r\u0085\u009b2J\u202egnp.\u2066\u2028\u2029\u200f é 漢字 👩‍👩 \u00a0\xff\xe2\x82"
	want := "a\tb\n" + `\x1b[31mred\x00\x7f\x0d\u0085\u009b2J\u202egnp.\u2066\u2028\u2029\u200f` + " é 漢字 👩‍👩 \u00a0" + `\xff\xe2\x82`
	if got, want := Word(text), strings.NewReplacer("\n", `\n`, "\t", `\t`).Replace(want); got != want {
		t.Errorf("a word:\n%q, want\n%q", got, want)
	}
	for _, n := range []int{1, 2, 3, 5, 100} { // characters cut anywhere
		var b strings.Builder
		w := Visible(&b)
		for part := range slices.Chunk([]byte(text+"."), n) {
			if m, err := w.Write(part); m != len(part) || err != nil {
				t.Fatal(m, err)
			}
		}
		if b.String() != want+"." {
			t.Errorf("in parts of %d: %q", n, b.String())
		}
	}
	var b strings.Builder
	if err := PrintJSON(&b, "<\u202e\x1b\x7fé>"); err != nil || b.String() != `"<\u202e\u001b\u007fé>"`+"\n" {
		t.Errorf("JSON %s", b.String())
	}
	b.Reset()
	report(&b, "x", true, errors.New("\u202e\x1b"))
	if b.String() != `{"code":1,"error":"\u202e\u001b"}`+"\n" {
		t.Errorf("JSON %s", b.String())
	}
}
