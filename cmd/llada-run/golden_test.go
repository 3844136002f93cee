package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"llada/formats"
	"llada/formats/container"
	"llada/formats/safetensors"
	"llada/quant/convert"
	"llada/runtime/asm"
	"llada/runtime/backend"
	"llada/runtime/bundle"
	"llada/runtime/model"
	"llada/runtime/sample"
)

const testdata = "../../testdata"

func readJSON(t testing.TB, path string, v any) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(testdata, path))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, v); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

// converted makes a container of a checkpoint.
func converted(t testing.TB, folder string, level formats.Encoding) string {
	t.Helper()
	policy, err := convert.NewPolicy(level, "", "")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), string(level)+container.Extension)
	if _, err := convert.File(t.Context(), folder, path, convert.Options{Policy: policy, Run: convert.Run{Threads: 2}}); err != nil {
		t.Fatal(err)
	}
	return path
}

// open opens a container of the tiny model.
func open(t testing.TB, level formats.Encoding, activations bundle.Activations) *bundle.Bundle {
	t.Helper()
	return openWith(t, level, bundle.Options{Device: bundle.Device{Threads: 2, Activations: activations}})
}

func openWith(t testing.TB, level formats.Encoding, o bundle.Options) *bundle.Bundle {
	t.Helper()
	b, err := bundle.Open(t.Context(), converted(t, filepath.Join(testdata, "tiny-llada"), level), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

// logits is a whole sequence's.
func logits(t testing.TB, p model.Predictor, ids []int32) [][]float32 {
	t.Helper()
	rows := make([]int32, len(ids))
	for i := range rows {
		rows[i] = int32(i)
	}
	ans, err := p.Predict(t.Context(), []model.Seq{{IDs: ids, Asked: rows, Ask: backend.Ask{Logits: true}}})
	if err != nil {
		t.Fatal(err)
	}
	return ans[0].Logits
}

func TestGoldenLogits(t *testing.T) {
	f32, bf16 := open(t, formats.F32, "f32"), open(t, formats.BF16, "f32")
	defer asm.Use(asm.Active())
	for _, tier := range asm.Names(true) {
		if err := asm.Use(tier); err != nil {
			t.Fatal(err)
		}
		t.Run(tier, func(t *testing.T) { compareLogits(t, f32, bf16) })
	}
}

func compareLogits(t *testing.T, f32, bf16 *bundle.Bundle) {
	var golden struct {
		Cases []struct {
			Name string
			IDs  []int32
		}
	}
	readJSON(t, "golden/logits.json", &golden)
	want, err := safetensors.Open(filepath.Join(testdata, "golden/logits.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	defer want.Close()
	if len(golden.Cases) == 0 {
		t.Fatal("no cases")
	}
	for _, c := range golden.Cases {
		w, err := want.Tensor(c.Name)
		if err != nil {
			t.Fatal(err)
		}
		reference := make([]float32, w.Elements())
		if err := formats.DecodeFloat32(reference, w.Data, w.Encoding); err != nil {
			t.Fatal(err)
		}
		got := logits(t, f32, c.IDs)
		worst := 0.0
		for i, v := range slices.Concat(got...) {
			worst = max(worst, math.Abs(float64(v)-float64(reference[i])))
		}
		t.Logf("%s: max difference %.2g", c.Name, worst)
		if !(worst <= 2e-3) {
			t.Errorf("%s: logits differ from the reference by %g, want at most 2e-3", c.Name, worst)
		}
		// The checkpoint is bf16, so that both containers hold the same numbers.
		for i, row := range logits(t, bf16, c.IDs) {
			if !slices.Equal(row, got[i]) {
				t.Errorf("%s: position %d differs between the f32 and the bf16 container", c.Name, i)
			}
		}
	}
}

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

// goldenCases are those without a cache that no other rounding may change.
func goldenCases(t *testing.T) []goldenCase {
	var golden struct{ Cases []goldenCase }
	readJSON(t, "golden/generate.json", &golden)
	golden.Cases = slices.DeleteFunc(golden.Cases, func(c goldenCase) bool {
		return c.Cache != "" && c.Cache != "none" || c.ClosestTie < 1e-3
	})
	if len(golden.Cases) != 86 {
		t.Fatalf("%d golden generations qualify, want 86", len(golden.Cases))
	}
	return golden.Cases
}

func TestGoldenGenerations(t *testing.T) {
	for _, level := range []formats.Encoding{formats.F32, formats.BF16} {
		l := open(t, level, "f32")
		for i, c := range goldenCases(t) {
			if testing.Short() && i%9 != 0 {
				continue
			}
			t.Run(fmt.Sprintf("%s/%d", level, i), func(t *testing.T) {
				r := collect(t, l, c.options(), c.Prompt)
				if !slices.Equal(r.IDs, c.IDs) {
					t.Errorf("ids\n %v, want\n %v", r.IDs, c.IDs)
				}
				if r.ForwardPasses != c.ForwardPasses {
					t.Errorf("%d forward passes, want %d", r.ForwardPasses, c.ForwardPasses)
				}
				if !slices.EqualFunc(r.Committed, c.Committed, slices.Equal) {
					t.Errorf("committed\n %v, want\n %v", r.Committed, c.Committed)
				}
			})
		}
	}
}

// collect runs one generation.
func collect(t *testing.T, b *bundle.Bundle, o sample.Options, prompt []int32) *sample.Result {
	t.Helper()
	g, err := sample.New(b.Generations(o), prompt)
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range sample.Run(t.Context(), b, g) {
		if err != nil {
			t.Fatal(err)
		}
	}
	return g.Result()
}

// The chat template and the tokenizer together give the reference's ids.
func TestGoldenChat(t *testing.T) {
	l := open(t, formats.Q4, "int8")
	var golden struct {
		Cases []struct {
			Messages json.RawMessage
			IDs      []int32
		}
	}
	readJSON(t, "golden/chat.json", &golden)
	for i, c := range golden.Cases {
		var r request
		if err := json.Unmarshal(c.Messages, &r.Messages); err != nil {
			t.Fatal(err)
		}
		ids, err := r.encode(l, "", false)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(ids, c.IDs) {
			t.Errorf("case %d: ids %v, want %v", i, ids, c.IDs)
		}
	}
}
