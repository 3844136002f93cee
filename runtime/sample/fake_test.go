package sample_test

import (
	"context"
	"iter"
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

	batches [][]model.Seq // a guided sequence before the one that guides it
	asks    []backend.Ask
}

func (f *fake) Predict(ctx context.Context, seqs []model.Seq) ([]backend.Answer, error) {
	n := len(f.batches)
	var kept []model.Seq
	var answers []backend.Answer
	for _, s := range seqs {
		kept = append(kept, model.Seq{IDs: slices.Clone(s.IDs), Asked: slices.Clone(s.Asked)})
		if u := s.Unconditional; u != nil {
			kept = append(kept, model.Seq{IDs: slices.Clone(u.IDs), Asked: slices.Clone(u.Asked)})
		}
		ans := backend.Answer{}
		for _, p := range s.Asked {
			c := backend.Candidate{Token: 1}
			if f.token != nil {
				c.Token = f.token(n, p)
			}
			if f.logOdds != nil {
				c.LogOdds = f.logOdds(n, p)
			}
			if s.Ask.Pick.Entropy {
				c.Entropy = -c.LogOdds
			}
			ans.Candidates = append(ans.Candidates, c)
		}
		answers = append(answers, ans)
	}
	f.batches, f.asks = append(f.batches, kept), append(f.asks, seqs[0].Ask)
	if err := f.fail[n]; err != nil {
		return nil, err
	}
	return answers, ctx.Err()
}

// sampler runs generations with one set of options on a fake.
type sampler struct {
	f       *fake
	Options sample.Options
	Context int
	rule    func() sample.Rule
}

// sampler has a wide context and runs on f.
func (f *fake) sampler(o sample.Options) *sampler { return &sampler{f: f, Options: o, Context: 4096} }

func (s *sampler) config() sample.Config {
	return sample.Config{Tokens: special, Context: s.Context, Options: s.Options, Rule: s.rule}
}

// Run yields the events of one generation, the error of its beginning too.
func (s *sampler) Run(ctx context.Context, prompt []int32) iter.Seq2[sample.Event, error] {
	g, err := sample.New(s.config(), prompt)
	if err != nil {
		return func(yield func(sample.Event, error) bool) { yield(sample.Event{}, err) }
	}
	return sample.Run(ctx, s.f, g)
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
func collect(t testing.TB, s *sampler, prompt []int32) *sample.Result {
	t.Helper()
	g, err := sample.New(s.config(), prompt)
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range sample.Run(t.Context(), s.f, g) {
		if err != nil {
			t.Fatal(err)
		}
	}
	return g.Result()
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
