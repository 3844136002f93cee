package sample_test

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"llada/runtime/backend"
	"llada/runtime/model"
	"llada/runtime/sample"
)

// pure is a Predictor whose answers depend on the sequence and its question alone.
type pure struct{ most int } // sequences of the largest pass

func (p *pure) Predict(ctx context.Context, seqs []model.Seq) ([]backend.Answer, error) {
	p.most = max(p.most, len(seqs))
	var answers []backend.Answer
	for _, s := range seqs {
		words := []uint64{uint64(s.Ask.Guidance * 16), uint64(len(s.Ask.Pick.Forbid)), uint64(s.Ask.Pick.TopK)}
		for _, id := range s.IDs {
			words = append(words, uint64(id))
		}
		if s.Unconditional != nil {
			for _, id := range s.Unconditional.IDs {
				words = append(words, uint64(id))
			}
		}
		ans := backend.Answer{}
		for i, at := range s.Asked {
			key := append(slices.Clone(words), uint64(at))
			if s.Ask.Pick.Temperature > 0 {
				key = append(key, uint64(s.Ask.Pick.Noise[i]))
			}
			k := backend.NewKey(key...)
			token := int32(k.Uniform(0) * 60)
			if token >= 57 {
				token = eos
			}
			ans.Candidates = append(ans.Candidates, backend.Candidate{Token: token, LogOdds: 8*k.Uniform(1) - 3, Entropy: k.Uniform(2), Margin: k.Uniform(3)})
		}
		answers = append(answers, ans)
	}
	return answers, ctx.Err()
}

// Generations of different prompts, lengths, rules, temperatures and guidance that
// run together give the events, and come to the results, of each alone.
func TestGenerationsSharePasses(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var configs []sample.Config
		var prompts [][]int32
		for range rapid.IntRange(2, 6).Draw(t, "generations") {
			o := drawOptions(t)
			o.EarlyStop = rapid.Bool().Draw(t, "early stop")
			c := sample.Config{Tokens: special, Context: 4096, Options: o}
			if rapid.IntRange(0, 3).Draw(t, "own rule") == 0 {
				c.Rule = func() sample.Rule { return &doubtful{} }
			}
			configs = append(configs, c)
			prompts = append(prompts, rapid.SliceOfN(rapid.SampledFrom([]int32{1, 2, 3, mask}), 0, 9).Draw(t, "prompt"))
		}
		make1 := func(i int) *sample.Generation {
			g, err := sample.New(configs[i], prompts[i])
			if err != nil {
				t.Fatal(err)
			}
			return g
		}
		collect := func(p model.Predictor, gs ...*sample.Generation) [][]sample.Event {
			events := make([][]sample.Event, len(gs))
			for e, err := range sample.Run(context.Background(), p, gs...) {
				if err != nil {
					t.Fatal(err)
				}
				e.Canvas = slices.Clone(e.Canvas)
				events[e.Generation] = append(events[e.Generation], e)
			}
			return events
		}
		var all []*sample.Generation
		for i := range configs {
			all = append(all, make1(i))
		}
		p := &pure{}
		together := collect(p, all...)
		if p.most < 2 {
			t.Fatalf("no pass held more than %d sequences", p.most)
		}
		for i := range configs {
			g := make1(i)
			alone := collect(&pure{}, g)[0]
			for k := range alone {
				alone[k].Generation = i
			}
			if diff := cmp.Diff(alone, together[i]); diff != "" {
				t.Fatalf("generation %d, alone and in company:\n%s", i, diff)
			}
			if diff := cmp.Diff(g.Result(), all[i].Result()); diff != "" {
				t.Fatalf("generation %d, results alone and in company:\n%s", i, diff)
			}
		}
	})
}

// doubtful is a rule with a state: it commits the position of least entropy, and
// the first time that an odd position has been committed takes it back.
type doubtful struct {
	doubted map[int]bool
	last    int
}

func (d *doubtful) Want(v sample.View, ask *backend.Ask) []int32 {
	ask.Pick.Entropy, ask.Pick.Margin = true, true
	if len(v.Masked()) == 0 { // nothing to predict, but something to doubt
		return []int32{int32(v.Lo)}
	}
	return v.Masked()
}

