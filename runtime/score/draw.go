package score

// Draw says which masks documents get.
type Draw struct {
	Seed    uint64
	Samples int // masks per document
	// Batch, if not 0, draws as the official estimator does, in batches of so many;
	// it divides Samples. Otherwise masks come in pairs (Pairs).
	Batch int
}

// Masks are those of a document of n positions, counted from 0.
func (d Draw) Masks(document uint64, n int) [][]int32 {
	if d.Batch > 0 {
		return Official(d.Seed, document, n, d.Samples, d.Batch)
	}
	return Pairs(d.Seed, document, n, d.Samples)
}

// Group is how many consecutive masks are one independent draw.
func (d Draw) Group() int {
	if d.Batch > 0 {
		return d.Batch
	}
	return 2
}
