package main

import (
	"fmt"
	"io"
	"math"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"llada/cmd/internal/cli"
	"llada/runtime/score"
	"llada/runtime/score/corpus"
)

// number is x for JSON, which knows no NaN: nil where there is nothing to say.
func number(x float64) *float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return nil
	}
	return &x
}

// bound is the JSON of a bound.
type bound struct {
	PerToken        float64     `json:"nelbo_per_token"`
	StandardError   *float64    `json:"standard_error"`
	MaskError       *float64    `json:"mask_standard_error"` // its part from the choice of masks
	Confidence      []float64   `json:"confidence_95,omitempty"`
	Perplexity      *float64    `json:"perplexity_bound"`
	PerplexityRange []float64   `json:"perplexity_confidence_95,omitempty"`
	BitsPerByte     *float64    `json:"bits_per_byte"`
	Total           float64     `json:"nelbo"` // nats of all tokens
	Windows         int         `json:"windows"`
	Tokens          int         `json:"tokens"`
	MaskedTokens    int         `json:"masked_tokens"`
	NLLPerMask      [][]float64 `json:"nll_per_mask,omitempty"`
	TokensPerSecond float64     `json:"tokens_per_second"`
}

// ends are an interval for JSON; nil where it cannot be told.
func ends(i score.Interval) []float64 {
	if number(i.Lo) == nil || number(i.Hi) == nil {
		return nil
	}
	return []float64{i.Lo, i.Hi}
}

func newBound(b *score.Bound) *bound {
	i := b.Interval()
	return &bound{
		PerToken: b.PerToken(), StandardError: number(b.Error()), MaskError: number(b.MaskError()), Confidence: ends(i),
		Perplexity: number(math.Exp(b.PerToken())), PerplexityRange: ends(score.Interval{Lo: math.Exp(i.Lo), Hi: math.Exp(i.Hi)}),
		BitsPerByte: number(b.BitsPerByte()),
		Total:       b.Total(), Windows: b.Documents(), Tokens: b.Tokens, MaskedTokens: b.Masked,
		TokensPerSecond: b.TokensPerSecond(),
	}
}

// printBound prints a bound, of windows of a text or of other documents, for
// programs or people.
func printBound(out io.Writer, b *score.Bound, text bool, values [][]float64, g *cli.Globals) error {
	if g.JSON {
		j := newBound(b)
		j.NLLPerMask = values
		return cli.PrintJSON(out, j)
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "bound\t%s nats per token\n", plusMinus(b.PerToken(), b.Error()))
	for _, line := range aboutError(b, text) {
		fmt.Fprintf(w, "\t%s\n", line)
	}
	fmt.Fprintf(w, "perplexity\tat most %.4g\n", math.Exp(b.PerToken()))
	if b.Bytes > 0 {
		fmt.Fprintf(w, "bits per byte\t%.4f\n", b.BitsPerByte())
	}
	if b.Documents() == 1 {
		fmt.Fprintf(w, "in all\t%s nats for %s\n", plusMinus(b.Total(), b.Error()*float64(b.Tokens)), count(b.Tokens, "token"))
	}
	fmt.Fprintf(w, "scored\t%s, %s, %s\n", count(b.Documents(), "window"), count(b.Tokens, "token"), count(b.Masked, "masked position"))
	fmt.Fprintf(w, "speed\t%.0f tokens/s\n", b.TokensPerSecond())
	return w.Flush()
}

// aboutError says what the error of a bound is worth.
func aboutError(b *score.Bound, text bool) (lines []string) {
	one := b.Documents() == 1
	if math.IsNaN(b.Error()) {
		return []string{"its error cannot be told from one draw of masks: raise --samples"}
	}
	if i := b.Interval(); i.Lo < i.Hi {
		line := fmt.Sprintf("95 %% interval %.4f … %.4f", i.Lo, i.Hi)
		switch {
		case one:
		case b.MaskError() >= b.Error():
			line += ", the error being that of the masks: the windows differ no more than that"
		case !math.IsNaN(b.MaskError()):
			line += fmt.Sprintf(", of the error %s from the masks", figure(b.MaskError()))
		}
		lines = append(lines, line)
	}
	if one && text {
		lines = append(lines, "the error is that of the masks: what other text would change takes more than one window to tell")
	}
	return lines
}

// percent is a share with its 95 % interval.
func percent(p score.Proportion) string {
	i := p.Interval()
	return fmt.Sprintf("%.1f %% (95 %% interval %.1f … %.1f %%)", 100*p.Value(), 100*i.Lo, 100*i.Hi)
}

// plusMinus is a value and its standard error.
func plusMinus(x, e float64) string {
	if math.IsNaN(e) {
		return fmt.Sprintf("%.4f", x)
	}
	return fmt.Sprintf("%.4f ± %s", x, figure(e))
}

// count is a number of things.
func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// figure is a number of two significant digits.
func figure(x float64) string {
	switch {
	case math.IsNaN(x):
		return "?"
	case x == 0:
		return "0"
	case math.Abs(x) >= 0.001 && math.Abs(x) < 1000:
		return fmt.Sprintf("%.*f", max(0, 1-int(math.Floor(math.Log10(math.Abs(x))))), x)
	}
	return fmt.Sprintf("%.1e", x)
}

// printOrdered prints the confidence-order score of an answer.
func (o *scoreOptions) printOrdered(cmd *cobra.Command, c *corpus.Corpus, s *score.Scorer, g *cli.Globals) error {
	for d, err := range c.Items {
		if err != nil {
			return err
		}
		start := time.Now()
		logs, err := s.Ordered(cmd.Context(), [][]int32{d.IDs}, d.Prompt)
		if err != nil {
			return err
		}
		n, log := d.Tokens(), logs[0]
		if number(log) == nil {
			return fmt.Errorf("%s: log p of the answer is %v, which is no number: verify the file", o.model.path, log)
		}
		if g.JSON {
			return cli.PrintJSON(cmd.OutOrStdout(), map[string]any{
				"log_likelihood": log, "nll_per_token": -log / float64(n), "tokens": n,
				"tokens_per_second": float64(n*len(d.IDs)) / time.Since(start).Seconds(),
			})
		}
		fmt.Fprintf(cmd.OutOrStdout(), "log p in order of confidence  %.4f nats for %s, %.4f per token\n", log, count(n, "token"), log/float64(n))
	}
	return nil
}
