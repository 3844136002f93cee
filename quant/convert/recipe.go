package quant

import (
	"encoding/json"
	"math"

	"llada/formats"
)

// Recipe is how a container was made and what it cost: the section recipe.json.
// It holds nothing that differs between two runs of the same conversion.
type Recipe struct {
	Tool          string           `json:"tool"`
	Method        string           `json:"method"`
	Level         formats.Encoding `json:"level"`
	Embed         formats.Encoding `json:"embed"`
	Head          formats.Encoding `json:"head"`
	Parameters    int64            `json:"parameters"`
	LinearBits    float64          `json:"bits_per_linear_weight"`
	BitsPerWeight float64          `json:"bits_per_weight"`
	Tensors       []TensorRecipe   `json:"tensors"`
}

// TensorRecipe is one tensor's figures.
type TensorRecipe struct {
	Name     string           `json:"name"`
	Encoding formats.Encoding `json:"encoding"`
	Figures
}

// Figures are Errors as JSON has them: no SNR where the copy is exact.
type Figures struct {
	RelativeRMS float64  `json:"relative_rms"`
	MaxAbs      float64  `json:"max_abs"`
	SNR         *float64 `json:"snr_db"`
}

// Figures rounds to what is worth reading, which also keeps the bytes equal
// across machines that sum alike but print differently.
func (e Errors) Figures() Figures {
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

// NewRecipe describes an executed plan.
func NewRecipe(tool string, p *Plan, reports []Report) Recipe {
	r := Recipe{
		Tool: tool, Method: "rtn", Level: p.Policy.Level, Embed: p.Policy.Embed, Head: p.Policy.Head,
		Parameters: p.Parameters, LinearBits: significant(p.LinearBits), BitsPerWeight: significant(p.BitsPerWeight()),
	}
	for _, t := range reports {
		r.Tensors = append(r.Tensors, TensorRecipe{t.Name, t.Encoding, t.Errors.Figures()})
	}
	return r
}

// JSON is the section's content.
func (r Recipe) JSON() ([]byte, error) { return json.Marshal(r) }
