package score

import "math"

// z95 is the normal distribution's 97.5 % quantile.
const z95 = 1.959963984540054

// Proportion is the share of trials that succeed, by Wilson's score interval, which
// stays within 0 and 1 and says something of few trials and of none that fails
// (E. B. Wilson, 1927; Brown, Cai and DasGupta, Statistical Science 16, 2001).
type Proportion struct{ Trials, Successes int }

// Add counts a trial.
func (p *Proportion) Add(success bool) {
	p.Trials++
	if success {
		p.Successes++
	}
}

// Value is the share that succeeded; 0 of nothing.
func (p Proportion) Value() float64 {
	if p.Trials == 0 {
		return 0
	}
	return float64(p.Successes) / float64(p.Trials)
}

// Interval holds the probability of success with 95 % confidence; of no trials it
// is all there is.
func (p Proportion) Interval() Interval {
	if p.Trials == 0 {
		return Interval{0, 1}
	}
	n, v := float64(p.Trials), p.Value()
	center := (v + z95*z95/(2*n)) / (1 + z95*z95/n)
	reach := z95 * p.Error()
	i := Interval{max(0, center-reach), min(1, center+reach)}
	switch p.Successes { // where rounding would miss the bounds
	case 0:
		i.Lo = 0
	case p.Trials:
		i.Hi = 1
	}
	return i
}

// Error is a standard error: what the interval's half width is z times of. Unlike
// √(p(1−p)/n) it is above 0 also where all or none succeed. NaN of no trials.
func (p Proportion) Error() float64 {
	n, v := float64(p.Trials), p.Value()
	return math.Sqrt(v*(1-v)/n+z95*z95/(4*n*n)) / (1 + z95*z95/n)
}
