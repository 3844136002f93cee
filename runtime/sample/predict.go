package sample

import (
	"context"

	"llada/runtime/backend"
	"llada/runtime/model"
)

// Streams of the random generator, the last word of its keys.
const (
	streamToken    = 0 // Gumbel noise over the vocabulary
	streamPosition = 1 // random remasking
)

// candidates asks for the token of each masked position.
func (r *run) candidates(ctx context.Context, at []int32) ([]Candidate, error) {
	ask := &backend.Ask{Pick: r.pick(at)}
	batch := model.Batch{{IDs: r.canvas, Rows: at}}
	r.passes++
	if r.Options.Guidance > 0 {
		ask.Guided, ask.Guidance = true, float32(r.Options.Guidance)
		batch = append(batch, model.Seq{IDs: r.hidden(), Rows: at})
		r.passes++
	}
	ans, err := r.Predictor.Predict(ctx, batch, ask)
	if err != nil {
		return nil, err
	}
	c := make([]Candidate, len(at))
	for i, p := range at {
		c[i] = Candidate{Position: int(p), Token: ans.Candidates[i].Token, Confidence: ans.Candidates[i].LogOdds}
		if r.Options.Random {
			c[i].Confidence = r.key(p, streamPosition).Uniform(0)
		}
	}
	return c, nil
}

// hidden is the canvas of the unconditional pass: everything given is masked.
func (r *run) hidden() []int32 {
	ids := make([]int32, len(r.canvas))
	for i, id := range r.canvas {
		if ids[i] = id; r.given[i] {
			ids[i] = r.Tokens.Mask
		}
	}
	return ids
}

func (r *run) pick(at []int32) *backend.Pick {
	o := r.Options
	p := &backend.Pick{Never: []int32{r.Tokens.Mask}, Temperature: o.Temperature, TopK: o.TopK, TopP: o.TopP}
	if o.LogitsEOSInf {
		p.Forbid = []int32{r.Tokens.EOS}
	}
	if o.ConfidenceEOSEOTInf {
		for _, id := range r.Tokens.End {
			if id != r.Tokens.EOS || o.Temperature == 0 {
				p.Postpone = append(p.Postpone, id)
			}
		}
	}
	if o.Temperature > 0 {
		for _, pos := range at {
			p.Noise = append(p.Noise, r.key(pos, streamToken))
		}
	}
	return p
}

func (r *run) key(position int32, stream uint64) backend.Key {
	return backend.NewKey(r.Options.Seed, uint64(r.steps), uint64(position), stream)
}
