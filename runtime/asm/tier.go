package asm

import (
	"fmt"
	"os"
	"slices"
	"strings"
)

// Tier is the set of kernels for one level of an instruction set.
type Tier struct {
	Name   string
	ok     bool // the processor and the system support it
	ints   *intKernels
	float  *floatKernels
	search *searchKernels
}

// tiers are those compiled into this build, the best last. Files of an
// architecture append to it from init.
var tiers = []*Tier{{Name: "generic", ok: true, ints: &genericInts, float: &genericFloats, search: &genericSearch}}

// active is the tier in use. It changes at start and in tests only.
var active = tiers[0]

func register(name string, ok bool, ints *intKernels, float *floatKernels, search *searchKernels) {
	tiers = append(tiers, &Tier{Name: name, ok: ok, ints: ints, float: float, search: search})
}

// Variable forces a tier by its name.
const Variable = "LLADA_ASM"

// Start chooses the best tier that the processor supports, or the one that the
// variable LLADA_ASM names. It is called once, before any kernel.
func Start() error {
	if name := os.Getenv(Variable); name != "" {
		if err := Use(name); err != nil {
			return fmt.Errorf("environment variable %s: %w", Variable, err)
		}
		return nil
	}
	for _, t := range tiers {
		if t.ok {
			active = t
		}
	}
	return nil
}

// Use switches to a tier. No kernel may be running.
func Use(name string) error {
	i := slices.IndexFunc(tiers, func(t *Tier) bool { return t.Name == name })
	if i < 0 {
		return fmt.Errorf("unknown kernels %q: this build has %s", name, strings.Join(Names(false), ", "))
	}
	if !tiers[i].ok {
		return fmt.Errorf("kernels %q need a processor that has them; this one runs %s", name, strings.Join(Names(true), ", "))
	}
	active = tiers[i]
	return nil
}

// Active names the tier in use.
func Active() string { return active.Name }

// Names lists the tiers of this build, or only those that the processor runs.
func Names(supported bool) []string {
	var names []string
	for _, t := range tiers {
		if t.ok || !supported {
			names = append(names, t.Name)
		}
	}
	return names
}
