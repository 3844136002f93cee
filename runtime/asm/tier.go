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

// tiers are those compiled into this build, the best last.
var tiers = append([]*Tier{
	{"generic", true, &genericInts, &genericFloats, &genericSearch},
}, machineTiers()...)

// Variable forces a tier by its name.
const Variable = "LLADA_ASM"

// active is the tier in use, from the beginning the best one or the one that
// LLADA_ASM names; errVariable is what is wrong with that name.
var active, errVariable = choose(tiers, os.Getenv(Variable))

// choose takes the tier of that name from a list in ascending order; without a
// name, or with one that cannot be had, which is an error, the best that the
// processor supports.
func choose(tiers []*Tier, name string) (*Tier, error) {
	var err error
	if name != "" {
		t, e := find(tiers, name)
		if e == nil {
			return t, nil
		}
		err = e
	}
	best := tiers[0]
	for _, t := range tiers {
		if t.ok {
			best = t
		}
	}
	return best, err
}

func find(tiers []*Tier, name string) (*Tier, error) {
	i := slices.IndexFunc(tiers, func(t *Tier) bool { return t.Name == name })
	if i < 0 {
		return nil, fmt.Errorf("unknown kernels %q: this build has %s", name, strings.Join(names(tiers, false), ", "))
	}
	if !tiers[i].ok {
		return nil, fmt.Errorf("kernels %q need a processor that has them; this one runs %s", name, strings.Join(names(tiers, true), ", "))
	}
	return tiers[i], nil
}

// Check is what is wrong with the environment variable LLADA_ASM, nil if
// nothing is. Without a call the best tier computes in its place.
func Check() error {
	if errVariable != nil {
		return fmt.Errorf("environment variable %s: %w", Variable, errVariable)
	}
	return nil
}

// Use switches to a tier, for tests and benchmarks only. No kernel may be
// running.
//
// What it switches is the one mutable global of the project. Results do not
// depend on it, since every tier agrees with the portable one to the bit, and as
// an argument it would go through every call of a kernel.
func Use(name string) error {
	t, err := find(tiers, name)
	if err != nil {
		return err
	}
	active = t
	return nil
}

// Active names the tier in use.
func Active() string { return active.Name }

// Names lists the tiers of this build, or only those that the processor runs.
func Names(supported bool) []string { return names(tiers, supported) }

func names(tiers []*Tier, supported bool) []string {
	var list []string
	for _, t := range tiers {
		if t.ok || !supported {
			list = append(list, t.Name)
		}
	}
	return list
}
