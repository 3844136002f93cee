package sample

import (
	"errors"
	"fmt"
	"slices"

	"llada/runtime/backend"
	"llada/runtime/model"
)

// Tokens are the ids that mean something to a generation.
type Tokens struct {
	Mask int32
	EOS  int32   // the end of the text, which also fills a canvas up
	End  []int32 // every token that ends an answer: EOS, the end of a turn
}

// Ends reports whether a token ends an answer.
func (t Tokens) Ends(id int32) bool { return slices.Contains(t.End, id) }

// Config is what generations of one model and one purpose share.
type Config struct {
	Tokens  Tokens
	Context int // the longest sequence the model takes
	Options Options
	// Rule makes the rule of a generation instead of that of Options; nil: none.
	Rule func() Rule
}

// Streams of the random generator, the last word of its keys.
const (
	streamToken    = 0 // Gumbel noise over the vocabulary
	streamPosition = 1 // random remasking
)

// Generation is the state of one answer. Next and Take alternate until Next
// reports false.
type Generation struct {
	tokens  Tokens
	options Options
	rule    Rule

	canvas []int32
	prompt int
	given  []bool   // known before the first step: never changes, and what guidance hides
	blocks [][2]int // positions [lo, hi) of each, ascending

	block  int
	view   View
	wanted []int32 // what Next asks for
	asked  bool    // Next has been called, Take has not
	steps  int     // taken
	idle   int     // steps since the canvas changed last

	result Result
}

// New begins the answer to a prompt.
func New(c Config, prompt []int32) (*Generation, error) {
	o := c.Options
	if err := o.Check(); err != nil {
		return nil, err
	}
	if o.GenLength > c.Context-len(prompt) {
		return nil, fmt.Errorf("a prompt of %d tokens and %d to generate make %d, above the model's context of %d: shorten the prompt or gen-length",
			len(prompt), o.GenLength, uint(len(prompt))+uint(o.GenLength), c.Context)
	}
	g := &Generation{tokens: c.Tokens, options: o, rule: o.rule(), prompt: len(prompt)}
	if c.Rule != nil {
		g.rule = c.Rule()
	}
	g.canvas = slices.Grow(slices.Clone(prompt), o.GenLength)
	for range o.GenLength {
		g.canvas = append(g.canvas, g.tokens.Mask)
	}
	g.given = make([]bool, len(g.canvas))
	for i, id := range g.canvas {
		g.given[i] = id != g.tokens.Mask
	}
	for lo := len(prompt); lo < len(g.canvas); lo += o.BlockLength {
		g.blocks = append(g.blocks, [2]int{lo, lo + o.BlockLength})
	}
	g.enter(0)
	return g, nil
}

// enter begins block b.
func (g *Generation) enter(b int) {
	lo, hi := g.blocks[b][0], g.blocks[b][1]
	g.block = b
	g.view = View{Canvas: g.canvas, Mask: g.tokens.Mask, Lo: lo, Hi: hi}
	for _, id := range g.canvas[lo:hi] {
		if id == g.tokens.Mask {
			g.view.Masks++
		}
	}
}

// Next says what the generation wants computed for its next step, nothing if the
// step needs no pass, and false once it has ended. The sequences are the
// generation's own until Take. Asked again before that, it says the same.
func (g *Generation) Next() ([]model.Seq, bool) {
	if g.result.Stop != "" {
		return nil, false
	}
	s := model.Seq{IDs: g.canvas, Ask: backend.Ask{Pick: g.pick()}}
	s.Asked = g.rule.Want(g.view, &s.Ask)
	g.asked = true
	if g.wanted = s.Asked; len(g.wanted) == 0 {
		return nil, true
	}
	if g.options.Temperature > 0 {
		for _, p := range s.Asked {
			s.Ask.Pick.Noise = append(s.Ask.Pick.Noise, g.key(p, streamToken))
		}
	}
	if g.options.Guidance > 0 {
		s.Ask.Guided, s.Ask.Guidance = true, float32(g.options.Guidance)
		s.Unconditional = &model.Seq{IDs: g.hidden(), Asked: s.Asked}
	}
	return []model.Seq{s}, true
}

// pick is what is asked of every position.
func (g *Generation) pick() *backend.Pick {
	o := g.options
	p := &backend.Pick{Never: []int32{g.tokens.Mask}, Temperature: o.Temperature, TopK: o.TopK, TopP: o.TopP}
	if o.LogitsEOSInf {
		p.Forbid = []int32{g.tokens.EOS}
	}
	if o.ConfidenceEOSEOTInf {
		for _, id := range g.tokens.End {
			if id != g.tokens.EOS || o.Temperature == 0 {
				p.Postpone = append(p.Postpone, id)
			}
		}
	}
	return p
}

