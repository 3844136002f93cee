package quant

// grid is a set of integer values with the nearest of them to any number at
// hand. The midpoint of two integers is a multiple of ½, so a table of bins of
// width ½ finds the nearest exactly; a midpoint goes to the greater value.
type grid struct {
	value []int8    // by code
	near  []float32 // by bin: the nearest value
	code  []uint8   // by bin: its code
	reach float32   // bins cover [-reach, reach)
}

// newGrid makes the grid of values, all within ±reach.
func newGrid(value []int8, reach int) *grid {
	g := &grid{value: value, reach: float32(reach)}
	g.near = make([]float32, 4*reach)
	g.code = make([]uint8, 4*reach)
	for bin := range g.near {
		// The bin [b/2, (b+1)/2) is nearest to what its lower edge is nearest
		// to, ties upwards; compare doubled distances to stay in integers.
		edge := bin - 2*reach
		best, bestDist := 0, 1<<30
		for code, v := range value {
			dist := 2*int(v) - edge
			if dist < 0 {
				dist = -dist
			}
			if dist < bestDist || dist == bestDist && v > value[best] {
				best, bestDist = code, dist
			}
		}
		g.near[bin], g.code[bin] = float32(value[best]), uint8(best)
	}
	return g
}

// bin is the bin of y, clamped to the table. |y| is below 2³⁰.
func (g *grid) bin(y float32) int32 {
	b := int32(float32(y*2) + 2*g.reach)
	return min(max(b, 0), int32(len(g.near)-1))
}

// nearest is the code whose value is closest to y.
func (g *grid) nearest(y float32) uint8 { return g.code[g.bin(y)] }

// err is Σ imp·(x·inv − nearest)², over a block; imp nil weighs all equally.
func (g *grid) err(x, imp []float32, inv float32) float32 {
	near, offset, last := g.near, 2*g.reach, int32(len(g.near)-1)
	inv2 := 2 * inv
	sum := float32(0)
	if imp == nil {
		for _, v := range x {
			b := min(max(int32(float32(v*inv2)+offset), 0), last)
			e := float32(v*inv) - near[b]
			sum += float32(e * e)
		}
		return sum
	}
	for k, v := range x {
		b := min(max(int32(float32(v*inv2)+offset), 0), last)
		e := float32(v*inv) - near[b]
		sum += float32(imp[k] * float32(e*e))
	}
	return sum
}

// fit is the factor d that minimises Σ imp·(x − d·nearest(x·inv))²: one step
// of Lloyd's iteration. It is 1/inv where every nearest value is 0.
func (g *grid) fit(x, imp []float32, inv float32) float32 {
	var xv, vv float32
	for k, v := range x {
		n := g.near[g.bin(float32(v*inv))]
		i := float32(1)
		if imp != nil {
			i = imp[k]
		}
		xv += float32(i * float32(v*n))
		vv += float32(i * float32(n*n))
	}
	if vv == 0 || xv == 0 {
		return 1 / inv
	}
	return xv / vv
}
