package model_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"llada/formats"
	"llada/runtime/backend"
	"llada/runtime/cpu"
	"llada/runtime/model"
)

// A sequence's logits have the same bits whatever else is in the pass.
func TestSequencesDoNotMeet(t *testing.T) {
	a := randomArch(t)
	src := random(t, a, mixed)
	for _, exact := range []bool{true, false} {
		m := load(t, src, a, exact)
		var seqs []model.Seq
		var alone [][]float32
		for i, n := range []int{7, 1, 24, 7, 16} {
			s := seq(ids(n, uint64(i)))
			alone = append(alone, logits(t, m, s)...)
			seqs = append(seqs, s)
		}
		sameRows(t, fmt.Sprintf("exact=%v", exact), logits(t, m, seqs...), alone)
	}
}

// More sequences than one pass holds take several, and give the same.
func TestPasses(t *testing.T) {
	a := randomArch(t)
	m := load(t, random(t, a, plain), a, true)
	var seqs []model.Seq
	var alone [][]float32
	for i := range 3*model.PassRows/24 + 5 {
		s := seq(ids(24, uint64(i%9)), 3)
		if i%7 == 0 {
			u := model.Seq{IDs: ids(20, uint64(i%9)), Asked: []int32{3}}
			s.Ask.Guided, s.Unconditional = true, &u
		}
		if alone = append(alone, nil); i >= 63 {
			alone[i] = alone[i-63]
		} else {
			alone[i] = logits(t, m, s)[0]
		}
		seqs = append(seqs, s)
	}
	sameRows(t, "many", logits(t, m, seqs...), alone)
	var cuts []int
	for lo, hi := range model.Passes(seqs) {
		rows := 0
		for _, s := range seqs[lo:hi] {
			if rows += len(s.IDs); s.Unconditional != nil {
				rows += len(s.Unconditional.IDs)
			}
		}
		if rows > model.PassRows || hi <= lo {
			t.Errorf("sequences %d to %d have %d rows", lo, hi, rows)
		}
		cuts = append(cuts, hi)
	}
	if len(cuts) < 4 || cuts[len(cuts)-1] != len(seqs) {
		t.Errorf("passes end at %v of %d", cuts, len(seqs))
	}
	long := []model.Seq{{IDs: make([]int32, model.PassRows+1)}, {IDs: make([]int32, 1)}}
	for lo, hi := range model.Passes(long) {
		if hi != lo+1 {
			t.Errorf("a sequence longer than a pass shares one: %d to %d", lo, hi)
		}
	}
}

func TestAskedRows(t *testing.T) {
	a := randomArch(t)
	m := load(t, random(t, a, mixed), a, false)
	x, y := ids(12, 1), ids(9, 2)
	full := logits(t, m, seq(x), seq(y))
	// Any order, repeated, and a sequence that only takes part.
	many := make([]int32, 200) // more than there are positions
	for i, row := range logits(t, m, seq(x, many...)) {
		sameRows(t, fmt.Sprintf("the first row, time %d", i), [][]float32{row}, full[:1])
	}
	some := logits(t, m, seq(x, 11, 0, 3, 3), seq(y, 8, 2))
	sameRows(t, "some", some, [][]float32{full[11], full[0], full[3], full[3], full[12+8], full[12+2]})
	sameRows(t, "one", logits(t, m, model.Seq{IDs: x}, seq(y, 4)), full[12+4:12+5])
	if none := logits(t, m, model.Seq{IDs: x, Ask: backend.Ask{Logits: true}}); len(none) != 0 {
		t.Errorf("%d rows where none is asked", len(none))
	}
}

