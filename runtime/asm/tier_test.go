package asm

import (
	"os"
	"strings"
	"testing"
)

// atStart is the tier before anybody called anything.
var atStart = Active()

func TestTierAtStart(t *testing.T) {
	supported := Names(true)
	want := supported[len(supported)-1]
	if name := os.Getenv(Variable); name != "" && Check() == nil {
		want = name
	}
	if atStart != want {
		t.Errorf("%q computes, want %q of %q", atStart, want, supported)
	}
}

func TestChoose(t *testing.T) {
	list := []*Tier{{Name: "generic", ok: true}, {Name: "good", ok: true}, {Name: "better", ok: true}, {Name: "best"}}
	for _, c := range []struct{ name, want, err string }{
		{"", "better", ""},
		{"generic", "generic", ""},
		{"good", "good", ""},
		{"best", "better", `kernels "best" need a processor that has them; this one runs generic, good, better`},
		{"Good", "better", `unknown kernels "Good": this build has generic, good, better, best`},
	} {
		got, err := choose(list, c.name)
		if got.Name != c.want {
			t.Errorf("%q chooses %q, want %q", c.name, got.Name, c.want)
		}
		if (err == nil) != (c.err == "") || err != nil && err.Error() != c.err {
			t.Errorf("%q: error %v, want %q", c.name, err, c.err)
		}
	}
	if got, err := choose(list[:1], ""); got != list[0] || err != nil {
		t.Errorf("of one tier %q is chosen, %v", got.Name, err)
	}
}

// What is wrong with the variable is reported with its name.
func TestCheck(t *testing.T) {
	defer func(err error) { errVariable = err }(errVariable)
	if errVariable = nil; Check() != nil {
		t.Errorf("an error without one: %v", Check())
	}
	_, errVariable = choose(tiers, "neither")
	if err := Check(); err == nil || !strings.HasPrefix(err.Error(), `environment variable LLADA_ASM: unknown kernels "neither"`) {
		t.Errorf("error %v", err)
	}
}

func TestUse(t *testing.T) {
	before := Active()
	defer Use(before)
	for _, name := range []string{"", "neither"} {
		if err := Use(name); err == nil || Active() != before {
			t.Errorf("%q is used, error %v", Active(), err)
		}
	}
	if err := Use("generic"); err != nil || Active() != "generic" {
		t.Errorf("%q is used, error %v", Active(), err)
	}
}
