package score

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Ratio estimates Σx/Σn over documents, such as nats per token, with the
// document as the unit of its error. It keeps five numbers and takes documents
// one by one, in an order that decides the last bits.
type Ratio struct {
	N             int
	x, n          float64 // means
	sxx, sxn, snn float64 // sums of products of deviations
}

// Add takes a document with the amount x on n units.
func (r *Ratio) Add(x, n float64) {
	r.N++
	dx, dn := x-r.x, n-r.n
	r.x += dx / float64(r.N)
	r.n += dn / float64(r.N)
	r.sxx += dx * (x - r.x)
	r.sxn += dx * (n - r.n)
	r.snn += dn * (n - r.n)
}

// Value is Σx/Σn; 0 of nothing.
func (r *Ratio) Value() float64 {
	if r.n == 0 {
		return 0
	}
	return r.x / r.n
}

// Error is the standard error of Value (Cochran, Sampling Techniques, §6.4);
// of documents of equal size it is s/√N. NaN of fewer than two documents.
func (r *Ratio) Error() float64 {
	if r.N < 2 {
		return math.NaN()
	}
	v := r.Value()
	s := r.sxx - 2*v*r.sxn + v*v*r.snn
	return math.Sqrt(max(0, s)/float64(r.N-1)/float64(r.N)) / r.n
}

// Interval95 is how many standard errors a 95 % interval reaches to each side,
// by Student's t for errors from n documents.
func Interval95(n int) float64 {
	if n < 2 {
		return math.NaN()
	}
	return distuv.StudentsT{Sigma: 1, Nu: float64(n - 1)}.Quantile(0.975)
}

// Interval is a range that holds a value with 95 % confidence; of NaN where that
// cannot be told.
type Interval struct{ Lo, Hi float64 }

// around is the interval of a value with an error from n units, of a quantity that
// is at least low: what lies below is cut off, which leaves the confidence as it is.
func around(value, err float64, n int, low float64) Interval {
	if err == 0 {
		return Interval{value, value}
	}
	reach := Interval95(n) * err
	if math.IsNaN(reach) {
		return Interval{reach, reach}
	}
	return Interval{max(low, value-reach), value + reach}
}

// larger is the larger of two errors, either of which may not be known.
func larger(a, b float64) float64 {
	if math.IsNaN(a) || b > a {
		return b
	}
	return a
}

// meanError is the standard error of the mean of values in groups of size
// group, each group one independent draw. NaN of fewer than two groups.
func meanError(values []float64, group int) float64 {
	var r Ratio
	for i := 0; i+group <= len(values); i += group {
		r.Add(mean(values[i:i+group]), 1)
	}
	return r.Error()
}

func mean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}
