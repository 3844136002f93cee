package sample

import (
	"fmt"
	"math"
)

// Options of a generation. The zero value is not usable; see Default.
type Options struct {
	GenLength   int // positions of the answer
	BlockLength int // positions of a block; divides GenLength

	// Steps is the number of steps of the official sampler, a multiple of the
	// number of blocks. 0 selects parallel decoding by Threshold or Factor.
	Steps     int
	Threshold float64 // commit where p reaches it, in (0, 1]
	Factor    float64 // if above 0: the factor rule instead of the threshold

	Temperature float64 // of the Gumbel noise; 0 is greedy
	TopK        int     // draw among this many most probable tokens; 0: among all
	TopP        float64 // and among the fewest whose probability exceeds this; 0 and 1: all
	Seed        uint64
	Guidance    float64 // classifier-free guidance scale; 0 is off

	Random bool // rank positions at random instead of by confidence

	// LogitsEOSInf forbids the end token altogether.
	LogitsEOSInf bool
	// ConfidenceEOSEOTInf commits end tokens only where nothing better is left:
	// their logits are −∞ between choice and confidence. As published, that
	// covers both end tokens at temperature 0 and only the end of turn above
	// (ML-GSAI/LLaDA issue 137).
	ConfidenceEOSEOTInf bool

	// EarlyStop ends the generation once an end token has only tokens before it.
	EarlyStop bool
}

// Default is what a user gets who asks for nothing.
func Default() Options {
	return Options{GenLength: 128, BlockLength: 32, Threshold: 0.9, EarlyStop: true}
}

// Check says what is wrong with the options and what would fit.
func (o Options) Check() error {
	switch {
	case o.GenLength < 1:
		return fmt.Errorf("gen-length is %d, want at least 1", o.GenLength)
	case o.BlockLength < 1:
		return fmt.Errorf("block-length is %d, want at least 1", o.BlockLength)
	case o.GenLength%o.BlockLength != 0:
		return fmt.Errorf("gen-length %d is not a multiple of block-length %d: %s would fit",
			o.GenLength, o.BlockLength, multiples(o.GenLength, o.BlockLength))
	case o.Steps < 0:
		return fmt.Errorf("steps is %d, want at least 1", o.Steps)
	case o.Steps%o.blocks() != 0:
		return fmt.Errorf("steps %d is not a multiple of the %d blocks (gen-length %d / block-length %d): %s would fit",
			o.Steps, o.blocks(), o.GenLength, o.BlockLength, multiples(o.Steps, o.blocks()))
	case !(o.Temperature >= 0) || math.IsInf(o.Temperature, 0):
		return fmt.Errorf("temperature is %v, want 0 or more", o.Temperature)
	case o.TopK < 0:
		return fmt.Errorf("top-k is %d, want at least 1, or 0 for all", o.TopK)
	case !(o.TopP >= 0 && o.TopP <= 1):
		return fmt.Errorf("top-p is %v, want above 0 and at most 1", o.TopP)
	case !(o.Guidance >= 0) || math.IsInf(o.Guidance, 0):
		return fmt.Errorf("cfg-scale is %v, want 0 or more", o.Guidance)
	case o.Guidance > 1e6:
		return fmt.Errorf("cfg-scale is %v, want at most 1e6", o.Guidance)
	case o.Steps == 0 && o.Factor == 0 && !(o.Threshold > 0 && o.Threshold <= 1):
		return fmt.Errorf("threshold is %v, want above 0 and at most 1", o.Threshold)
	case !(o.Factor >= 0) || math.IsInf(o.Factor, 0):
		return fmt.Errorf("factor is %v, want 0 or more", o.Factor)
	}
	return nil
}

func (o Options) blocks() int { return o.GenLength / o.BlockLength }

// multiples names the multiples of n on both sides of x.
func multiples(x, n int) string {
	if x < n {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%d or %d", x/n*n, (x/n+1)*n)
}

// rule is the rule that the options select, in its first state.
func (o Options) rule() Rule {
	switch {
	case o.Steps > 0:
		return Quota{PerBlock: o.Steps / o.blocks()}
	case o.Factor > 0:
		return Factor{F: o.Factor}
	}
	return Threshold{P: o.Threshold}
}
