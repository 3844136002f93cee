package formats

import "testing"

// The sizes that docs/format.md §6.2 states.
func TestTileBytes(t *testing.T) {
	for e, want := range map[Encoding]int{Q8: 4160, Q6: 3232, Q4: 2208, F32: 0, F16: 0, BF16: 0, "q3": 0} {
		if got := e.TileBytes(); got != want {
			t.Errorf("%s: %d bytes, want %d", e, got, want)
		}
	}
}
