package model_test

import (
	"context"
	"errors"
	"math"
	"testing"

	"llada/runtime/backend"
	"llada/runtime/cpu"
	"llada/runtime/model"
)

func newPool(t *testing.T, m *model.Model, slots int) *model.Pool {
	t.Helper()
	p, err := m.NewPool(slots)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func newCache(t *testing.T, p *model.Pool, positions int) *model.Cache {
	t.Helper()
	c, err := p.NewCache(positions)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// cached is a sequence of the given positions of in, with every row asked.
func cached(in []int32, c *model.Cache, pos ...int32) model.Seq {
	s := model.Seq{Pos: pos, Cache: c, Ask: backend.Ask{Logits: true}, Asked: upTo(len(pos))}
	for _, p := range pos {
		s.IDs = append(s.IDs, in[p])
	}
	return s
}

func between(lo, hi int32) []int32 {
	var x []int32
	for i := lo; i < hi; i++ {
		x = append(x, i)
	}
	return x
}

// A pass over all positions with a cache is the pass without one; a pass over
// some then sees the keys and values of the others, of every layer.
func TestCache(t *testing.T) {
	a := randomArch(t)
	m := load(t, random(t, a, mixed), a, false)
	in := ids(20, 1)
	want := logits(t, m, seq(in))
	p := newPool(t, m, 50)
	c := newCache(t, p, 24)
	sameRows(t, "all positions", logits(t, m, cached(in, c, upTo(20)...)), want)
	// Nothing has changed: every row computes what it computed.
	sameRows(t, "some positions", logits(t, m, cached(in, c, 3, 4, 11)), [][]float32{want[3], want[4], want[11]})
	sameRows(t, "the others", logits(t, m, cached(in, c, between(12, 20)...)), want[12:])
	// A token that changed changes its own row and what sees it, but not what is
	// kept of the others.
	changed := append([]int32{}, in...)
	changed[5] = (in[5] + 1) % 71
	fresh := logits(t, m, cached(changed, c, 5, 6))
	if fresh[1][0] == want[6][0] {
		t.Error("a neighbour does not see the changed token")
	}
	sameRows(t, "the changed token again", logits(t, m, cached(changed, c, 5, 6)), fresh)
	if whole := logits(t, m, seq(changed)); whole[6][0] == fresh[1][0] {
		t.Error("the rows that were not computed know the changed token")
	}
	// A hole in a sequence is not seen.
	sameRows(t, "again", logits(t, m, cached(in, c, upTo(20)...)), want)
	c.Forget(7, 9)
	if c.Holds(7) || c.Holds(8) || !c.Holds(9) || !c.Holds(6) || c.Holds(20) {
		t.Error("the cache holds other positions than it should")
	}
	hole := logits(t, m, cached(in, c, 3))
	if hole[0][0] == want[3][0] {
		t.Error("forgotten positions are seen")
	}
	c.Forget(30, 40) // where the cache has no positions
	c.Forget(7, 3)
	c.Forget(-5, 1)
	if c.Holds(0) || !c.Holds(1) || !c.Holds(19) {
		t.Error("positions outside the cache forget others")
	}
}

// Caches of a fragmented pool, and sequences without one beside them, compute what
// each computes alone.
func TestCachesShareAPool(t *testing.T) {
	a := randomArch(t)
	m := load(t, random(t, a, mixed), a, false)
	x, y, z := ids(20, 1), ids(17, 2), ids(9, 3)
	p := newPool(t, m, 64)
	var small []*model.Cache
	for range 16 {
		small = append(small, newCache(t, p, 3))
	}
	for i := 0; i < 16; i += 2 {
		small[i].Close()
		small[i].Close()
	}
	cx, cy := newCache(t, p, 20), newCache(t, p, 17)
	if p.Free() != 64-8*3-20-17 {
		t.Fatalf("%d slots are free", p.Free())
	}
	if _, err := p.NewCache(4); err == nil {
		t.Fatal("a cache of more slots than are free")
	}
	small[1].Close()
	small[3].Close()
	small[5].Close()
	wantX, wantY, wantZ := logits(t, m, seq(x)), logits(t, m, seq(y)), logits(t, m, seq(z))
	got := logits(t, m, cached(x, cx, upTo(20)...), seq(z), cached(y, cy, upTo(17)...))
	sameRows(t, "together", got, append(append(append([][]float32{}, wantX...), wantZ...), wantY...))
	got = logits(t, m, seq(z), cached(y, cy, 16), cached(x, cx, 0, 19))
	sameRows(t, "some of each", got, append(append([][]float32{}, wantZ...), wantY[16], wantX[0], wantX[19]))
	if p.Free() != 64-5*3-20-17 {
		t.Errorf("%d slots are free after passes that borrowed some", p.Free())
	}
	cx.Close()
	cy.Close()
	for _, c := range small {
		c.Close()
	}
	if p.Free() != 64 {
		t.Errorf("%d of 64 slots are free when nothing holds any", p.Free())
	}
	if c := newCache(t, p, 64); c.Positions() != 64 {
		t.Errorf("a cache of %d positions", c.Positions())
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
}

// Block-causal attention over a cache, block after block, is the whole sequence at
// once: what stands later is not seen.
func TestBlocksWithCache(t *testing.T) {
	a := randomArch(t)
	a.Block = 4
	m := load(t, random(t, a, mixed), a, false)
	in := ids(18, 6)
	want := logits(t, m, seq(in))
	c := newCache(t, newPool(t, m, 24), 24)
	for lo := int32(0); lo < 18; lo += 4 {
		hi := min(lo+4, 18)
		sameRows(t, "block", logits(t, m, cached(in, c, between(lo, hi)...)), want[lo:hi])
	}
	sameRows(t, "an earlier block again", logits(t, m, cached(in, c, 4, 5, 6, 7)), want[4:8])
}

// A pass that fails leaves a cache without what it was to store; so does a state
// that never came to its end.
func TestFailedPassesAreNotHeld(t *testing.T) {
	a := randomArch(t)
	m := load(t, random(t, a, plain), a, true)
	p := newPool(t, m, 40)
	c := newCache(t, p, 10)
	in := ids(10, 1)
	logits(t, m, cached(in, c, 0, 1, 2))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := m.Predict(ctx, []model.Seq{cached(in, c, 2, 3, 4), seq(in)}); !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v", err)
	}
	s, err := m.Start(t.Context(), []model.Seq{cached(in, c, 5, 6), seq(in)})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Layers(t.Context(), 0, 1); err != nil {
		t.Fatal(err)
	}
	failed, err := m.Start(t.Context(), []model.Seq{cached(in, c, 6)})
	if err != nil {
		t.Fatal(err)
	}
	if err := failed.Layers(ctx, 0, 2); !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v", err)
	}
	if err := failed.Layers(t.Context(), 0, 2); !errors.Is(err, context.Canceled) {
		t.Errorf("a state that failed goes on: error %v", err)
	}
	logits(t, m, seq(in))
	for pos, want := range []bool{true, true, true, false, false, false, false} {
		if c.Holds(pos) != want {
			t.Errorf("position %d: held %v", pos, c.Holds(pos))
		}
	}
	if p.Free() != 30 {
		t.Errorf("%d slots are free, want 30", p.Free())
	}
}

// interrupted is a backend whose pass is cancelled by the attention of a layer.
type interrupted struct {
	backend.Backend
	layer  int
	cancel func()
}

func (i *interrupted) Attend(dst, q backend.Act, kv backend.KV, layer, heads int) {
	if i.cancel != nil && layer == i.layer {
		i.cancel()
	}
	i.Backend.Attend(dst, q, kv, layer, heads)
}

// A pass that fails may have overwritten in some layers what a cache held: the cache
// holds it no more. One that fails before its first layer leaves it.
func TestOverwrittenPositionsAreNotHeld(t *testing.T) {
	a := randomArch(t)
	be := &interrupted{Backend: cpu.New(cpu.Options{Threads: 2, Exact: true})}
	t.Cleanup(func() { be.Close() })
	m, err := model.Load(t.Context(), random(t, a, plain), a, be, model.Options{})
	if err != nil {
		t.Fatal(err)
	}
	p, in := newPool(t, m, 24), ids(20, 1)
	c := newCache(t, p, 20)
	changed := append([]int32{}, in...)
	changed[4] = (in[4] + 1) % 71
	run := func(what string, call func(ctx context.Context) error) {
		t.Helper()
		ctx, cancel := context.WithCancel(t.Context())
		be.cancel = cancel
		if err := call(ctx); !errors.Is(err, context.Canceled) {
			t.Fatalf("%s: error %v", what, err)
		}
		be.cancel = nil
		if c.Holds(4) || !c.Holds(3) {
			t.Errorf("%s: the overwritten position is held: %v, its neighbour: %v", what, c.Holds(4), c.Holds(3))
		}
		if p.Free() != 4 {
			t.Errorf("%s: %d slots are free, want 4", what, p.Free())
		}
	}
	for be.layer = range 2 {
		logits(t, m, cached(in, c, upTo(20)...))
		run("predict", func(ctx context.Context) error {
			_, err := m.Predict(ctx, []model.Seq{cached(changed, c, 4), seq(ids(3, 1))})
			return err
		})
		logits(t, m, cached(in, c, upTo(20)...))
		run("hold", func(ctx context.Context) error {
			_, err := m.Hold(ctx, []model.Seq{cached(changed, c, 4), seq(ids(3, 1))})
			return err
		})
	}
	want := logits(t, m, cached(in, c, upTo(20)...))
	if _, err := m.Start(t.Context(), []model.Seq{cached(changed, c, 4)}); err != nil {
		t.Fatal(err)
	}
	sameRows(t, "after a state before its first layer", logits(t, m, cached(in, c, 3)), want[3:4])
	s, err := m.Start(t.Context(), []model.Seq{cached(changed, c, 4)})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Layers(t.Context(), 0, 1); err != nil {
		t.Fatal(err)
	}
	logits(t, m, seq(in))
	if c.Holds(4) {
		t.Error("a state that stopped between layers leaves what it overwrote")
	}
}

// A cache may go before a state that was to fill it.
func TestCacheClosedUnderAState(t *testing.T) {
	a := randomArch(t)
	m := load(t, random(t, a, plain), a, true)
	p := newPool(t, m, 10)
	c := newCache(t, p, 5)
	if _, err := m.Start(t.Context(), []model.Seq{cached(ids(5, 1), c, 1, 2), seq(ids(3, 1))}); err != nil {
		t.Fatal(err)
	}
	c.Close()
	logits(t, m, seq(ids(4, 1)))
	if p.Free() != 10 {
		t.Errorf("%d of 10 slots are free", p.Free())
	}
}

// Keys and values in fewer bits are another rounding of the same network.
func TestKVEncodings(t *testing.T) {
	a := randomArch(t)
	src := random(t, a, plain)
	in := ids(20, 4)
	want := logits(t, load(t, src, a, true), seq(in))
	for encoding, least := range map[backend.KVEncoding]float64{backend.KVF32: 200, backend.KVBF16: 40, backend.KVInt8: 35} {
		m := loadWith(t, src, a, true, model.Options{KV: encoding})
		var signal, noise float64
		got := logits(t, m, seq(in))
		for i, row := range got {
			for j, v := range row {
				d := float64(v) - float64(want[i][j])
				signal, noise = signal+float64(want[i][j])*float64(want[i][j]), noise+d*d
			}
		}
		if db := 10 * math.Log10(signal/(noise+1e-30)); db < least {
			t.Errorf("%s: %.1f dB on the logits, want at least %v", encoding, db, least)
		} else {
			t.Logf("%s: %.1f dB on the logits", encoding, db)
		}
		c := newCache(t, newPool(t, m, 24), 24)
		sameRows(t, string(encoding)+", cached", logits(t, m, cached(in, c, upTo(20)...)), got)
	}
}
