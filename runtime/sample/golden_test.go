package sample_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"llada/formats/arch"
	"llada/formats/safetensors"
	"llada/runtime/cpu"
	"llada/runtime/model"
	"llada/runtime/sample"
)

const testdata = "../../testdata"

// goldenCase is one greedy generation of the reference.
type goldenCase struct {
	Prompt              []int32
	GenLength           int `json:"gen_length"`
	Steps               int
	BlockLength         int     `json:"block_length"`
	Guidance            float64 `json:"cfg_scale"`
	LogitsEOSInf        bool    `json:"logits_eos_inf"`
	ConfidenceEOSEOTInf bool    `json:"confidence_eos_eot_inf"`
	Threshold, Factor   float64
	Cache               string
	IDs                 []int32
	ForwardPasses       int `json:"forward_passes"`
	Committed           [][]int
	ClosestTie          float64 `json:"closest_tie"`
}

func (c goldenCase) options() sample.Options {
	o := sample.Options{
		GenLength: c.GenLength, BlockLength: c.BlockLength, Guidance: c.Guidance,
		LogitsEOSInf: c.LogitsEOSInf, ConfidenceEOSEOTInf: c.ConfidenceEOSEOTInf,
		Threshold: c.Threshold, Factor: c.Factor,
	}
	if c.Threshold == 0 && c.Factor == 0 {
		o.Steps = c.Steps
	}
	return o
}

func tiny(t testing.TB) *model.Model {
	t.Helper()
	config, err := os.ReadFile(filepath.Join(testdata, "tiny-llada/config.json"))
	if err != nil {
		t.Fatal(err)
	}
	a, err := arch.Parse(config)
	if err != nil {
		t.Fatal(err)
	}
	src, err := safetensors.Open(filepath.Join(testdata, "tiny-llada"))
	if err != nil {
		t.Fatal(err)
	}
	be := cpu.New(cpu.Options{Threads: 2, Exact: true})
	t.Cleanup(func() { be.Close(); src.Close() })
	m, err := model.Load(src, a, be)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestGoldenGenerations(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(testdata, "golden/generate.json"))
	if err != nil {
		t.Fatal(err)
	}
	var golden struct {
		Mask, EOS, EOT int32
		Cases          []goldenCase
	}
	if err := json.Unmarshal(data, &golden); err != nil {
		t.Fatal(err)
	}
	m := tiny(t)
	ran := 0
	for i, c := range golden.Cases {
		if c.Cache != "" && c.Cache != "none" || c.ClosestTie < 1e-3 {
			continue
		}
		ran++
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			s := &sample.Sampler{
				Predictor: m, Options: c.options(), Context: m.Arch.Context,
				Tokens: sample.Tokens{Mask: golden.Mask, EOS: golden.EOS, End: []int32{golden.EOS, golden.EOT}},
			}
			r, err := s.Collect(s.Run(t.Context(), c.Prompt), len(c.Prompt), nil)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(r.IDs, c.IDs) {
				t.Errorf("ids\n %v, want\n %v", r.IDs, c.IDs)
			}
			if r.ForwardPasses != c.ForwardPasses {
				t.Errorf("%d forward passes, want %d", r.ForwardPasses, c.ForwardPasses)
			}
			if !slices.EqualFunc(r.Committed, c.Committed, func(a, b []int) bool { return slices.Equal(a, b) }) {
				t.Errorf("committed\n %v, want\n %v", r.Committed, c.Committed)
			}
		})
	}
	t.Logf("%d generations", ran)
	if ran < 70 {
		t.Errorf("only %d of %d golden generations qualify", ran, len(golden.Cases))
	}
}
