package score

import (
	"context"
	"fmt"
)

// Question is a multiple-choice question in tokens.
type Question struct {
	Prompt  []int32
	Choices [][]int32
	Answer  int // index of the right choice
}

// Verdict is how the choices of a question scored.
type Verdict struct {
	Index      int       `json:"index"`
	Scores     []float64 `json:"scores"`     // log p or its lower bound, in nats
	Best       int       `json:"best"`       // the greatest, the first of equals
	Normalized int       `json:"normalized"` // the greatest per byte of the choice
	Answer     int       `json:"answer"`
}

// Check reports a verdict that is not about question index, whose right choice of so
// many is answer.
func (v *Verdict) Check(index, choices, answer int) error {
	outside := func(i int) bool { return i < 0 || i >= choices }
	if v.Index != index || v.Answer != answer || len(v.Scores) != choices || outside(v.Best) || outside(v.Normalized) {
		return fmt.Errorf("the verdict on question %d, of %d choices, stands where that on question %d, of %d, should", v.Index, len(v.Scores), index, choices)
	}
	return nil
}

// Judge scores the choices with f, which takes prompt and choice of all of them at
// once, and picks. bytes are the choices' lengths as text. Masks that f draws must
// depend on the question, not on the choice, so that choices meet common masks.
func Judge(ctx context.Context, q Question, bytes []int, f func(ctx context.Context, texts [][]int32, prompt int) ([]float64, error)) (*Verdict, error) {
	var texts [][]int32
	for _, c := range q.Choices {
		texts = append(texts, append(append([]int32{}, q.Prompt...), c...))
	}
	scores, err := f(ctx, texts, len(q.Prompt))
	if err != nil {
		return nil, err
	}
	if i := notFinite(scores); i >= 0 {
		return nil, fmt.Errorf("choice %d scores %v, which is no number", i, scores[i])
	}
	v := &Verdict{Answer: q.Answer, Scores: scores}
	for i, s := range v.Scores {
		if s > v.Scores[v.Best] {
			v.Best = i
		}
		if s/float64(bytes[i]) > v.Scores[v.Normalized]/float64(bytes[v.Normalized]) {
			v.Normalized = i
		}
	}
	return v, nil
}

// Bounds scores each text by the lower bound of log p of what follows the prompt,
// in nats, under masks that its document draws: −(L/l)·Σ −log p averaged over
// them. Texts share passes.
func (s *Scorer) Bounds(ctx context.Context, d Draw, document uint64, texts [][]int32, prompt int) ([]float64, error) {
	items := make([]Item, len(texts))
	for i, ids := range texts {
		items[i] = NewItem(ids, prompt, d.Masks(document, len(ids)-prompt))
	}
	values, err := s.Values(ctx, items...)
	if err != nil {
		return nil, err
	}
	scores := make([]float64, len(texts))
	for i, nll := range values {
		for _, v := range nll {
			scores[i] -= v / float64(len(nll))
		}
	}
	return scores, nil
}
