package arch_test

import (
	"os"
	"testing"

	"llada/formats"
	"llada/formats/arch"
)

// FuzzParse: no text makes Parse crash or accept what a network cannot be.
func FuzzParse(f *testing.F) {
	for _, path := range []string{config8B, configTiny} {
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		a, _, err := arch.Parse(text)
		if err != nil {
			refused(t, err, "")
			return
		}
		for _, l := range a.Layers {
			if at := l.Attention; at.Width() != a.Width || at.Heads%at.KVHeads != 0 {
				t.Errorf("accepted %d heads of %d for width %d", at.Heads, at.HeadDim, a.Width)
			}
		}
		total := int64(0)
		for _, s := range a.Tensors() {
			n := formats.Info{Shape: s.Shape}.Elements()
			if n <= 0 {
				t.Errorf("tensor %s has shape %v", s.Name, s.Shape)
			}
			total += n
		}
		if total != a.Parameters() {
			t.Errorf("%d parameters, the tensors have %d", a.Parameters(), total)
		}
	})
}
