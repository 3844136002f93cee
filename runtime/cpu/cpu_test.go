package cpu_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"llada/formats"
	"llada/formats/mmap"
	"llada/formats/mmap/mmaptest"
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

// Shapes that do not fit are the caller's mistake: a panic that names the
// tensor.
func TestWrongShapesPanic(t *testing.T) {
	b := cpu.New(cpu.Options{Threads: 1})
	defer b.Close()
	load := func(name string, shape ...int) backend.Weight {
		info := formats.Info{Name: name, Encoding: formats.F32, Shape: shape}
		w, err := b.Load(t.Context(), formats.Tensor{Info: info, Data: make([]byte, 4*info.Elements())})
		if err != nil {
			t.Fatal(err)
		}
		return w
	}
	w, other, norm := load("wq", 4, 3), load("wu", 5, 3), load("norm", 4)
	act := func(rows, cols int) backend.Act {
		a, err := b.NewAct(rows, cols)
		if err == nil {
			err = b.Write(t.Context(), a, 0, cols, make([]float32, rows*cols))
		}
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	kv, err := b.NewKV(backend.KVSpec{Layers: 1, Slots: 9, Heads: 2, Dim: 4, Encoding: backend.KVF32})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, want string
		call       func()
	}{
		{"input too wide", "tensor wq has 3 columns, its input 5", func() { b.LinearAdd(act(2, 4), w, act(2, 5)) }},
		{"no room for outputs", "tensor wq: output is 2×4, there is room for 6", func() { b.Linear([]backend.Act{act(2, 3)}, []backend.Weight{w}, act(2, 3)) }},
		{"what is added to", "tensor wq: what is added to is 1×4, want 2×4", func() { b.LinearAdd(act(1, 4), w, act(2, 3)) }},
		{"no room for a gated product", "tensor wq: output is 2×4", func() { b.Gated(act(1, 4), w, w, act(2, 3)) }},
		{"a gate of another height", "tensor wq has 4 rows, wu 5", func() { b.Gated(act(2, 4), w, other, act(2, 3)) }},
		{"no room for embeddings", "embed: output is 2×3", func() { b.Embed(act(1, 3), w) }},
		{"positions", "rotate: 2 positions for 3 rows", func() { b.Rotate(act(3, 4), 1, backend.Rope{Theta: 1e4, Dims: 4}) }},
		{"rows asked", "asked: row 5 of 4", func() { b.Asked(act(9, 4), act(4, 4)) }},
		{"a norm of another width", "tensor norm normalizes 4 columns, its input has 6", func() { b.RMSNorm(act(1, 6), act(1, 6), norm, 1e-5) }},
		{"a bias of another width", "tensor norm has 4 columns, its input 6", func() { b.Bias(act(1, 6), norm) }},
		{"keys of another width", "store: 2×7 keys", func() { b.Store(kv, 0, act(2, 7), act(2, 7)) }},
		{"queries of another width", "attend: 2×7 queries of 2 heads", func() { b.Attend(act(2, 8), act(2, 7), kv, 0, 2) }},
		{"rows written apart", "write: 4 numbers as rows of 4, from row 3 of 2×4", func() { b.Write(t.Context(), act(2, 4), 3, 4, make([]float32, 4)) }},
		{"rows of another width", "write: 6 numbers as rows of 3, from row 0 of 2×4", func() { b.Write(t.Context(), act(2, 4), 0, 3, make([]float32, 6)) }},
		{"rows read behind the last", "read: 8 numbers from row 1 of 2×4", func() { b.Read(t.Context(), make([]float32, 8), act(2, 4), 1) }},
	} {
		func() {
			p := &backend.Pass{IDs: []int32{0, 1}, Pos: []int32{0, 1}, Slots: []int32{0, 1}, Asked: []int32{5}}
			if err := b.Begin(t.Context(), p); err != nil {
				t.Fatal(err)
			}
			defer func() {
				if r := recover(); r == nil || !strings.Contains(fmt.Sprint(r), c.want) {
					t.Errorf("%s: panic %v, want %q", c.name, r, c.want)
				}
			}()
			c.call()
		}()
	}
}