// Each sequence has its own question, guidance among them.
func TestEachSequenceAsks(t *testing.T) {
	a := randomArch(t)
	m := load(t, random(t, a, mixed), a, false)
	noise := func(seed uint64) []backend.Key { return []backend.Key{backend.NewKey(seed), backend.NewKey(seed, 1)} }
	hidden := model.Seq{IDs: ids(9, 5), Asked: []int32{1, 8}}
	seqs := []model.Seq{
		{IDs: ids(12, 1), Asked: []int32{3, 4}, Ask: backend.Ask{Targets: []int32{7, 9}}},
		{IDs: ids(9, 2), Asked: []int32{8, 1}, Unconditional: &hidden,
			Ask: backend.Ask{Guided: true, Guidance: 1.5, Pick: &backend.Pick{Temperature: 0.5, Noise: noise(1), Never: []int32{3}}}},
		{IDs: ids(24, 3), Asked: []int32{0}, Ask: backend.Ask{Logits: true, Pick: &backend.Pick{Entropy: true}}},
		{IDs: ids(9, 4), Asked: []int32{2, 3}, Ask: backend.Ask{Pick: &backend.Pick{Temperature: 2, Noise: noise(2), TopK: 4}}},
	}
	together, err := m.Predict(t.Context(), seqs)
	if err != nil {
		t.Fatal(err)
	}
	for i := range seqs {
		alone, err := m.Predict(t.Context(), seqs[i:i+1])
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(alone[0], together[i]); diff != "" {
			t.Errorf("sequence %d: alone, and in company:\n%s", i, diff)
		}
	}
	c, u := logits(t, m, seq(seqs[1].IDs, 8, 1)), logits(t, m, seq(hidden.IDs, 1, 8))
	guided := seqs[1]
	guided.Ask = backend.Ask{Guided: true, Guidance: 1.5, Logits: true}
	got := logits(t, m, guided)
	for i := range c {
		backend.Guide(c[i], u[i], 1.5)
	}
	sameRows(t, "guided", got, c)
}

// Passes of many sizes, more than the model keeps room for, leave nothing
// behind.
func TestPassesAreIndependent(t *testing.T) {
	a := randomArch(t)
	m := load(t, random(t, a, plain), a, true)
	in := ids(10, 3)
	first := logits(t, m, seq(in))
	for n := 1; n <= 24; n++ {
		logits(t, m, seq(ids(n, uint64(n))))
	}
	sameRows(t, "again", logits(t, m, seq(in)), first)
}

