package quant

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"llada/formats"
	"llada/formats/container"
	"llada/testdata/checkpoint"
)

// TestMeasureAgrees: what Measure finds in the container is what Execute
// reported, to the last bit, on any number of threads.
func TestMeasureAgrees(t *testing.T) {
	v := take(t, randomCheckpoint(t, checkpoint.Options{}, awkward...))
	for _, level := range []formats.Encoding{formats.Q4, formats.Q6, formats.Q8, formats.BF16} {
		t.Run(string(level), func(t *testing.T) {
			path, reports := convert(t, v, plan(t, v, policy(t, level, "", "")), Run{Threads: 2})
			f, err := container.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			for n, r := range reports {
				got, err := f.Tensor(r.Name)
				if err != nil {
					t.Fatal(err)
				}
				ref, err := v.Source().Tensor(strings.TrimSuffix(r.Name, formats.RowsSuffix))
				if err != nil {
					t.Fatal(err)
				}
				e, err := Measure(t.Context(), ref, got, n%4)
				if err != nil {
					t.Fatal(err)
				}
				if e != r.Errors {
					t.Errorf("%s: measured %+v, reported %+v", r.Name, e, r.Errors)
				}
				exact := r.Encoding.ElementBytes() > 0
				if (e.RelativeRMS == 0) != exact || (e.MaxAbs == 0) != exact || (e.Figures().SNR == nil) != exact {
					t.Errorf("%s as %s: %+v", r.Name, r.Encoding, e)
				}
			}
		})
	}
}

func TestMeasureRefuses(t *testing.T) {
	tensor := func(e formats.Encoding, rows, cols int) formats.Tensor {
		i := formats.Info{Name: "w", Encoding: e, Shape: []int{rows, cols}}
		i.Size = 2 * i.Elements()
		return formats.Tensor{Info: i, Data: make([]byte, i.Size)}
	}
	companion := tensor(formats.BF16, 2, 8)
	companion.Replaces = []int32{0, 4}
	for _, c := range []struct {
		name     string
		ref, got formats.Tensor
	}{
		{"more rows", tensor(formats.BF16, 3, 8), tensor(formats.BF16, 4, 8)},
		{"other columns", tensor(formats.BF16, 4, 9), tensor(formats.BF16, 4, 8)},
		{"a row that is not there", tensor(formats.BF16, 4, 8), companion},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := Measure(t.Context(), c.ref, c.got, 2); err == nil || !strings.Contains(err.Error(), "tensor w: shape") {
				t.Errorf("error %v", err)
			}
		})
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Measure(ctx, tensor(formats.BF16, 4, 8), tensor(formats.BF16, 4, 8), 2); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: error %v", err)
	}
}

func TestFigures(t *testing.T) {
	f := Errors{RelativeRMS: 0.0123456789, MaxAbs: 1234567.89}.Figures()
	if f.RelativeRMS != 0.0123457 || f.MaxAbs != 1234570 || f.SNR == nil || *f.SNR != 38.17 {
		t.Errorf("figures %+v, SNR %v", f, *f.SNR)
	}
	if f := (Errors{}).Figures(); f.SNR != nil || f.RelativeRMS != 0 || !math.IsInf(Errors{}.SNR(), 1) {
		t.Errorf("an exact copy has figures %+v", f)
	}
}
