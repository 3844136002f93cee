package model_test

import (
	"math"
	"testing"

	"llada/formats"
	"llada/formats/arch"
)

// reference is the network in float64, written from its equations: no cache,
// no batches, every product a loop.
type reference struct {
	a *arch.Arch
	w map[string][]float32
}

func (r *reference) product(name string, x []float64) []float64 {
	w := r.w[name]
	out := make([]float64, len(w)/len(x))
	for i := range out {
		for k, v := range x {
			out[i] += float64(w[i*len(x)+k]) * v
		}
	}
	return out
}

func (r *reference) norm(name string, x []float64) []float64 {
	sum := 0.0
	for _, v := range x {
		sum += v * v
	}
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = v / math.Sqrt(sum/float64(len(x))+float64(r.a.NormEps)) * float64(r.w[name][i])
	}
	return out
}

func (r *reference) rotate(x []float64, pos int) {
	d := r.a.HeadDim
	for h := 0; h < len(x); h += d {
		for j := range d / 2 {
			angle := float64(pos) * math.Pow(r.a.RopeTheta, -2*float64(j)/float64(d))
			sin, cos := math.Sincos(angle)
			a, b := x[h+j], x[h+j+d/2]
			x[h+j], x[h+j+d/2] = a*cos-b*sin, b*cos+a*sin
		}
	}
}

func (r *reference) forward(ids []int32) [][]float64 {
	a := r.a
	x := make([][]float64, len(ids))
	for i, id := range ids {
		for _, v := range r.w[a.Embed][int(id)*a.Width : int(id+1)*a.Width] {
			x[i] = append(x[i], float64(v))
		}
	}
	for _, b := range a.Blocks {
		q, k, v := make([][]float64, len(x)), make([][]float64, len(x)), make([][]float64, len(x))
		for i := range x {
			n := r.norm(b.AttnNorm, x[i])
			q[i], k[i], v[i] = r.product(b.Q, n), r.product(b.K, n), r.product(b.V, n)
			r.rotate(q[i], i)
			r.rotate(k[i], i)
		}
		for i := range x {
			att := make([]float64, a.Width)
			for h := range a.Heads {
				at, kv := h*a.HeadDim, h/(a.Heads/a.KVHeads)*a.HeadDim
				weight, sum := make([]float64, len(x)), 0.0
				for j := range x {
					s := 0.0
					for c := range a.HeadDim {
						s += q[i][at+c] * k[j][kv+c]
					}
					weight[j] = math.Exp(s / math.Sqrt(float64(a.HeadDim)))
					sum += weight[j]
				}
				for c := range a.HeadDim {
					for j := range x {
						att[at+c] += weight[j] / sum * v[j][kv+c]
					}
				}
			}
			for c, y := range r.product(b.Out, att) {
				x[i][c] += y
			}
		}
		for i := range x {
			m := r.norm(b.FFNorm, x[i])
			gate, up := r.product(b.Gate, m), r.product(b.Up, m)
			for c, g := range gate {
				gate[c] = g / (1 + math.Exp(-g)) * up[c]
			}
			for c, y := range r.product(b.Down, gate) {
				x[i][c] += y
			}
		}
	}
	var out [][]float64
	for i := range x {
		out = append(out, r.product(a.OutHead, r.norm(a.FinalNorm, x[i])))
	}
	return out
}

func TestForwardAgainstEquations(t *testing.T) {
	a := randomArch(t)
	for name, encode := range map[string]func(arch.Role) formats.Encoding{"f32": plain, "every encoding": mixed} {
		src := random(t, a, encode)
		m := load(t, src, a, true)
		ref := &reference{a, src.values}
		for _, n := range []int{1, 2, 23, 24} {
			in := ids(n, uint64(n))
			want := ref.forward(in)
			size := 0.0
			for _, row := range want {
				for _, v := range row {
					size = max(size, math.Abs(v))
				}
			}
			for i, row := range logits(t, m, batch(in)) {
				for j, v := range row {
					if diff := math.Abs(float64(v) - want[i][j]); !(diff <= 1e-5*size) {
						t.Fatalf("%s, %d tokens: logit [%d][%d] is %v, want %v", name, n, i, j, v, want[i][j])
					}
				}
			}
		}
	}
}

// The int8 path is another rounding of the same network.
func TestInt8IsClose(t *testing.T) {
	a := randomArch(t)
	src := random(t, a, mixed)
	in := ids(20, 4)
	want := (&reference{a, src.values}).forward(in)
	var signal, noise float64
	for i, row := range logits(t, load(t, src, a, false), batch(in)) {
		for j, v := range row {
			d := float64(v) - want[i][j]
			signal, noise = signal+want[i][j]*want[i][j], noise+d*d
		}
	}
	db := 10 * math.Log10(signal/noise)
	t.Logf("int8 activations: %.1f dB on the logits", db)
	if db < 27 {
		t.Errorf("%.1f dB on the logits, want at least 27", db)
	}
}

// Exact rows stand in for those of the embedding they replace.
func TestExactRows(t *testing.T) {
	a := randomArch(t)
	src := random(t, a, mixed)
	in := []int32{70, 3, 70, 12, 40}
	rows := make([]float32, 2*a.Width)
	for i := range rows {
		rows[i] = float32(i%7) - 3
	}
	src.add(t, a.Embed+"#rows", formats.BF16, rows, 2, a.Width)
	x := src.tensors[a.Embed+"#rows"]
	x.Replaces = []int32{12, 70}
	src.tensors[x.Name] = x
	got := logits(t, load(t, src, a, true), batch(in))
	copy(src.values[a.Embed][12*a.Width:], rows[:a.Width])
	copy(src.values[a.Embed][70*a.Width:], rows[a.Width:])
	for i, row := range (&reference{a, src.values}).forward(in) {
		for j, want := range row {
			if math.Abs(float64(got[i][j])-want) > 1e-4*(1+math.Abs(want)) {
				t.Fatalf("logit [%d][%d] is %v, want %v", i, j, got[i][j], want)
			}
		}
	}
}
