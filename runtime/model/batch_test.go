package model_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"llada/formats"
	"llada/runtime/backend"
	"llada/runtime/cpu"
	"llada/runtime/model"
)

// batch is one sequence with every row asked.
func batch(in []int32) model.Batch {
	return model.Batch{{IDs: in, Rows: upTo(len(in))}}
}

func sameRow(x, y []float32) bool {
	return slices.EqualFunc(x, y, func(a, b float32) bool { return math.Float32bits(a) == math.Float32bits(b) })
}

// A sequence's logits have the same bits whatever else is in the pass.
func TestSequencesDoNotMeet(t *testing.T) {
	a := randomArch(t)
	src := random(t, a, mixed)
	for _, exact := range []bool{true, false} {
		m := load(t, src, a, exact)
		var b model.Batch
		var alone [][]float32
		for i, n := range []int{7, 1, 24, 7, 16} {
			s := batch(ids(n, uint64(i)))
			alone = append(alone, logits(t, m, s)...)
			b = append(b, s...)
		}
		together := logits(t, m, b)
		if len(together) != len(alone) {
			t.Fatalf("%d rows, want %d", len(together), len(alone))
		}
		for i := range alone {
			if !sameRow(together[i], alone[i]) {
				t.Fatalf("exact=%v: row %d of the batch differs from its sequence alone", exact, i)
			}
		}
	}
}

func TestAskedRows(t *testing.T) {
	a := randomArch(t)
	src := random(t, a, mixed)
	m := load(t, src, a, false)
	x, y := ids(12, 1), ids(9, 2)
	full := logits(t, m, model.Batch{batch(x)[0], batch(y)[0]})
	// Any order, repeated, and a sequence that only takes part.
	some := logits(t, m, model.Batch{{IDs: x, Rows: []int32{11, 0, 3, 3}}, {IDs: y, Rows: []int32{8, 2}}})
	for i, from := range []int{11, 0, 3, 3, 12 + 8, 12 + 2} {
		if !sameRow(some[i], full[from]) {
			t.Errorf("asked row %d differs from row %d of all", i, from)
		}
	}
	one := logits(t, m, model.Batch{{IDs: x}, {IDs: y, Rows: []int32{4}}})
	if len(one) != 1 || !sameRow(one[0], full[12+4]) {
		t.Errorf("%d rows from a batch where one is asked", len(one))
	}
}

// Passes of many sizes, more than the model keeps room for, leave nothing
// behind.
func TestPassesAreIndependent(t *testing.T) {
	a := randomArch(t)
	m := load(t, random(t, a, plain), a, true)
	in := ids(10, 3)
	first := logits(t, m, batch(in))
	for n := 1; n <= 24; n++ {
		logits(t, m, batch(ids(n, uint64(n))))
	}
	for i, row := range logits(t, m, batch(in)) {
		if !sameRow(row, first[i]) {
			t.Fatalf("row %d changed after other passes", i)
		}
	}
}

func TestPredictRefuses(t *testing.T) {
	a := randomArch(t)
	m := load(t, random(t, a, plain), a, true)
	for _, c := range []struct {
		name, want string
		batch      model.Batch
	}{
		{"no sequence", "no position is asked", nil},
		{"an empty sequence", "sequence 1 is empty", model.Batch{batch(ids(3, 1))[0], {}}},
		{"a long sequence", "sequence of 25 tokens exceeds the model's context of 24", batch(ids(25, 1))},
		{"an id too great", "token id 71 at position 1 is outside the vocabulary of 71", batch([]int32{0, 71})},
		{"a negative id", "token id -1 at position 0", batch([]int32{-1})},
		{"a row behind the end", "position 2 asked of a sequence of 2", model.Batch{{IDs: []int32{1, 2}, Rows: []int32{2}}}},
		{"a negative row", "position -1 asked", model.Batch{{IDs: []int32{1, 2}, Rows: []int32{-1}}}},
		{"nothing asked", "no position is asked", model.Batch{{IDs: []int32{1, 2}}}},
	} {
		if _, err := m.Predict(t.Context(), c.batch, &backend.Ask{Logits: true}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", c.name, err, c.want)
		}
	}
	if _, err := m.Predict(t.Context(), batch(ids(3, 1)), &backend.Ask{Targets: []int32{1}}); err == nil {
		t.Error("one target for three rows: no error")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := m.Predict(ctx, batch(ids(3, 1)), &backend.Ask{Logits: true}); !errors.Is(err, context.Canceled) {
		t.Errorf("error after cancellation: %v", err)
	}
}

func TestLoadRefuses(t *testing.T) {
	a := randomArch(t)
	be := cpu.New(cpu.Options{Threads: 1})
	defer be.Close()
	for _, c := range []struct {
		name, want string
		damage     func(m *memory)
	}{
		{"a missing norm", "no tensor model.transformer.blocks.1.attn_norm.weight", func(m *memory) {
			delete(m.tensors, a.Blocks[1].AttnNorm)
		}},
		{"a missing head", "no tensor model.transformer.ff_out.weight", func(m *memory) { delete(m.tensors, a.OutHead) }},
		{"a transposed weight", "blocks.0.k_proj.weight has shape [60 20], the config wants [20 60]", func(m *memory) {
			x := m.tensors[a.Blocks[0].K]
			x.Shape = []int{60, 20}
			m.tensors[x.Name] = x
		}},
		{"data too short", "tensor model.transformer.ln_f.weight", func(m *memory) {
			x := m.tensors[a.FinalNorm]
			x.Data = x.Data[4:]
			m.tensors[x.Name] = x
		}},
		{"an unknown encoding", `unknown encoding "q5"`, func(m *memory) {
			x := m.tensors[a.Embed]
			x.Encoding = "q5"
			m.tensors[x.Name] = x
		}},
		{"exact rows of another width", "#rows has shape [1 59]", func(m *memory) {
			m.add(t, a.Embed+"#rows", formats.F32, make([]float32, 59), 1, 59)
			x := m.tensors[a.Embed+"#rows"]
			x.Replaces = []int32{70}
			m.tensors[x.Name] = x
		}},
		{"exact rows that replace none", "#rows has shape [1 60] for 0 rows", func(m *memory) {
			m.add(t, a.Embed+"#rows", formats.F32, make([]float32, 60), 1, 60)
		}},
	} {
		src := random(t, a, plain)
		c.damage(src)
		if _, err := model.Load(src, a, be); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", c.name, err, c.want)
		}
	}
}