func TestOperationsBelongToAPass(t *testing.T) {
	b := cpu.New(cpu.Options{Threads: 1})
	defer b.Close()
	x, err := b.NewAct(1, 1)
	if err != nil {
		t.Fatal(err)
	}
	outside := func(when string) {
		defer func() {
			if r := recover(); r == nil || !strings.Contains(fmt.Sprint(r), "outside a pass") {
				t.Errorf("%s: panic %v", when, r)
			}
		}()
		b.Asked(x, x)
	}
	outside("before any")
	if err := b.Begin(t.Context(), &backend.Pass{}); err != nil {
		t.Fatal(err)
	}
	if _, err := b.End(t.Context()); err != nil {
		t.Fatal(err)
	}
	outside("after one")
	if err := b.Begin(t.Context(), &backend.Pass{}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := b.Begin(ctx, &backend.Pass{}); !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v", err)
	}
	outside("after one that did not begin")
}

// A panic in a worker, and a fault on a mapped weight, is the error of the pass.
// The operations after it do nothing, and the next pass works.
func TestFailuresEndThePass(t *testing.T) {
	for _, threads := range []int{1, 3} {
		b := cpu.New(cpu.Options{Threads: threads})
		defer b.Close()
		const rows, cols = 70, 64
		path := filepath.Join(t.TempDir(), "weights")
		if err := os.WriteFile(path, make([]byte, 4*rows*cols), 0o666); err != nil {
			t.Fatal(err)
		}
		file, err := mmap.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		w, err := b.Load(t.Context(), formats.Tensor{Info: formats.Info{Name: "w", Encoding: formats.F32, Shape: []int{rows, cols}}, Data: file.Data})
		if err != nil {
			t.Fatal(err)
		}
		x, err := b.NewAct(200, cols)
		if err != nil {
			t.Fatal(err)
		}
		y, err := b.NewAct(200, rows)
		if err != nil {
			t.Fatal(err)
		}
		pass := func(ids []int32) error {
			if err := b.Begin(t.Context(), &backend.Pass{IDs: ids, Pos: ids, Slots: ids, Asks: []backend.Ask{{Rows: 1, Logits: true}}}); err != nil {
				t.Fatal(err)
			}
			b.Embed(x, w)
			b.Linear([]backend.Act{y}, []backend.Weight{w}, x)
			b.Head(w, x)
			answers, err := b.End(t.Context())
			if (answers == nil) != (err != nil) {
				t.Errorf("%d answers with error %v", len(answers), err)
			}
			return err
		}
		many := make([]int32, 200)
		if err := pass(many); err != nil {
			t.Fatal(err)
		}
		many[150] = rows // a row that there is not
		if err := pass(many); err == nil || !strings.Contains(err.Error(), "internal error") || !strings.Contains(err.Error(), "out of range") || strings.Contains(err.Error(), "goroutine") {
			t.Errorf("an id outside the table: error %v", err)
		}
		many[150] = 0
		if err := pass(many); err != nil {
			t.Errorf("the pass after a failed one: %v", err)
		}
		if mmaptest.Faultless() != "" {
			continue
		}
		if err := os.Truncate(path, 0); err != nil {
			t.Fatal(err)
		}
		var fault *mmap.Fault
		if err := pass(many); !errors.As(err, &fault) || !strings.Contains(err.Error(), "shortened") {
			t.Errorf("a weight whose file is gone: error %v", err)
		}
		// The first loop of an operation fails, those behind it have nothing to say.
		if err := b.Begin(t.Context(), &backend.Pass{Asks: []backend.Ask{{Rows: 1, Logits: true}}}); err != nil {
			t.Fatal(err)
		}
		b.Head(w, x)
		if _, err := b.End(t.Context()); !errors.As(err, &fault) {
			t.Errorf("a head whose file is gone: error %v", err)
		}
	}
}