func TestPredictRefuses(t *testing.T) {
	a := randomArch(t)
	m := load(t, random(t, a, plain), a, true)
	pool, err := m.NewPool(8)
	if err != nil {
		t.Fatal(err)
	}
	cache, err := pool.NewCache(3)
	if err != nil {
		t.Fatal(err)
	}
	other, err := m.NewPool(8)
	if err != nil {
		t.Fatal(err)
	}
	foreign, err := other.NewCache(3)
	if err != nil {
		t.Fatal(err)
	}
	stranger := newCache(t, newPool(t, load(t, random(t, a, plain), a, true), 8), 3)
	two := []int32{1, 2}
	apart := []model.Seq{{IDs: two, Cache: cache}} // with so much between that passes differ
	for range model.PassRows / 24 {
		apart = append(apart, seq(ids(24, 1), 0))
	}
	apart = append(apart, model.Seq{IDs: two, Cache: cache})
	guided := backend.Ask{Guided: true}
	for _, c := range []struct {
		name, want string
		seqs       []model.Seq
	}{
		{"no sequence", "no sequence", nil},
		{"an empty sequence", "sequence 1: the sequence is empty", []model.Seq{seq(ids(3, 1)), {}}},
		{"a long sequence", "sequence of 25 tokens exceeds the model's context of 24", []model.Seq{seq(ids(25, 1))}},
		{"an id too great", "token id 71 at position 1 is outside the vocabulary of 71", []model.Seq{seq([]int32{0, 71})}},
		{"a negative id", "token id -1 at position 0", []model.Seq{seq([]int32{-1})}},
		{"a row behind the end", "row 2 asked of a sequence of 2", []model.Seq{seq(two, 2)}},
		{"a negative row", "row -1 asked", []model.Seq{seq(two, -1)}},
		{"one target for two rows", "1 targets for 2 rows", []model.Seq{{IDs: two, Asked: []int32{0, 1}, Ask: backend.Ask{Targets: []int32{1}}}}},
		{"positions out of order", "position 3 follows position 3", []model.Seq{{IDs: two, Pos: []int32{3, 3}}}},
		{"a negative position", "position -2 follows", []model.Seq{{IDs: two, Pos: []int32{-2, 3}}}},
		{"too few positions", "1 positions for 2 tokens", []model.Seq{{IDs: two, Pos: []int32{3}}}},
		{"a position behind the context", "position 24 is outside the model's context of 24", []model.Seq{{IDs: two, Pos: []int32{3, 24}}}},
		{"a position behind the cache", "position 3 is outside the cache of 3", []model.Seq{{IDs: two, Pos: []int32{2, 3}, Cache: cache}}},
		{"guidance by nothing", "guidance needs the sequence without its condition", []model.Seq{{IDs: two, Ask: guided}}},
		{"guidance by fewer rows", "0 rows asked of the sequence without its condition, 1 with it", []model.Seq{{IDs: two, Asked: []int32{0}, Ask: guided, Unconditional: &model.Seq{IDs: two}}}},
		{"guidance of what guides", "0 rows asked of the sequence without its condition", []model.Seq{{IDs: two, Ask: guided, Unconditional: &model.Seq{IDs: two, Ask: guided, Unconditional: &model.Seq{IDs: two}}}}},
		{"one target for two rows of a cache", "1 targets for 2 rows", []model.Seq{{IDs: two, Asked: []int32{0, 1}, Ask: backend.Ask{Targets: []int32{1}}, Cache: cache}, seq(two)}},
		{"a bad sequence to guide by", "token id 99", []model.Seq{{IDs: two, Ask: guided, Unconditional: &model.Seq{IDs: []int32{99}}}}},
		{"caches of two pools", "sequence 1: its cache is of another pool", []model.Seq{{IDs: two, Cache: cache}, {IDs: two, Cache: foreign}}},
		{"another model's cache", "its cache is another model's", []model.Seq{{IDs: two, Cache: stranger}}},
		{"one cache in two passes", "its cache serves another sequence", apart},
		{"one cache twice", "sequence 1: its cache serves another sequence", []model.Seq{{IDs: two, Cache: cache}, {IDs: two, Cache: cache}}},
		{"no slots left", "6 positions need as many slots of the cache pool, 5 of 8 are free", []model.Seq{{IDs: two, Cache: cache}, {IDs: ids(6, 1)}}},
	} {
		if _, err := m.Predict(t.Context(), c.seqs); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", c.name, err, c.want)
		}
		if pool.Free() != 5 || cache.Holds(0) || cache.Holds(2) {
			t.Fatalf("%s: %d slots are free after the refusal, want 5; held: %v", c.name, pool.Free(), cache.Holds(0))
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := m.Predict(ctx, []model.Seq{seq(ids(3, 1))}); !errors.Is(err, context.Canceled) {
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
			delete(m.tensors, a.Layers[1].Attention.Norm)
		}},
		{"a missing head", "no tensor model.transformer.ff_out.weight", func(m *memory) { delete(m.tensors, a.OutHead) }},
		{"a transposed weight", "blocks.0.k_proj.weight has shape [60 20], the config wants [20 60]", func(m *memory) {
			x := m.tensors[a.Layers[0].Attention.K]
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
		{"exact rows that replace none", "#rows has shape [1 60] and encoding f32 for 0 rows", func(m *memory) {
			m.add(t, a.Embed+"#rows", formats.F32, make([]float32, 60), 1, 60)
		}},
	} {
		src := random(t, a, plain)
		c.damage(src)
		if _, err := model.Load(t.Context(), src, a, be, model.Options{}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", c.name, err, c.want)
		}
	}
}
