package model_test

import (
	"context"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"llada/formats"
	"llada/runtime/backend"
	"llada/runtime/model"
)

// sequences are two of different lengths and one that guides.
func sequences() []model.Seq {
	hidden := model.Seq{IDs: ids(9, 5), Asked: []int32{1, 8}}
	return []model.Seq{
		seq(ids(12, 1), 3, 4),
		{IDs: ids(9, 2), Asked: []int32{8, 1}, Unconditional: &hidden, Ask: backend.Ask{Guided: true, Guidance: 0.5, Logits: true}},
	}
}

// Layer by layer, the state written to disk in the middle and read back by
// another model: the same bits as all at once.
func TestLayerByLayer(t *testing.T) {
	a := randomArch(t)
	src := random(t, a, mixed)
	for _, exact := range []bool{true, false} {
		m, seqs := load(t, src, a, exact), sequences()
		want := logits(t, m, seqs...)
		s, err := m.Start(t.Context(), seqs)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Layers(t.Context(), 0, 1); err != nil {
			t.Fatal(err)
		}
		if s.Layer() != 1 || s.Size() != (12+9+9)*a.Width {
			t.Errorf("before layer %d, %d numbers", s.Layer(), s.Size())
		}
		x := make([]float32, s.Size())
		if err := s.Read(t.Context(), x); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "state")
		writeFloats(t, path, x)
		if err := s.Layers(t.Context(), 1, 2); err != nil {
			t.Fatal(err)
		}
		answers, err := s.Head(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		sameRows(t, "layer by layer", rowsOf(answers), want)

		other := load(t, src, a, exact)
		if s, err = other.Start(t.Context(), seqs); err != nil {
			t.Fatal(err)
		}
		if err := s.Write(t.Context(), 1, readFloats(t, path)); err != nil {
			t.Fatal(err)
		}
		if err := s.Layers(t.Context(), 1, 2); err != nil {
			t.Fatal(err)
		}
		if answers, err = s.Head(t.Context()); err != nil {
			t.Fatal(err)
		}
		sameRows(t, "resumed", rowsOf(answers), want)
	}
}

func writeFloats(t *testing.T, path string, x []float32) {
	t.Helper()
	b := make([]byte, 4*len(x))
	if err := formats.EncodeFloat32(b, x, formats.F32); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b, 0o666); err != nil {
		t.Fatal(err)
	}
}

func readFloats(t *testing.T, path string) []float32 {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	x := make([]float32, len(b)/binary.Size(float32(0)))
	if err := formats.DecodeFloat32(x, b, formats.F32); err != nil {
		t.Fatal(err)
	}
	return x
}

func TestStateRefuses(t *testing.T) {
	a := randomArch(t)
	m := load(t, random(t, a, plain), a, true)
	start := func() *model.State {
		t.Helper()
		s, err := m.Start(t.Context(), sequences())
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	refused := func(what string, err error, want string) {
		t.Helper()
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", what, err, want)
		}
	}
	s := start()
	refused("a layer too early", s.Layers(t.Context(), 1, 2), "layers 1 to 2 of 2 cannot follow: layer 0 comes next")
	refused("a layer too many", s.Layers(t.Context(), 0, 3), "layers 0 to 3 of 2")
	refused("another size", s.Read(t.Context(), make([]float32, 5)), "a state of 1800 numbers read to 5")
	refused("another size written", s.Write(t.Context(), 0, make([]float32, 5)), "5 numbers written as a state of 1800")
	refused("a layer that there is not", s.Write(t.Context(), 3, make([]float32, 1800)), "before layer 3 of 2")
	_, err := s.Head(t.Context())
	refused("the head too early", err, "the output head comes after layer 2, the state is before 0")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s = start()
	if err := s.Write(ctx, 1, make([]float32, 1800)); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled write: error %v", err)
	}
	if err := s.Layers(t.Context(), s.Layer(), 2); !errors.Is(err, context.Canceled) {
		t.Errorf("a state whose write failed goes on: error %v", err)
	}
	for what, n := range map[string]int{"as large": 30, "of another size": 5} {
		s := start()
		logits(t, m, seq(ids(n/2, 1)), seq(ids(n-n/2, 1)))
		if s.Size() != 1800 {
			t.Errorf("a state of 1800 numbers that one %s overtook has %d", what, s.Size())
		}
		_, head := s.Head(t.Context())
		for operation, err := range map[string]error{
			"layers": s.Layers(t.Context(), 0, 1), "layers out of order": s.Layers(t.Context(), 1, 2), "head": head,
			"read": s.Read(t.Context(), make([]float32, 1800)), "write": s.Write(t.Context(), 0, make([]float32, 1800)),
		} {
			if !errors.Is(err, model.ErrOvertaken) {
				t.Errorf("%s of a state that one %s overtook: error %v", operation, what, err)
			}
		}
	}
}

