package model_test

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"

	"llada/formats"
	"llada/formats/arch"
	"llada/formats/safetensors"
	"llada/runtime/backend"
	"llada/runtime/cpu"
	"llada/runtime/model"
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

func loadTiny(t testing.TB, exact bool) *model.Model {
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
	be := cpu.New(cpu.Options{Threads: 2, Exact: exact})
	t.Cleanup(func() { be.Close(); src.Close() })
	m, err := model.Load(src, a, be)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestGoldenLogits(t *testing.T) {
	m := loadTiny(t, true)
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
	for _, c := range golden.Cases {
		rows := make([]int32, len(c.IDs))
		for i := range rows {
			rows[i] = int32(i)
		}
		ans, err := m.Predict(t.Context(), model.Batch{{IDs: c.IDs, Rows: rows}}, &backend.Ask{Logits: true})
		if err != nil {
			t.Fatal(err)
		}
		w, err := want.Tensor(c.Name)
		if err != nil {
			t.Fatal(err)
		}
		vals := make([]float32, w.Elements())
		formats.DecodeFloat32(vals, w.Data, w.Encoding)
		worst := 0.0
		for i, row := range ans.Logits {
			for j, v := range row {
				worst = max(worst, math.Abs(float64(v)-float64(vals[i*len(row)+j])))
			}
		}
		t.Logf("%s: max difference %.2g", c.Name, worst)
		if !(worst <= 2e-3) {
			t.Errorf("%s: logits differ by %g", c.Name, worst)
		}
	}
}
