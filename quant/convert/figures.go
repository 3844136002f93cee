package convert

import (
	"math"

	"llada/quant"
)

// Figures are a tensor's errors as JSON has them: no SNR where the copy is exact.
type Figures struct {
	RelativeRMS float64  `json:"relative_rms"`
	MaxAbs      float64  `json:"max_abs"`
	SNR         *float64 `json:"snr_db"`
}

// FiguresOf rounds to what is worth reading, which also keeps the bytes equal
// across machines that sum alike but print differently.
func FiguresOf(e quant.Errors) Figures {
	f := Figures{RelativeRMS: significant(e.RelativeRMS), MaxAbs: significant(e.MaxAbs)}
	if e.RelativeRMS > 0 {
		snr := math.Round(e.SNR()*1000) / 1000
		f.SNR = &snr
	}
	return f
}

// significant rounds to six digits.
func significant(x float64) float64 {
	if x == 0 {
		return 0
	}
	scale := math.Pow(10, 5-math.Floor(math.Log10(math.Abs(x))))
	if math.IsInf(scale, 0) || scale == 0 {
		return x
	}
	return math.Round(x*scale) / scale
}