// A state that has gone through every layer leaves its caches what it stored and
// gives back what it borrowed, before another pass; its head can be asked again.
func TestCompletedStates(t *testing.T) {
	a := randomArch(t)
	m := load(t, random(t, a, plain), a, true)
	p := newPool(t, m, 30)
	c, in := newCache(t, p, 20), ids(20, 1)
	want := logits(t, m, seq(in))
	complete := func(what string) {
		t.Helper()
		if p.Free() != 10 {
			t.Errorf("%s: %d slots are free, want 10", what, p.Free())
		}
		sameRows(t, what+", then one row", logits(t, m, cached(in, c, 7)), want[7:8])
		c.Forget(0, 20)
	}
	seqs := []model.Seq{cached(in, c, upTo(20)...), seq(ids(9, 2))}
	s, err := m.Start(t.Context(), seqs)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 2 {
		if err := s.Layers(t.Context(), i, i+1); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Head(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	answers, err := s.Head(t.Context())
	if err != nil {
		t.Fatalf("the head after one that was cancelled: %v", err)
	}
	sameRows(t, "layer by layer", rowsOf(answers)[:20], want)
	complete("layer by layer")
	if _, err := m.Hold(t.Context(), seqs); err != nil {
		t.Fatal(err)
	}
	complete("held")
	if _, err := m.Predict(t.Context(), seqs); err != nil {
		t.Fatal(err)
	}
	complete("predicted")
}

// Rows that are held can be asked a few at a time.
func TestHold(t *testing.T) {
	a := randomArch(t)
	m, seqs := load(t, random(t, a, mixed), a, false), []model.Seq{seq(ids(12, 1)), seq(ids(20, 2), 5, 0)}
	want := logits(t, m, seqs...)
	rows, err := m.Hold(t.Context(), seqs)
	if err != nil {
		t.Fatal(err)
	}
	var got [][]float32
	for lo := 0; lo < 14; lo += 5 {
		answers, err := rows.Answer(t.Context(), []backend.Ask{{Row: lo, Rows: min(5, 14-lo), Logits: true}})
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, rowsOf(answers)...)
	}
	sameRows(t, "a few at a time", got, want)
	if _, err := rows.Answer(t.Context(), []backend.Ask{{Row: 13, Rows: 2, Logits: true}}); err == nil {
		t.Error("more rows than are held: no error")
	}
}

// A weight that is swapped computes as if it had been loaded, one that is swapped
// back as before; tied weights are swapped together.
func TestSwap(t *testing.T) {
	a := randomArch(t)
	a.OutHead = a.Embed
	src := random(t, a, mixed)
	m, in := load(t, src, a, false), ids(20, 4)
	before := logits(t, m, seq(in))
	for _, name := range []string{a.Layers[0].Attention.K, a.Layers[1].Dense.Down, a.FinalNorm, a.Embed} {
		other, old := random(t, a, mixed), src.tensors[name]
		values := make([]float32, len(src.values[name]))
		for i, v := range src.values[name] {
			values[i] = v / 2
		}
		other.add(t, name, formats.BF16, values, old.Shape...)
		if err := m.Swap(t.Context(), other.tensors[name]); err != nil {
			t.Fatal(err)
		}
		swapped := logits(t, m, seq(in))
		sameRows(t, name+", swapped", swapped, logits(t, load(t, other, a, false), seq(in)))
		if swapped[3][3] == before[3][3] {
			t.Errorf("%s: swapping it changed nothing", name)
		}
		rows, err := m.Hold(t.Context(), []model.Seq{seq(in)})
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Swap(t.Context(), old); err != nil {
			t.Fatal(err)
		}
		if _, err := rows.Answer(t.Context(), []backend.Ask{{Rows: 1}}); !errors.Is(err, model.ErrOvertaken) {
			t.Errorf("%s: rows held before it was swapped answer with error %v", name, err)
		}
		sameRows(t, name+", swapped back", logits(t, m, seq(in)), before)
	}
	wrong := src.tensors[a.FinalNorm]
	wrong.Name = "elsewhere"
	if err := m.Swap(t.Context(), wrong); err == nil || !strings.Contains(err.Error(), "elsewhere is not part") {
		t.Errorf("a tensor that the network lacks: error %v", err)
	}
	wrong.Name = a.Embed
	if err := m.Swap(t.Context(), wrong); err == nil || !strings.Contains(err.Error(), "has shape [60], the config wants [71 60]") {
		t.Errorf("a tensor of another shape: error %v", err)
	}
	sameRows(t, "after refusals", logits(t, m, seq(in)), before)
}
