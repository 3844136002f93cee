package score

import "context"

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
