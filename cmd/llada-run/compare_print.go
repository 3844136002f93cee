package main

import (
	"fmt"
	"io"
	"math"
	"path/filepath"
	"text/tabwriter"

	"llada/cmd/internal/cli"
	"llada/runtime/score"
)

// compared is the JSON of a container beside the reference.
type compared struct {
	Path              string     `json:"path"`
	BitsPerWeight     float64    `json:"bits_per_weight"`
	Bytes             int64      `json:"bytes"`
	PerToken          float64    `json:"nelbo_per_token"`
	StandardError     *float64   `json:"standard_error"`
	Delta             float64    `json:"delta"`
	DeltaError        *float64   `json:"delta_standard_error"`
	DeltaMaskError    *float64   `json:"delta_mask_standard_error"`
	DeltaConfidence   []float64  `json:"delta_confidence_95,omitempty"`
	KLMean            float64    `json:"kld_mean"`
	KLError           *float64   `json:"kld_standard_error"`
	KLConfidence      []float64  `json:"kld_confidence_95,omitempty"`
	KLMedian          float64    `json:"kld_median"`
	KLP90             float64    `json:"kld_p90"`
	KLP99             float64    `json:"kld_p99"`
	KLMax             float64    `json:"kld_max"`
	RMSDp             float64    `json:"rms_dp"`
	Top1Agreement     float64    `json:"top1_agreement"`
	FrontierAgreement float64    `json:"frontier_agreement"`
	Bins              []ratioBin `json:"mask_ratio_bins"`
	Generation        *agreed    `json:"generation,omitempty"`
	TokensPerSecond   float64    `json:"tokens_per_second"`
}

// ratioBin is the JSON of the masks with a ratio in (from, to].
type ratioBin struct {
	From              float64 `json:"from"`
	To                float64 `json:"to"`
	Positions         int     `json:"positions"`
	KLMean            float64 `json:"kld_mean"`
	RMSDp             float64 `json:"rms_dp"`
	Top1Agreement     float64 `json:"top1_agreement"`
	FrontierAgreement float64 `json:"frontier_agreement"`
}

type agreed struct {
	Prompts       int       `json:"prompts"`
	ExactMatch    float64   `json:"exact_match"`
	StandardError *float64  `json:"exact_match_standard_error"`
	Confidence    []float64 `json:"exact_match_confidence_95"`
	Diverged      int       `json:"diverged"`                    // answers that differ in some step
	FirstStep     int       `json:"first_diverging_step_median"` // of those; 0: none
}

func (c *contender) json() compared {
	d, all := &c.difference, c.difference.All()
	out := compared{
		Path: c.path, BitsPerWeight: c.bitsPerWeight, Bytes: c.bytes,
		PerToken: c.bound.PerToken(), StandardError: number(c.bound.Error()),
		Delta: d.Delta(), DeltaError: number(d.DeltaError()), DeltaMaskError: number(d.MaskError()), DeltaConfidence: ends(d.DeltaInterval()),
		KLMean: d.KL(), KLError: number(d.KLError()), KLConfidence: ends(d.KLInterval()), KLMedian: d.KLQuantile(0.5),
		KLP90: d.KLQuantile(0.9), KLP99: d.KLQuantile(0.99), KLMax: d.MaxKL,
		RMSDp: all.RMSDp(), Top1Agreement: all.Top1Agreement(), FrontierAgreement: all.FrontierAgreement(),
		TokensPerSecond: c.bound.TokensPerSecond(),
	}
	for i, b := range d.Bins {
		if b.Masks > 0 {
			out.Bins = append(out.Bins, ratioBin{
				float64(i) / score.Bins, float64(i+1) / score.Bins, b.Positions,
				b.MeanKL(), b.RMSDp(), b.Top1Agreement(), b.FrontierAgreement(),
			})
		}
	}
	if g := c.generation; g != nil {
		out.Generation = &agreed{g.exact.Trials, g.exact.Value(), number(g.exact.Error()), ends(g.exact.Interval()), len(g.diverged), g.firstStep()}
	}
	return out
}

