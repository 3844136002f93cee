package sample_test

import (
	"context"
	"slices"
	"testing"

	"llada/runtime/backend"
	"llada/runtime/model"
	"llada/runtime/sample"
)

// The special tokens of the tests.
const (
	mask = int32(99)
	eos  = int32(90)
	eot  = int32(91)
)

var special = sample.Tokens{Mask: mask, EOS: eos, End: []int32{eos, eot}}

// fake is a Predictor without a network. It remembers what it was asked.
type fake struct {
	// token and logOdds make the candidate of a position in the n-th call, from
	// 0. Where they are nil, it is token 1 with log-odds 0.
	token   func(n int, position int32) int32
	logOdds func(n int, position int32) float64
	fail    map[int]error // by call

	batches []model.Batch
	asks    []*backend.Ask
}

func (f *fake) Predict(ctx context.Context, b model.Batch, ask *backend.Ask) (*backend.Answer, error) {
	n := len(f.batches)
	var kept model.Batch
	for _, s := range b {
		kept = append(kept, model.Seq{IDs: slices.Clone(s.IDs), Rows: slices.Clone(s.Rows)})
	}
	f.batches, f.asks = append(f.batches, kept), append(f.asks, ask)
	if err := f.fail[n]; err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	ans := &backend.Answer{}
	for _, p := range b[0].Rows {
		c := backend.Candidate{Token: 1}
		if f.token != nil {
			c.Token = f.token(n, p)
		}
		if f.logOdds != nil {
			c.LogOdds = f.logOdds(n, p)
		}
		ans.Candidates = append(ans.Candidates, c)
	}
	return ans, nil
}

// sampler has a wide context and runs on f.
func (f *fake) sampler(o sample.Options) *sample.Sampler {
	return &sample.Sampler{Predictor: f, Tokens: special, Options: o, Context: 4096}
}

// official are options of the official sampler without early stop.
func official(gen, block, steps int) sample.Options {
	return sample.Options{GenLength: gen, BlockLength: block, Steps: steps}
}

// parallel are options of parallel decoding without early stop.
func parallel(gen, block int, threshold float64) sample.Options {
	return sample.Options{GenLength: gen, BlockLength: block, Threshold: threshold}
}

// collect runs a generation that must succeed.
func collect(t testing.TB, s *sample.Sampler, prompt []int32) *sample.Result {
	t.Helper()
	r, err := s.Collect(s.Run(t.Context(), prompt), len(prompt), nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// sizes counts the positions of each step.
func sizes(committed [][]int) []int {
	var n []int
	for _, c := range committed {
		n = append(n, len(c))
	}
	return n
}

func repeat(n, value int) []int { return slices.Repeat([]int{value}, n) }
