package main

import (
	"fmt"
	"io"
	"strconv"
	"text/tabwriter"
)

func (r *benchResult) printOps(out io.Writer) {
	if r.PeakMAC > 0 {
		fmt.Fprintf(out, "peak of the int8 product from registers: %.1f multiply-adds per cycle and core at %.2f GHz, %.0f G/s\n\n", r.Peak, r.Clock, r.PeakMAC)
	}
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "product\trows\tout\tin\tthreads\tms\tG/s per core\tper cycle\tof peak\t")
	for _, o := range r.Ops {
		fmt.Fprintf(t, "%s\t%d\t%d\t%d\t%d\t%s\t%.1f\t%.1f\t%.1f %%\t\n", o.Op, o.Rows, o.Out, o.In, o.Threads, digits(o.Millis), o.GMACs, o.PerCycle, 100*o.Share)
	}
	t.Flush()
}

func (r *benchResult) printForward(out io.Writer) {
	if len(r.Forward) == 0 {
		return
	}
	fmt.Fprintln(out)
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "forward pass\thead rows\tthreads\tms\tpositions/s\tof peak\tlinear\tattention\tother\t")
	for _, f := range r.Forward {
		fmt.Fprintf(t, "%d\t%d\t%d\t%s\t%.1f\t%.1f %%\t%.1f %%\t%.1f %%\t%.1f %%\t\n", f.Length, f.HeadRows, f.Threads, digits(f.Millis), f.Positions,
			100*f.Share, 100*f.Breakdown.Linear, 100*f.Breakdown.Attention, 100*f.Breakdown.Other)
	}
	t.Flush()
}

// digits writes a time with three digits at least.
func digits(x float64) string {
	n := 0
	for limit := 100.0; n < 4 && x < limit; limit /= 10 {
		n++
	}
	return strconv.FormatFloat(x, 'f', n, 64)
}
