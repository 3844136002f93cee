package quant

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"llada/formats"
)

func TestMeasureRefuses(t *testing.T) {
	y := matrixOf(4, 8)
	c := codec(t, formats.BF16)
	for _, n := range []int{0, 63, 65} {
		if _, err := Measure(t.Context(), make([]byte, n), c, y, Run{Threads: 2}); err == nil || !strings.Contains(err.Error(), "4×8 weights are 64 bytes of bf16") {
			t.Errorf("%d bytes: error %v", n, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Measure(ctx, make([]byte, 64), c, y, Run{Threads: 2}); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: error %v", err)
	}
}

func TestErrors(t *testing.T) {
	if snr := (Errors{RelativeRMS: 0.01}).SNR(); math.Abs(snr-40) > 1e-12 {
		t.Errorf("SNR %v", snr)
	}
	if !math.IsInf(Errors{}.SNR(), 1) {
		t.Error("an exact copy has noise")
	}
}
