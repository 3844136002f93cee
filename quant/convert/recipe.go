package convert

import (
	"encoding/json"

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

// newRecipe describes an executed plan.
func newRecipe(p *Plan, run Run, reports []Report) *Recipe {
	r := &Recipe{
		Tool: run.Tool, Method: run.Method.Name(), Level: p.Policy.Level, Embed: p.Policy.Embed, Head: p.Policy.Head,
		Parameters: p.Parameters, LinearBits: significant(p.LinearBits), BitsPerWeight: significant(p.BitsPerWeight()),
	}
	for _, t := range reports {
		r.Tensors = append(r.Tensors, TensorRecipe{t.Name, t.Encoding, FiguresOf(t.Errors)})
	}
	return r
}

// JSON is the section's content.
func (r *Recipe) JSON() ([]byte, error) { return json.Marshal(r) }
