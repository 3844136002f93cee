package score

import (
	"context"
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

// Predict takes passes as a model does.
func (f *fake) Predict(ctx context.Context, seqs []model.Seq) ([]backend.Answer, error) {
	var all []backend.Answer
	for lo, hi := range model.Passes(seqs) {
		f.passes++
		for _, s := range seqs[lo:hi] {
			s.Ask.Rows = len(s.Asked)
			if err := s.Ask.Check(len(s.Asked), f.vocab); err != nil {
				return nil, err
			}
			ans := s.Ask.NewAnswer()
			for i, r := range s.Asked {
				x := f.logits(s.IDs, r)
				if s.Ask.Guided {
					backend.Guide(x, f.logits(s.Unconditional.IDs, s.Unconditional.Asked[i]), s.Ask.Guidance)
				}
				s.Ask.Reduce(&ans, i, x)
			}
			all = append(all, ans)
		}
	}
	return all, ctx.Err()
}

// held are the rows of a pass of a fake.
type held struct {
	f    *fake
	seqs []model.Seq
}

func (f *fake) Hold(ctx context.Context, seqs []model.Seq) (model.Rows, error) {
	f.passes++
	return held{f, seqs}, ctx.Err()
}

func (h held) Answer(ctx context.Context, asks []backend.Ask) ([]backend.Answer, error) {
	var rows [][]float32
	for _, s := range h.seqs {
		for _, r := range s.Asked {
			rows = append(rows, h.f.logits(s.IDs, r))
		}
	}
	var all []backend.Answer
	for _, a := range asks {
		if err := a.Check(len(rows), h.f.vocab); err != nil {
			return nil, err
		}
		ans := a.NewAnswer()
		for i := range a.Rows {
			a.Reduce(&ans, i, rows[a.Row+i])
		}
		all = append(all, ans)
	}
	return all, ctx.Err()
}

// logProb is log p of a token.
func logProb(x []float32, t int32) float64 {
	a := backend.Ask{Rows: 1, Targets: []int32{t}}
	ans := a.NewAnswer()
	a.Reduce(&ans, 0, slices.Clone(x))
	return ans.LogProbs[0]
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
		values, err := (&Scorer{Predictor: f, MaskID: f.mask}).Values(context.Background(), one)
		if err != nil {
			panic(err)
		}
		sums[len(mask)] += values[0][0]
		sets[len(mask)]++
	}
	total := 0.0
	for l := 1; l <= n; l++ {
		total += sums[l] / sets[l] / float64(n)
	}
	return total
}

func sorted(x []int32) []int32 { return slices.Sorted(slices.Values(x)) }
