package main

import (
	"strings"
	"testing"

	"llada/formats"
)

// Weights that no machine holds are refused before they are made.
func TestRandomTensorTooLarge(t *testing.T) {
	if _, free := memory(); free == 0 {
		t.Skip("the system does not say what memory is free")
	}
	_, err := randomTensor(formats.Info{Name: "w", Encoding: formats.F32, Shape: []int{1 << 34, 1 << 14}})
	if err == nil || !strings.Contains(err.Error(), "of memory are free") {
		t.Error(err)
	}
}
