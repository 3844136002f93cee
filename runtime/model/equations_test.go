package model_test

import (
	"math"
	"testing"

	"llada/formats"
	"llada/formats/arch"
	"llada/runtime/model"
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

// norm normalizes every len(w) numbers by themselves.
func (r *reference) norm(name string, x []float64) []float64 {
	if n := len(r.w[name]); n < len(x) {
		return append(r.norm(name, x[:n:n]), r.norm(name, x[n:])...)
	}
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

func (r *reference) rotate(x []float64, l *arch.Attention, pos int) {
	for h := 0; h < len(x); h += l.HeadDim {
		for j := range l.RopeDims / 2 {
			angle := float64(pos) * math.Pow(l.RopeTheta, -2*float64(j)/float64(l.RopeDims))
			sin, cos := math.Sincos(angle)
			a, b := x[h+j], x[h+j+l.RopeDims/2]
			x[h+j], x[h+j+l.RopeDims/2] = a*cos-b*sin, b*cos+a*sin
		}
	}
}

// project is a product with its bias, if it has one.
func (r *reference) project(name, bias string, x []float64) []float64 {
	y := r.product(name, x)
	for i := range y {
		if bias != "" {
			y[i] += float64(r.w[bias][i])
		}
	}
	return y
}

func (r *reference) forward(ids []int32) [][]float64 {
	a := r.a
	x := make([][]float64, len(ids))
	for i, id := range ids {
		for _, v := range r.w[a.Embed][int(id)*a.Width : int(id+1)*a.Width] {
			x[i] = append(x[i], float64(v))
		}
	}
	for n := range a.Layers {
		l, d := &a.Layers[n].Attention, &a.Layers[n].Dense
		q, k, v := make([][]float64, len(x)), make([][]float64, len(x)), make([][]float64, len(x))
		for i := range x {
			n := r.norm(l.Norm, x[i])
			q[i], k[i], v[i] = r.project(l.Q, l.QBias, n), r.project(l.K, l.KBias, n), r.project(l.V, l.VBias, n)
			if l.QNorm != "" {
				q[i], k[i] = r.norm(l.QNorm, q[i]), r.norm(l.KNorm, k[i])
			}
			r.rotate(q[i], l, i)
			r.rotate(k[i], l, i)
		}
		for i := range x {
			visible := len(x)
			if a.Block > 0 {
				visible = min(visible, (i/a.Block+1)*a.Block)
			}
			att := make([]float64, l.Width())
			for h := range l.Heads {
				at, kv := h*l.HeadDim, h/(l.Heads/l.KVHeads)*l.HeadDim
				weight, sum := make([]float64, visible), 0.0
				for j := range weight {
					s := 0.0
					for c := range l.HeadDim {
						s += q[i][at+c] * k[j][kv+c]
					}
					weight[j] = math.Exp(s / math.Sqrt(float64(l.HeadDim)))
					sum += weight[j]
				}
				for c := range l.HeadDim {
					for j, w := range weight {
						att[at+c] += w / sum * v[j][kv+c]
					}
				}
			}
			for c, y := range r.product(l.Out, att) {
				x[i][c] += y
			}
		}
		for i := range x {
			m := r.norm(d.Norm, x[i])
			gate, up := r.product(d.Gate, m), r.product(d.Up, m)
			for c, g := range gate {
				gate[c] = g / (1 + math.Exp(-g)) * up[c]
			}
			for c, y := range r.product(d.Down, gate) {
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

// checkForward compares all logits of m with the equations.
func checkForward(t *testing.T, what string, m *model.Model, ref *reference, in []int32) {
	t.Helper()
	want := ref.forward(in)
	size := 0.0
	for _, row := range want {
		for _, v := range row {
			size = max(size, math.Abs(v))
		}
	}
	for i, row := range logits(t, m, seq(in)) {
		for j, v := range row {
			if diff := math.Abs(float64(v) - want[i][j]); !(diff <= 1e-5*size) {
				t.Fatalf("%s, %d tokens: logit [%d][%d] is %v, want %v", what, len(in), i, j, v, want[i][j])
			}
		}
	}
}

func TestForwardAgainstEquations(t *testing.T) {
	a := randomArch(t)
	for name, encode := range map[string]func(arch.Role) formats.Encoding{"f32": plain, "every encoding": mixed} {
		src := random(t, a, encode)
		m := load(t, src, a, true)
		ref := &reference{a, src.values}
		for _, n := range []int{1, 2, 23, 24} {
			checkForward(t, name, m, ref, ids(n, uint64(n)))
		}
	}
}

// Every feature that a layer may have, alone and with all others.
func TestFeaturesAgainstEquations(t *testing.T) {
	features := map[string]func(*arch.Arch){
		"biases": func(a *arch.Arch) {
			for i := range a.Layers {
				l := &a.Layers[i].Attention
				l.QBias, l.KBias, l.VBias = l.Q+".bias", l.K+".bias", l.V+".bias"
			}
		},
		"normalized heads": func(a *arch.Arch) {
			for i := range a.Layers {
				l := &a.Layers[i].Attention
				l.QNorm, l.KNorm = l.Q+".norm", l.K+".norm"
			}
		},
		"some columns rotate": func(a *arch.Arch) {
			for i := range a.Layers {
				a.Layers[i].Attention.RopeDims = 4
			}
		},
		"layers differ": func(a *arch.Arch) {
			l := &a.Layers[1]
			l.Attention.Heads, l.Attention.RopeTheta, l.Dense.Hidden = 4, 100, 130
		},
		"tied":   func(a *arch.Arch) { a.OutHead = a.Embed },
		"blocks": func(a *arch.Arch) { a.Block = 5 },
	}
	all := randomArch(t)
	for name, add := range features {
		a := randomArch(t)
		add(a)
		add(all)
		src := random(t, a, plain)
		checkForward(t, name, load(t, src, a, true), &reference{a, src.values}, ids(23, 7))
	}
	src := random(t, all, plain)
	checkForward(t, "all", load(t, src, all, true), &reference{all, src.values}, ids(23, 8))
}

// The int8 path is another rounding of the same network.
func TestInt8IsClose(t *testing.T) {
	a := randomArch(t)
	src := random(t, a, mixed)
	in := ids(20, 4)
	want := (&reference{a, src.values}).forward(in)
	var signal, noise float64
	for i, row := range logits(t, load(t, src, a, false), seq(in)) {
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

// Exact rows stand in for those of the matrix that they replace, whatever it does.
func TestExactRows(t *testing.T) {
	a := randomArch(t)
	l := &a.Layers[1]
	for _, name := range []string{a.Embed, a.OutHead, a.Layers[0].Attention.Q, l.Attention.Out, l.Dense.Gate, l.Dense.Up, l.Dense.Down} {
		src := random(t, a, mixed)
		base := src.tensors[name]
		cols, replaces := base.Cols(), []int32{0, 12, 40, int32(base.Rows() - 1)}
		rows := make([]float32, len(replaces)*cols)
		for i := range rows {
			rows[i] = float32(i%7)/8 - 0.25
		}
		src.add(t, name+"#rows", formats.BF16, rows, len(replaces), cols)
		x := src.tensors[name+"#rows"]
		x.Replaces = replaces
		src.tensors[x.Name] = x
		for i, r := range replaces {
			copy(src.values[name][int(r)*cols:], rows[i*cols:(i+1)*cols])
		}
		checkForward(t, name, load(t, src, a, true), &reference{a, src.values}, []int32{70, 3, 70, 12, 40})
	}
}
