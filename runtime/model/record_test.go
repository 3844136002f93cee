package model_test

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"llada/formats"
	"llada/runtime/backend"
	"llada/runtime/backend/backendtest"
	"llada/runtime/model"
)

// A second pass of a shape issues the operations of the first, whatever its
// tokens, positions, temperatures and rows: a device may submit what it recorded.
// One pass is one Begin and one End; everything that was made is freed.
func TestPassesAreRecordable(t *testing.T) {
	a := randomArch(t)
	r := &backendtest.Recorder{}
	m, err := model.Load(t.Context(), random(t, a, mixed), a, r, model.Options{})
	if err != nil {
		t.Fatal(err)
	}
	predict := func(seqs ...model.Seq) {
		t.Helper()
		calls := r.Calls
		if _, err := m.Predict(t.Context(), seqs); err != nil {
			t.Fatal(err)
		}
		if r.Calls != calls+2 || r.Reads != 0 {
			t.Errorf("%d calls of Begin and End and %d of Read and Write for one pass", r.Calls-calls, r.Reads)
		}
	}
	noise := make([]backend.Key, 3)
	predict(seq(ids(12, 1), 3, 4, 5), seq(ids(9, 2), 1))
	made := r.Made
	predict(seq(ids(12, 7), 9, 0, 11), seq(ids(9, 8), 2))
	predict(model.Seq{IDs: ids(12, 9), Asked: []int32{0, 0, 0}, Ask: backend.Ask{Pick: &backend.Pick{Temperature: 1, Noise: noise}}}, seq(ids(9, 1), 8))
	for _, n := range []int{0, 1, 4, 12} { // rows asked change step by step
		predict(model.Seq{IDs: ids(12, 3), Asked: upTo(n)}, seq(ids(9, 1), 8))
	}
	for i, ops := range r.Passes {
		if !slices.Equal(ops, r.Passes[0]) {
			t.Errorf("pass %d has other operations than the first:\n%s\n\n%s", i, strings.Join(ops, "\n"), strings.Join(r.Passes[0], "\n"))
		}
	}
	if r.Made != made {
		t.Errorf("%d objects were made after the first pass", r.Made-made)
	}
	if len(r.Passes) != 7 || len(r.Passes[0]) != 1+2*10+3 {
		t.Errorf("%d passes, %d operations", len(r.Passes), len(r.Passes[0]))
	}
	pool, err := m.NewPool(30)
	if err != nil {
		t.Fatal(err)
	}
	predict(seq(ids(24, 1)), seq(ids(24, 1)), seq(ids(24, 1)), seq(ids(24, 1))) // a larger workspace
	if err := m.Swap(t.Context(), random(t, a, plain).tensors[a.Embed]); err != nil {
		t.Fatal(err)
	}
	predict(seq(ids(24, 1)))
	if pool.Close() != nil || m.Close() != nil || r.Live != 0 {
		t.Errorf("%d objects are not freed", r.Live)
	}
}

// scarce is a device that has memory for so many things.
type scarce struct {
	*backendtest.Recorder
	room int
}

var errFull = errors.New("out of memory")

func (s *scarce) take() error {
	if s.room--; s.room < 0 {
		return errFull
	}
	return nil
}

func (s *scarce) Load(ctx context.Context, t formats.Tensor, c ...formats.Tensor) (backend.Weight, error) {
	if err := s.take(); err != nil {
		return nil, err
	}
	return s.Recorder.Load(ctx, t, c...)
}

func (s *scarce) NewAct(rows, cols int) (backend.Act, error) {
	if err := s.take(); err != nil {
		return nil, err
	}
	return s.Recorder.NewAct(rows, cols)
}

// Where memory ends nothing is left of what was made in vain, caches and pools are
// as before, and the model goes on when there is memory again.
func TestOutOfMemory(t *testing.T) {
	a := randomArch(t)
	be := &scarce{&backendtest.Recorder{}, 7}
	if _, err := model.Load(t.Context(), random(t, a, plain), a, be, model.Options{}); !errors.Is(err, errFull) || be.Live != 0 {
		t.Errorf("error %v, %d objects are not freed", err, be.Live)
	}
	be.room = 1000
	m, err := model.Load(t.Context(), random(t, a, plain), a, be, model.Options{})
	if err != nil {
		t.Fatal(err)
	}
	p := newPool(t, m, 30)
	c, in, live := newCache(t, p, 20), ids(20, 1), be.Live
	seqs := []model.Seq{cached(in, c, 3, 4), seq(ids(9, 1))}
	be.room = 5
	if _, err := m.Predict(t.Context(), seqs); !errors.Is(err, errFull) || be.Live != live || p.Free() != 10 || c.Holds(3) {
		t.Errorf("error %v, %d objects are not freed, %d slots are free, held: %v", err, be.Live-live, p.Free(), c.Holds(3))
	}
	be.room = 1000
	predict := func(seqs ...model.Seq) {
		t.Helper()
		if _, err := m.Predict(t.Context(), seqs); err != nil {
			t.Fatal(err)
		}
	}
	predict(seqs...)
	// The workspace keeps the room of the largest pass in rows and in rows asked.
	predict(seq(in, make([]int32, 200)...))
	predict(seq(in, 1), seq(in, 1), seq(in, 1), seq(in, 1))
	made := be.Made
	predict(seq(in, make([]int32, 200)...))
	predict(seq(in, 1), seq(in, 1), seq(in, 1), seq(in, 1))
	if be.Made != made {
		t.Errorf("%d objects were made for passes for which there was room", be.Made-made)
	}
}

// No operation between Begin and End takes data of the host: its parameters are
// things on the device and constants.
func TestOperationsTakeNoHostData(t *testing.T) {
	device := map[reflect.Type]bool{}
	for _, x := range []any{(*backend.Act)(nil), (*backend.Weight)(nil), (*backend.KV)(nil), (*[]backend.Act)(nil), (*[]backend.Weight)(nil)} {
		device[reflect.TypeOf(x).Elem()] = true
	}
	be := reflect.TypeFor[backend.Backend]()
	outside := []string{"Name", "Load", "NewAct", "NewKV", "Begin", "End", "Read", "Write", "Close"}
	operations := 0
	for i := range be.NumMethod() {
		method := be.Method(i)
		if slices.Contains(outside, method.Name) {
			continue
		}
		operations++
		if method.Type.NumOut() != 0 {
			t.Errorf("%s returns something before the pass ends", method.Name)
		}
		for k := range method.Type.NumIn() {
			switch in := method.Type.In(k); in.Kind() {
			case reflect.Int, reflect.Float32:
			default:
				if !device[in] && in != reflect.TypeFor[backend.Rope]() {
					t.Errorf("%s takes %s", method.Name, in)
				}
			}
		}
	}
	if operations != 11 {
		t.Errorf("%d operations, want 11", operations)
	}
}