func (d *doubtful) Decide(v sample.View, c []sample.Candidate) []sample.Change {
	if d.doubted == nil {
		d.doubted = map[int]bool{}
	}
	if d.last > 0 && d.last%2 == 1 && !d.doubted[d.last] {
		d.doubted[d.last] = true
		return []sample.Change{{Position: d.last, Old: v.Canvas[d.last], New: v.Mask}}
	}
	if len(v.Masked()) == 0 {
		return nil
	}
	best := c[0]
	for _, x := range c {
		if x.Entropy < best.Entropy {
			best = x
		}
	}
	d.last = best.Position
	return []sample.Change{{Position: best.Position, Old: v.Mask, New: best.Token}}
}

func (d *doubtful) Done(v sample.View) bool {
	return len(v.Masked()) == 0 && (d.last%2 == 0 || d.doubted[d.last])
}

// A rule may take a token back, by what it sees and remembers.
func TestTokensTakenBack(t *testing.T) {
	f := &fake{logOdds: func(n int, p int32) float64 { return float64(p) + float64(n)/100 }}
	s := f.sampler(sample.Options{GenLength: 4, BlockLength: 2, Threshold: 1})
	s.rule = func() sample.Rule { return &doubtful{} }
	var got []sample.Change
	for e, err := range s.Run(t.Context(), []int32{8}) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, e.Changes...)
		for _, c := range e.Changes {
			if e.Canvas[c.Position] != c.New {
				t.Errorf("position %d is %d after %+v", c.Position, e.Canvas[c.Position], c)
			}
		}
	}
	want := []sample.Change{{2, mask, 1}, {1, mask, 1}, {1, 1, mask}, {1, mask, 1}, {4, mask, 1}, {3, mask, 1}, {3, 1, mask}, {3, mask, 1}}
	if !slices.Equal(got, want) {
		t.Errorf("changes\n%v, want\n%v", got, want)
	}
	r := collect(t, s, []int32{8})
	if want := [][]int{{2}, {1}, {}, {1}, {4}, {3}, {}, {3}}; !slices.EqualFunc(r.Committed, want, slices.Equal) || !slices.Equal(r.IDs, []int32{1, 1, 1, 1}) {
		t.Errorf("committed %v, ids %v", r.Committed, r.IDs)
	}
	if !f.asks[0].Pick.Entropy || !f.asks[0].Pick.Margin {
		t.Error("the rule's questions were not asked")
	}
}

// mistaken is a rule that makes one kind of change for ever.
type mistaken struct {
	sample.Threshold
	change []sample.Change
}

func (m mistaken) Decide(sample.View, []sample.Candidate) []sample.Change { return m.change }

// A rule that breaks the rules of the canvas, or waits for ever, ends in an error.
func TestMistakenRules(t *testing.T) {
	for _, c := range []struct {
		name, want string
		change     []sample.Change
	}{
		{"a given token", "position 0, which is given", []sample.Change{{0, 8, 9}}},
		{"behind the block", "position 3, which is given or behind the block's end at 3", []sample.Change{{3, mask, 9}}},
		{"before the canvas", "position -1", []sample.Change{{-1, mask, 9}}},
		{"another token than is there", "position 1 from token 5, which is token 99", []sample.Change{{1, 5, 9}}},
		{"nothing", "changed nothing in", nil},
		{"a mask for itself", "changed nothing in", []sample.Change{{1, mask, mask}}},
	} {
		s := (&fake{}).sampler(sample.Options{GenLength: 4, BlockLength: 2, Threshold: 1})
		s.rule = func() sample.Rule { return mistaken{change: c.change} }
		var last error
		for _, err := range s.Run(t.Context(), []int32{8}) {
			last = err
		}
		if last == nil || !strings.Contains(last.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", c.name, last, c.want)
		}
	}
}

// An error ends a run behind the events of the generations before it.
func TestErrorsInCompany(t *testing.T) {
	f := &fake{}
	c := f.sampler(sample.Options{GenLength: 4, BlockLength: 2, Threshold: 1}).config()
	good, err := sample.New(c, []int32{8})
	if err != nil {
		t.Fatal(err)
	}
	c.Rule = func() sample.Rule { return mistaken{change: []sample.Change{{0, 8, 9}}} }
	bad, err := sample.New(c, []int32{8})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for e, err := range sample.Run(t.Context(), f, good, bad) {
		if err != nil {
			got = append(got, err.Error())
		} else {
			got = append(got, fmt.Sprint("event of ", e.Generation))
		}
	}
	if len(got) != 2 || got[0] != "event of 0" || !strings.HasPrefix(got[1], "generation 1: the rule changes position 0") {
		t.Errorf("%q", got)
	}
}

