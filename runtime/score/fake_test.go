package score

import (
	"context"
	"iter"
	"slices"

	"llada/runtime/backend"
	"llada/runtime/model"
)

// fake is a network whose distribution at a position depends on the tokens that
// can be seen: on each of them by a number of its own, so that nearby tokens
// help, and every mask set has another value.
type fake struct {
	vocab  int
	mask   int32
	seed   uint64
	noise  float64 // how far another seed of noise moves the logits
	noisy  uint64
	passes int
}

type fakeHead struct {
	f     *fake
	batch model.Batch
}

func (f *fake) Pass(ctx context.Context, b model.Batch) (Head, error) {
	f.passes++
	return fakeHead{f, b}, ctx.Err()
}

func (h fakeHead) rows() iter.Seq2[model.Seq, int32] {
	return func(yield func(model.Seq, int32) bool) {
		for _, s := range h.batch {
			for _, r := range s.Rows {
				if !yield(s, r) {
					return
				}
			}
		}
	}
}

func (h fakeHead) Rows() int {
	n := 0
	for range h.rows() {
		n++
	}
	return n
}

func (h fakeHead) Head(ctx context.Context, lo, hi int, ask *backend.Ask) (*backend.Answer, error) {
	if err := ask.Check(hi-lo, h.f.vocab); err != nil {
		return nil, err
	}
	ans, i := ask.NewAnswer(hi-lo), 0
	var logits [][]float32
	for s, r := range h.rows() {
		if i >= lo && i < hi {
			logits = append(logits, h.f.logits(s.IDs, r))
		}
		i++
	}
	for k := range ask.Rows(hi - lo) {
		if ask.Guided {
			backend.Guide(logits[k], logits[ask.Rows(hi-lo)+k], ask.Guidance)
		}
		ask.Reduce(ans, k, logits[k])
	}
	return ans, ctx.Err()
}

func (f *fake) logits(ids []int32, p int32) []float32 {
	x := make([]float32, f.vocab)
	for v := range x {
		sum := 0.0
		for q, id := range ids {
			if id == f.mask || int32(q) == p {
				continue
			}
			d := max(q-int(p), int(p)-q)
			sum += 6 * (backend.NewKey(f.seed, uint64(v), uint64(id), uint64(d)).Uniform(0) - 0.5) / float64(d)
		}
		sum += f.noise * (backend.NewKey(f.noisy, uint64(v), uint64(p), uint64(len(ids))).Uniform(0) - 0.5)
		x[v] = float32(sum)
	}
	return x
}

// text makes n tokens below the mask token.
func (f *fake) text(seed uint64, n int) []int32 {
	ids := make([]int32, n)
	for i := range ids {
		ids[i] = int32(backend.NewKey(seed, 77).Uniform(uint64(i)) * float64(f.mask))
	}
	return ids
}

// exact is the bound by enumeration: the mean over counts of the mean over all
// sets of that count.
func (f *fake) exact(it Item) float64 {
	n := it.Tokens()
	sums, sets := make([]float64, n+1), make([]float64, n+1)
	for bits := 1; bits < 1<<n; bits++ {
		var mask []int32
		for i := range n {
			if bits>>i&1 == 1 {
				mask = append(mask, int32(it.Prompt+i))
			}
		}
		one := Item{it.IDs, it.Prompt, [][]int32{mask}}
		values, err := (&Scorer{Network: f, MaskID: f.mask}).Values(context.Background(), one)
		if err != nil {
			panic(err)
		}
		sums[len(mask)] += values[0]
		sets[len(mask)]++
	}
	total := 0.0
	for l := 1; l <= n; l++ {
		total += sums[l] / sets[l] / float64(n)
	}
	return total
}

func sorted(x []int32) []int32 { return slices.Sorted(slices.Values(x)) }