func (g *Generation) key(position int32, stream uint64) backend.Key {
	return backend.NewKey(g.options.Seed, uint64(g.steps+1), uint64(position), stream)
}

// hidden is the canvas of the unconditional pass: everything given is masked.
func (g *Generation) hidden() []int32 {
	ids := slices.Clone(g.canvas)
	for i := range ids {
		if g.given[i] {
			ids[i] = g.tokens.Mask
		}
	}
	return ids
}

// Take takes the answers to what Next wanted and makes the step.
func (g *Generation) Take(answers []backend.Answer) (Event, error) {
	var changes []Change
	if !g.asked {
		return Event{}, errors.New("the generation has not said what it wants")
	}
	if len(g.wanted) > 0 {
		if len(answers) != 1 || len(answers[0].Candidates) != len(g.wanted) {
			return Event{}, errors.New("the answer is not to what the generation wanted")
		}
		changes = g.rule.Decide(g.view, g.candidates(answers[0].Candidates))
		if g.result.ForwardPasses++; g.options.Guidance > 0 {
			g.result.ForwardPasses++
		}
	}
	g.asked = false
	g.steps++
	if err := g.apply(changes); err != nil {
		return Event{}, err
	}
	done := g.rule.Done(g.view)
	last := done && g.block == len(g.blocks)-1
	if g.ended() && (g.options.EarlyStop || last) {
		g.result.Stop = StopEnd
	} else if last {
		g.result.Stop = StopLength
	}
	e := Event{
		Step: g.steps, Block: g.block, ForwardPasses: g.result.ForwardPasses,
		Changes: changes, Canvas: g.canvas, Stop: g.result.Stop,
	}
	if done && !last {
		g.enter(g.block + 1)
	} else {
		g.view.Step++
	}
	return e, nil
}

func (g *Generation) candidates(answers []backend.Candidate) []Candidate {
	c := make([]Candidate, len(g.wanted))
	for i, p := range g.wanted {
		a := answers[i]
		c[i] = Candidate{Position: int(p), Token: a.Token, Confidence: a.LogOdds, Margin: a.Margin, Entropy: a.Entropy}
		if g.options.Random {
			c[i].Confidence = g.key(p, streamPosition).Uniform(0)
		}
	}
	return c
}

// patience is how many steps may change nothing beyond those that the official
// sampler has to spare: a rule that waits longer waits for ever.
const patience = 64

// apply makes a step's changes. A rule that breaks the rules of the canvas is
// mistaken.
func (g *Generation) apply(changes []Change) error {
	var committed []int
	for _, c := range changes {
		switch {
		case c.Position < 0 || c.Position >= g.view.Hi || g.given[c.Position]:
			return fmt.Errorf("the rule changes position %d, which is given or behind the block's end at %d", c.Position, g.view.Hi)
		case c.Old != g.canvas[c.Position]:
			return fmt.Errorf("the rule changes position %d from token %d, which is token %d", c.Position, c.Old, g.canvas[c.Position])
		case c.New != g.tokens.Mask:
			committed = append(committed, c.Position)
		}
		g.canvas[c.Position] = c.New
	}
	slices.Sort(committed)
	g.result.Committed = append(g.result.Committed, committed)
	if g.idle++; slices.ContainsFunc(changes, func(c Change) bool { return c.New != c.Old }) {
		g.idle = 0
	}
	if g.idle-patience > g.options.Steps {
		return fmt.Errorf("the rule has changed nothing in %d steps and does not end block %d", g.idle, g.block)
	}
	return nil
}

// ended reports whether an end token stands after tokens only.
func (g *Generation) ended() bool {
	for _, id := range g.canvas[g.prompt:] {
		if id == g.tokens.Mask {
			return false
		}
		if g.tokens.Ends(id) {
			return true
		}
	}
	return false
}

// Result is what the generation came to, once it has ended.
func (g *Generation) Result() *Result {
	r := g.result
	r.IDs = slices.Clone(g.canvas[g.prompt:])
	r.Useful = len(r.IDs)
	if end := slices.IndexFunc(r.IDs, g.tokens.Ends); end >= 0 {
		r.Useful = end
		if g.options.EarlyStop {
			r.IDs = r.IDs[:end+1]
		}
	}
	return &r
}