// short is a Predictor that answers all but the last.
type short struct{ fake }

func (s *short) Predict(ctx context.Context, seqs []model.Seq) ([]backend.Answer, error) {
	answers, err := s.fake.Predict(ctx, seqs)
	return answers[:len(answers)-1], err
}

func TestTooFewAnswers(t *testing.T) {
	g, err := sample.New((&fake{}).sampler(official(4, 2, 4)).config(), []int32{8})
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range sample.Run(t.Context(), &short{}, g) {
		if err == nil || !strings.Contains(err.Error(), "0 answers about 1 sequences") {
			t.Errorf("error %v", err)
		}
	}
}

// A result is the caller's; positions of a step ascend whatever their confidence.
func TestResult(t *testing.T) {
	f := &fake{logOdds: func(_ int, p int32) float64 { return 9 + float64(p) }}
	g, err := sample.New(f.sampler(parallel(4, 4, 0.5)).config(), []int32{8})
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range sample.Run(t.Context(), f, g) {
		if err != nil {
			t.Fatal(err)
		}
	}
	r := g.Result()
	if want := [][]int{{1, 2, 3, 4}}; !slices.EqualFunc(r.Committed, want, slices.Equal) {
		t.Errorf("committed %v, want %v", r.Committed, want)
	}
	r.IDs[0] = 77
	if again := g.Result(); again.IDs[0] != 1 {
		t.Errorf("the result became %v", again.IDs)
	}
}

// Patience is beyond the steps of the official sampler, however many they are.
func TestPatience(t *testing.T) {
	for _, steps := range []int{2, 500} {
		n := 0
		for _, err := range (&fake{}).sampler(official(2, 2, steps)).Run(t.Context(), nil) {
			if n++; err != nil {
				t.Fatalf("step %d of %d: %v", n, steps, err)
			}
		}
		if n != steps {
			t.Errorf("%d steps, want %d", n, steps)
		}
	}
	for e, err := range (&fake{}).sampler(official(2, 2, math.MaxInt)).Run(t.Context(), nil) {
		if err != nil {
			t.Fatalf("with steps for ever: %v", err)
		}
		if e.Step == 9 {
			break
		}
	}
}

// What a generation wants does not change until it is taken, and what is taken must
// be the answer to it.
func TestNextUntilTake(t *testing.T) {
	o := official(4, 2, 4)
	o.Temperature, o.Guidance = 1, 1
	g, err := sample.New((&fake{}).sampler(o).config(), []int32{8})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.Take(nil); err == nil || !strings.Contains(err.Error(), "has not said") {
		t.Errorf("taken before anything was wanted: error %v", err)
	}
	first, more := g.Next()
	again, _ := g.Next()
	if !more || len(first) != 1 || !cmp.Equal(first, again) {
		t.Errorf("the generation wants %+v, then %+v", first, again)
	}
	if _, err := g.Take(nil); err == nil {
		t.Error("a generation took nothing for an answer")
	}
	if r := g.Result(); r.ForwardPasses != 0 || len(r.Committed) != 0 {
		t.Errorf("%d passes, %v committed before any step", r.ForwardPasses, r.Committed)
	}
}

// The context ends a run between blocks as it does within one.
func TestCancelledBetweenBlocks(t *testing.T) {
	for step := 1; step <= 3; step++ {
		ctx, cancel := context.WithCancel(t.Context())
		f := &fake{}
		n, last := 0, error(nil)
		for e, err := range f.sampler(official(4, 1, 4)).Run(ctx, nil) {
			n, last = n+1, err
			if e.Step == step { // every step ends a block
				cancel()
			}
		}
		if n != step+1 || last == nil || len(f.batches) != step {
			t.Errorf("cancelled after block %d: %d events, %d passes, error %v", step, n, len(f.batches), last)
		}
		cancel()
	}
}
