package main

import (
	"cmp"
	"fmt"
	"image/color"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"llada/runtime/score"
)

// plotFormats are the endings of pictures.
var plotFormats = map[string]bool{".svg": true, ".png": true, ".pdf": true}

// palette tells containers apart, also for the colour-blind (Okabe and Ito).
var palette = []color.RGBA{
	{0, 114, 178, 255}, {213, 94, 0, 255}, {0, 158, 115, 255}, {204, 121, 167, 255},
	{86, 180, 233, 255}, {230, 159, 0, 255}, {120, 120, 120, 255},
}

const (
	plotWidth  = 25 * vg.Centimeter
	plotHeight = 10.5 * vg.Centimeter
)

// plotComparison draws what each container loses against its size, and how the
// divergence depends on the mask ratio, as a picture in one of plotFormats.
func plotComparison(out io.Writer, format string, all []contender) error {
	quality, err := plotQuality(all)
	if err != nil {
		return err
	}
	ratio, err := plotRatios(all)
	if err != nil {
		return err
	}
	c, err := draw.NewFormattedCanvas(plotWidth, plotHeight, format[1:])
	if err != nil {
		return err
	}
	dc := draw.New(c)
	dc.SetColor(color.White)
	dc.Fill(dc.Rectangle.Path())
	tiles := draw.Tiles{Rows: 1, Cols: 2, PadX: 8 * vg.Millimeter, PadTop: 3 * vg.Millimeter,
		PadBottom: 2 * vg.Millimeter, PadLeft: 2 * vg.Millimeter, PadRight: 4 * vg.Millimeter}
	quality.Draw(tiles.At(dc, 0, 0))
	ratio.Draw(tiles.At(dc, 1, 0))
	_, err = c.WriteTo(out)
	return err
}

func newPlot(title, x, y string) *plot.Plot {
	p := plot.New()
	p.Title.Text = title
	p.Title.TextStyle.Font.Size = 12
	p.Title.Padding = 4 * vg.Millimeter
	p.X.Label.Text, p.Y.Label.Text = x, y
	p.Add(plotter.NewGrid())
	return p
}

// errorPoints are points with the standard error of y.
type errorPoints struct {
	plotter.XYs
	plotter.YErrors
}

// plotQuality has the size on x and the paired difference on y; the reference
// is the line at 0.
func plotQuality(all []contender) (*plot.Plot, error) {
	unit, name := 1e9, "GB"
	if all[0].bytes < 1e9 {
		unit, name = 1e6, "MB"
	}
	p := newPlot("Bound above the reference, ± standard error", "size of the file, "+name, "nats per token")
	zero := plotter.NewFunction(func(float64) float64 { return 0 })
	zero.Color, zero.Width = plotColor(0), 0.5
	p.Add(zero)
	low, high := 0.0, 0.0
	below := everySecond(all)
	for i := range all {
		c := &all[i]
		y, e := 0.0, 0.0
		if i > 0 {
			y, e = c.difference.Delta(), c.difference.DeltaError()
		}
		if math.IsNaN(e) {
			e = 0
		}
		at := plotter.XY{X: float64(c.bytes) / unit, Y: y}
		data := errorPoints{plotter.XYs{at}, plotter.YErrors{{Low: e, High: e}}}
		bars, err := plotter.NewYErrorBars(data)
		if err != nil {
			return nil, err
		}
		dots, err := plotter.NewScatter(data)
		if err != nil {
			return nil, err
		}
		bars.LineStyle.Color, bars.LineStyle.Width = plotColor(i), 1.2
		dots.GlyphStyle = draw.GlyphStyle{Color: plotColor(i), Radius: 3, Shape: draw.CircleGlyph{}}
		name, err := plotter.NewLabels(plotter.XYLabels{
			XYs:    plotter.XYs{{X: at.X, Y: y + e}},
			Labels: []string{fmt.Sprintf("%s\n%.2f bits", plotName(c), c.bitsPerWeight)},
		})
		if err != nil {
			return nil, err
		}
		name.Offset.Y = 1.5 * vg.Millimeter
		name.TextStyle[0].Color, name.TextStyle[0].Font.Size = plotColor(i), 9
		name.TextStyle[0].XAlign = draw.XCenter
		if below[i] {
			name.XYs[0].Y, name.Offset.Y, name.TextStyle[0].YAlign = y-e, -1.5*vg.Millimeter, draw.YTop
		}
		p.Add(bars, dots, name)
		low, high = min(low, y-e), max(high, y+e)
	}
	margin := max(0.25*(high-low), 1e-6) // for the names
	p.Y.Min, p.Y.Max = low-margin, high+margin
	size := max(p.X.Max-p.X.Min, 0.1*p.X.Max)
	p.X.Min, p.X.Max = p.X.Min-0.1*size, p.X.Max+0.1*size
	return p, nil
}

