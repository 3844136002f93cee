package text

import "iter"

// Encoder turns text into token ids.
type Encoder interface {
	Encode(text string) ([]int32, error)
}

// Windows yields a text's tokens in windows of n, and at last what is left, which
// is less. A text read in pieces has the tokens of the whole.
func Windows(path string, t Encoder, n int) iter.Seq2[[]int32, error] {
	return func(yield func([]int32, error) bool) {
		var ids []int32
		for piece, err := range Pieces(path) {
			var more []int32
			if err == nil {
				more, err = t.Encode(piece)
			}
			if err != nil {
				yield(nil, err)
				return
			}
			ids = append(ids, more...)
			for len(ids) >= n {
				if !yield(ids[:n:n], nil) {
					return
				}
				ids = ids[n:]
			}
		}
		if len(ids) > 0 {
			yield(ids, nil)
		}
	}
}
