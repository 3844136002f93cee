package cpu_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"llada/formats"
	"llada/runtime/asm"
	"llada/runtime/backend"
	"llada/runtime/backend/backendtest"
	"llada/runtime/cpu"
)

var threads = []int{1, 2, 8}

// paths are the ways to multiply.
var paths = []cpu.Options{{Exact: true}, {Exact: true, BF16: true}, {}}

// tiers runs f with every set of kernels that this processor has.
func tiers(t *testing.T, f func(t *testing.T, tier string)) {
	before := asm.Active()
	defer asm.Use(before)
	for _, tier := range asm.Names(true) {
		if err := asm.Use(tier); err != nil {
			t.Fatal(err)
		}
		t.Run(tier, func(t *testing.T) { f(t, tier) })
	}
}

func TestConformance(t *testing.T) {
	tiers(t, func(t *testing.T, tier string) {
		for _, o := range paths {
			for _, n := range threads {
				if n != 2 && (testing.Short() || tier != "generic") {
					continue
				}
				o.Threads = n
				t.Run(fmt.Sprintf("threads=%d/exact=%v/bf16=%v", n, o.Exact, o.BF16), func(t *testing.T) {
					backendtest.Run(t, func(*testing.T) backend.Backend { return cpu.New(o) },
						backendtest.Options{Exact: o.Exact, BF16: o.BF16, BitExact: true})
				})
			}
		}
	})
}

// One output is computed by one worker in one order, and every kernel follows
// its definition to the bit.
func TestThreadsAndKernelsDoNotMatter(t *testing.T) {
	for _, o := range paths {
		var first []float32
		tiers(t, func(t *testing.T, tier string) {
			for _, n := range threads {
				o.Threads = n
				b := cpu.New(o)
				got := backendtest.Trace(t, b)
				b.Close()
				if first == nil {
					first = got
				}
				for i := range first {
					if math.Float32bits(got[i]) != math.Float32bits(first[i]) {
						t.Fatalf("%s: output %d is %v on %d threads of %s, %v on %d of %s", b.Name(), i, got[i], n, tier, first[i], threads[0], asm.Names(true)[0])
					}
				}
			}
		})
	}
}

func TestName(t *testing.T) {
	for _, c := range []struct {
		o    cpu.Options
		want []string
	}{
		{cpu.Options{Threads: 3}, []string{"3 threads", "int8"}},
		{cpu.Options{Exact: true}, []string{"1 thread", "float32"}},
		{cpu.Options{Exact: true, BF16: true}, []string{"float32", "bf16"}},
	} {
		b := cpu.New(c.o)
		for _, w := range c.want {
			if !strings.Contains(b.Name(), w) {
				t.Errorf("name %q lacks %q", b.Name(), w)
			}
		}
		b.Close()
	}
}

func TestFlushReportsCancellation(t *testing.T) {
	b := cpu.New(cpu.Options{Threads: 2})
	defer b.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := b.Flush(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("flush: %v", err)
	}
}

// Shapes that do not fit are the caller's mistake: a panic that names the
// tensor.
func TestWrongShapesPanic(t *testing.T) {
	b := cpu.New(cpu.Options{Threads: 1})
	defer b.Close()
	w, err := b.Load(formats.Tensor{Info: formats.Info{Name: "wq", Encoding: formats.F32, Shape: []int{4, 3}}, Data: make([]byte, 48)})
	if err != nil {
		t.Fatal(err)
	}
	act := func(rows, cols int) backend.Act {
		a, err := b.NewAct(rows, cols)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	for _, c := range []struct {
		name, want string
		call       func()
	}{
		{"input too wide", "tensor wq has 3 columns, its input 5", func() { b.LinearAdd(act(2, 4), w, act(2, 5)) }},
		{"output too narrow", "tensor wq: output is 2×3, want 2×4", func() { b.Linear([]backend.Act{act(2, 3)}, []backend.Weight{w}, act(2, 3)) }},
		{"rows of a gated product", "tensor wq: output is 1×4", func() { b.Gated(act(1, 4), w, w, act(2, 3)) }},
		{"ids", "embed: 3 ids", func() { b.Embed(act(2, 3), w, []int32{0, 1, 2}) }},
		{"positions", "rotate: 1 positions", func() { b.Rotate(act(2, 4), 1, []int32{0}, backend.Rope{Theta: 1e4, Dims: 4}) }},
		{"rows to gather", "gather: 1 rows into 2", func() { b.Gather(act(2, 4), act(2, 4), []int32{0}) }},
	} {
		func() {
			defer func() {
				if r := recover(); r == nil || !strings.Contains(fmt.Sprint(r), c.want) {
					t.Errorf("%s: panic %v, want %q", c.name, r, c.want)
				}
			}()
			c.call()
		}()
	}
}