// everySecond picks every second container by size: neighbours whose names stand
// on different sides of their points do not write over each other.
func everySecond(all []contender) []bool {
	order := make([]int, len(all))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int { return cmp.Compare(all[i].bytes, all[j].bytes) })
	picked := make([]bool, len(all))
	for rank, i := range order {
		picked[i] = rank%2 == 1
	}
	return picked
}

// plotRatios has the mask ratio on x and the mean divergence on y, logarithmic
// where every value allows it.
func plotRatios(all []contender) (*plot.Plot, error) {
	p := newPlot("KL divergence from the reference", "positions masked, %", "nats")
	low := math.Inf(1)
	for i := range all {
		for _, x := range all[i].difference.Bins {
			if x.Masks > 0 {
				low = min(low, x.MeanKL())
			}
		}
	}
	scale := func(kl float64) float64 { return kl }
	if low > 0 {
		// The axis holds logarithms: gonum's own logarithmic scale misplaces its label.
		scale, p.Y.Tick.Marker = math.Log10, decades{}
	}
	for i := 1; i < len(all); i++ {
		var points plotter.XYs
		for b, x := range all[i].difference.Bins {
			if x.Masks > 0 {
				points = append(points, plotter.XY{X: 100 * (float64(b) + 0.5) / score.Bins, Y: scale(x.MeanKL())})
			}
		}
		line, dots, err := plotter.NewLinePoints(points)
		if err != nil {
			return nil, err
		}
		line.Color, line.Width = plotColor(i), 1.5
		dots.GlyphStyle = draw.GlyphStyle{Color: plotColor(i), Radius: 2.5, Shape: draw.CircleGlyph{}}
		p.Add(line, dots)
		p.Legend.Add(plotName(&all[i]), line, dots)
	}
	p.X.Min, p.X.Max = 0, 100
	p.Legend.Top, p.Legend.XOffs, p.Legend.YOffs = true, -3*vg.Millimeter, -1*vg.Millimeter
	p.Legend.TextStyle.Font.Size, p.Legend.Padding = 9, vg.Millimeter
	lines := float64(len(all) - 1)
	span := max(p.Y.Max-p.Y.Min, 0.3*math.Abs(p.Y.Max), 1e-6)
	p.Y.Min -= 0.08 * span
	p.Y.Max = p.Y.Min + 1.16*span/(1-min(0.6, 0.05+0.06*lines)) // the legend has the rest
	if low <= 0 {
		p.Y.Min = 0
	}
	return p, nil
}

// decades are ticks at 1, 2 and 5 times powers of ten of an axis of logarithms.
type decades struct{}

// Ticks lists those in range.
func (decades) Ticks(low, high float64) []plot.Tick {
	var ticks []plot.Tick
	for e := math.Floor(low); e <= high; e++ {
		for d := 1.0; d < 10; d++ {
			at := e + math.Log10(d)
			if at < low || at > high {
				continue
			}
			label := ""
			if d == 1 || d == 2 || d == 5 {
				label = fmt.Sprintf("%.2g", math.Pow(10, at))
			}
			ticks = append(ticks, plot.Tick{Value: at, Label: label})
		}
	}
	return ticks
}

func plotName(c *contender) string {
	name := filepath.Base(c.path)
	return strings.TrimSuffix(name, filepath.Ext(name))
}

func plotColor(i int) color.Color {
	if i == 0 {
		return color.Gray{60}
	}
	return palette[(i-1)%len(palette)]
}