// printComparison prints the reference, always first in all, and the others.
func printComparison(out io.Writer, all []contender, g *cli.Globals) error {
	ref := &all[0]
	if g.JSON {
		models := []compared{}
		for i := range all[1:] {
			models = append(models, all[i+1].json())
		}
		return cli.PrintJSON(out, map[string]any{
			"reference": struct {
				Path          string  `json:"path"`
				BitsPerWeight float64 `json:"bits_per_weight"`
				Bytes         int64   `json:"bytes"`
				*bound
			}{ref.path, ref.bitsPerWeight, ref.bytes, newBound(&ref.bound)},
			"models": models,
		})
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "container\tbits\tsize\tnats/token\tdelta\tKL mean\tmedian\tp90\tp99\tmax\tRMS Δp\ttop-1\tfrontier\ttokens/s")
	fmt.Fprintf(w, "%s\t%.3f\t%s\t%.4f\treference\t\t\t\t\t\t\t\t\t%.0f\n", cli.Word(filepath.Base(ref.path)),
		ref.bitsPerWeight, cli.Bytes(ref.bytes), ref.bound.PerToken(), ref.bound.TokensPerSecond())
	for i := range all[1:] {
		c := all[i+1].json()
		d := &all[i+1].difference
		fmt.Fprintf(w, "%s\t%.3f\t%s\t%.4f\t%s\t%s\t%s\t%s\t%s\t%s\t%.2f %%\t%.2f %%\t%.2f %%\t%.0f\n", cli.Word(filepath.Base(c.Path)),
			c.BitsPerWeight, cli.Bytes(c.Bytes), c.PerToken, paired(c.Delta, d.DeltaError()), paired(c.KLMean, d.KLError()),
			figure(c.KLMedian), figure(c.KLP90), figure(c.KLP99), figure(c.KLMax),
			100*c.RMSDp, 100*c.Top1Agreement, 100*c.FrontierAgreement, c.TokensPerSecond)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	printBins(out, all)
	printGenerations(out, all)
	_, err := fmt.Fprintf(out, "\n%s, %s, %s. %s; KL in nats.\n", count(ref.bound.Documents(), "window"),
		count(ref.bound.Tokens, "token"), count(ref.bound.Masked, "masked position"), aboutDelta(&all[1].difference))
	return err
}

// aboutDelta says what the errors are worth.
func aboutDelta(d *score.Difference) string {
	const more = "what other text would change takes more than one window to tell"
	reach := score.Interval95(d.Units())
	switch {
	case math.IsNaN(d.DeltaError()):
		return "Errors cannot be told from one draw of masks: raise --samples, and " + more
	case d.Documents() == 1 && d.DeltaError() == 0:
		return "± is one standard error, of the masks alone: " + more
	case d.Documents() == 1:
		return fmt.Sprintf("± is one standard error, of the masks alone, 95 %% intervals reach %.3g of them: %s", reach, more)
	}
	return fmt.Sprintf("± is one standard error, the window being the unit, 95 %% intervals reach %.3g of them", reach)
}

// paired is a value with as many digits as its error makes sense of.
func paired(x, e float64) string {
	if math.IsNaN(e) {
		return figure(x)
	}
	if x == 0 && e == 0 {
		return "0"
	}
	digits := 2
	if e > 0 && e < 1 {
		digits = 1 - int(math.Floor(math.Log10(e)))
	}
	return fmt.Sprintf("%+.*f ± %.*f", digits, x, digits, e)
}

func printBins(out io.Writer, all []contender) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprint(w, "\nKL mean, top-1, frontier by share of positions masked\n")
	for b := range score.Bins {
		for i := range all[1:] {
			x := all[i+1].difference.Bins[b]
			if x.Masks == 0 {
				continue
			}
			label := ""
			if i == 0 {
				label = fmt.Sprintf("%.0f … %.0f %%", 100*float64(b)/score.Bins, 100*float64(b+1)/score.Bins)
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%.2f %%\t%.2f %%\n", label, cli.Word(filepath.Base(all[i+1].path)),
				figure(x.MeanKL()), 100*x.Top1Agreement(), 100*x.FrontierAgreement())
		}
	}
	w.Flush()
}

func printGenerations(out io.Writer, all []contender) {
	for i := range all[1:] {
		a := all[i+1].generation
		if a == nil {
			continue
		}
		if i == 0 {
			fmt.Fprintln(out, "\nGreedy answers to prompts")
		}
		fmt.Fprintf(out, "%s  %s of %d the same", cli.Word(filepath.Base(all[i+1].path)), percent(a.exact), a.exact.Trials)
		if n := len(a.diverged); n > 0 {
			fmt.Fprintf(out, "; %d took other steps, the first being step %d (median)", n, a.firstStep())
		}
		fmt.Fprintln(out)
	}
}
