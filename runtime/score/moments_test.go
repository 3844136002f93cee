package score

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// Of documents of one size the error is s/√N; of others it follows the
// textbook's formula.
func TestRatio(t *testing.T) {
	x, n := []float64{3, 5, 4, 9}, []float64{2, 2, 2, 2}
	check := func() {
		t.Helper()
		var r Ratio
		var sx, sn float64
		for i := range x {
			r.Add(x[i], n[i])
			sx, sn = sx+x[i], sn+n[i]
		}
		want, ss := sx/sn, 0.0
		for i := range x {
			ss += (x[i] - want*n[i]) * (x[i] - want*n[i])
		}
		e := math.Sqrt(ss/3*4) / sn
		if math.Abs(r.Value()-want) > 1e-14 || math.Abs(r.Error()-e) > 1e-14 {
			t.Errorf("%v ± %v, want %v ± %v", r.Value(), r.Error(), want, e)
		}
	}
	check()
	n = []float64{2, 3, 1, 5}
	check()
	var one Ratio
	one.Add(3, 2)
	if one.Value() != 1.5 || !math.IsNaN(one.Error()) {
		t.Errorf("one document: %v ± %v", one.Value(), one.Error())
	}
}

func TestInterval95(t *testing.T) {
	for n, want := range map[int]float64{2: 12.7062, 25: 2.0639, 100000: 1.96} {
		if got := Interval95(n); math.Abs(got-want) > 1e-3 {
			t.Errorf("%d documents: %v, want %v", n, got, want)
		}
	}
}

func TestMeanError(t *testing.T) {
	if e := meanError([]float64{1, 2, 3, 4}, 2); math.Abs(e-1) > 1e-15 { // means 1.5 and 3.5
		t.Errorf("%v, want 1", e)
	}
	for _, one := range [][]float64{{1, 2}, {2, 2}, {1}, nil} {
		if e := meanError(one, 2); !math.IsNaN(e) {
			t.Errorf("one draw %v: %v", one, e)
		}
	}
}

// Quantiles are right within 0.8 % over twelve orders of magnitude, zeros
// are zeros, and merging is counting.
func TestSketch(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	a, b := Sketch{}, Sketch{}
	var all []float64
	for i := range 20000 {
		v := math.Exp(rng.Float64()*28 - 22)
		if i%10 == 0 {
			v = 0
		}
		all = append(all, v)
		if i%2 == 0 {
			a.Add(v)
		} else {
			b.Add(v)
		}
	}
	a.Merge(b)
	slices.Sort(all)
	for _, q := range []float64{0.01, 0.1, 0.2, 0.5, 0.9, 0.99, 1} {
		want := all[int(math.Ceil(q*20000))-1]
		if got := a.Quantile(q); math.Abs(got-want) > 0.008*want {
			t.Errorf("quantile %v is %v, want %v", q, got, want)
		}
	}
	if v := (Sketch{}).Quantile(0.5); v != 0 {
		t.Errorf("median of nothing is %v", v)
	}
	huge := Sketch{}
	huge.Add(1e9)
	huge.Add(math.Inf(1))
	if v := huge.Quantile(0.5); v < 4000 {
		t.Errorf("values beyond the scale are counted as %v", v)
	}
}
