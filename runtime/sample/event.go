package sample

// Why a generation ended.
const (
	StopEnd    = "eos"    // an end token
	StopLength = "length" // the canvas is full
)

// Change is a position of the canvas that becomes another token. New is the mask
// token where a rule takes a token back.
type Change struct {
	Position int
	Old, New int32
}

// Event is one step of a generation.
type Event struct {
	Generation    int // index among those that run together
	Step          int // from 1
	Block         int // from 0
	ForwardPasses int // so far; a guided step takes two
	Changes       []Change
	// Canvas is prompt and answer, masks included, after the step. It is the
	// generation's own: copy it to keep it, do not change it.
	Canvas []int32
	// Stop is why the generation ended, on its last event; else "".
	Stop string
}

// Result is a finished generation.
type Result struct {
	// IDs is the answer: up to and including the first end token with early
	// stop, else the whole canvas after the prompt.
	IDs []int32
	// Useful is the number of tokens before the first end token.
	Useful        int
	ForwardPasses int
	Committed     [][]int // absolute positions that became tokens in each step, ascending
	Stop          string
}
