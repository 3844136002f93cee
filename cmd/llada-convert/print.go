package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"llada/cmd/internal/cli"
	"llada/formats"
	"llada/quant/convert"
)

// plannedTensor is one line of a dry run.
type plannedTensor struct {
	Name     string           `json:"name"`
	Source   formats.Encoding `json:"source"`
	Encoding formats.Encoding `json:"encoding"`
	Shape    []int            `json:"shape"`
	Bytes    int64            `json:"bytes"`
	Why      string           `json:"why"`
}

func printPlan(out io.Writer, checkpoint string, v *convert.Inventory, p *convert.Plan, g *cli.Globals) error {
	if g.JSON {
		var tensors []plannedTensor
		for _, s := range p.Steps {
			for _, o := range s.Out {
				tensors = append(tensors, plannedTensor{o.Name, s.In[0].Encoding, o.Encoding, o.Shape, o.Size, o.Why})
			}
		}
		return cli.PrintJSON(out, map[string]any{
			"checkpoint": checkpoint, "bytes": p.Bytes, "parameters": p.Parameters,
			"bits_per_weight": p.BitsPerWeight(), "bits_per_linear_weight": p.LinearBits, "tensors": tensors,
			"unused": list(v.Unused), "warnings": list(v.Warnings),
		})
	}
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "TENSOR\tFROM\tTO\tSHAPE\tBYTES\tWHY")
	for _, s := range p.Steps {
		for _, o := range s.Out {
			fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%d\t%s\n", cli.Word(o.Name), s.In[0].Encoding, o.Encoding, shape(o.Shape), o.Size, o.Why)
		}
	}
	for _, name := range v.Unused {
		fmt.Fprintf(t, "%q\t\tleft out\t\t\tthe network does without it\n", name)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "\n%d tensors, %s parameters, %s: %.3f bits per weight, %.4f per linear weight\n",
		len(p.Outputs()), thousands(p.Parameters), cli.Bytes(p.Bytes), p.BitsPerWeight(), p.LinearBits)
	return err
}

// convertedTensor is one tensor of a conversion's result.
type convertedTensor struct {
	Name     string           `json:"name"`
	Encoding formats.Encoding `json:"encoding"`
	Shape    []int            `json:"shape"`
	Bytes    int64            `json:"bytes"`
	SNR      *float64         `json:"snr_db"` // null: exact
}

func printConversion(out io.Writer, path string, c *convert.Result, warnings []string, took time.Duration, g *cli.Globals) error {
	p := c.Plan
	if g.JSON {
		var tensors []convertedTensor
		for _, r := range c.Reports {
			tensors = append(tensors, convertedTensor{r.Name, r.Encoding, r.Shape, r.Size, convert.FiguresOf(r.Errors).SNR})
		}
		return cli.PrintJSON(out, map[string]any{
			"output": path, "bytes": outputSize(path), "parameters": p.Parameters,
			"bits_per_weight": p.BitsPerWeight(), "bits_per_linear_weight": p.LinearBits,
			"seconds": took.Seconds(), "peak_rss_bytes": cli.PeakRSS(), "tensors": tensors,
			"warnings": list(warnings),
		})
	}
	_, err := fmt.Fprintf(out, "%s: %s, %s parameters, %.3f bits per weight, %.1f s, peak memory %s\n%s",
		path, cli.Bytes(outputSize(path)), thousands(p.Parameters), p.BitsPerWeight(), took.Seconds(), cli.Bytes(cli.PeakRSS()), noise(c.Reports))
	return err
}

// noise says which tensors an encoding hurt most and least.
func noise(reports []convert.Report) string {
	type range_ struct{ low, high convert.Report }
	found := map[formats.Encoding]*range_{}
	var order []formats.Encoding
	for _, r := range reports {
		if r.Errors.RelativeRMS == 0 {
			continue
		}
		f := found[r.Encoding]
		if f == nil {
			f = &range_{r, r}
			found[r.Encoding] = f
			order = append(order, r.Encoding)
		}
		if r.Errors.SNR() < f.low.Errors.SNR() {
			f.low = r
		}
		if r.Errors.SNR() > f.high.Errors.SNR() {
			f.high = r
		}
	}
	var b strings.Builder
	for _, e := range order {
		f := found[e]
		fmt.Fprintf(&b, "%s: %.2f dB (%s) to %.2f dB (%s)\n", e, f.low.Errors.SNR(), cli.Word(f.low.Name), f.high.Errors.SNR(), cli.Word(f.high.Name))
	}
	return b.String()
}

// list is JSON's [] where there is nothing.
func list(s []string) []string { return append([]string{}, s...) }

func shape(s []int) string { return strings.ReplaceAll(strings.Trim(fmt.Sprint(s), "[]"), " ", "×") }

// thousands groups digits.
func thousands(n int64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + " " + s[i:]
	}
	return s
}
