package convert

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"llada/formats"
	"llada/formats/arch"
	"llada/testdata/checkpoint"
)

func policy(t testing.TB, level, embed, head formats.Encoding) Policy {
	t.Helper()
	p, err := NewPolicy(level, embed, head)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func plan(t testing.TB, v *Inventory, p Policy) *Plan {
	t.Helper()
	plan, err := NewPlan(v, p)
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

// llada8B is an inventory of the 8B as its config and its published headers
// have it; planning asks no more.
func llada8B(t testing.TB) *Inventory {
	t.Helper()
	text, err := checkpoint.LLaDA8B().JSON()
	if err != nil {
		t.Fatal(err)
	}
	a, _, err := arch.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	v := &Inventory{Arch: a, Special: []int32{126080, 126081, 126336, 126348}}
	for _, s := range a.Tensors() {
		i := formats.Info{Name: s.Name, Encoding: formats.BF16, Shape: s.Shape}
		i.Size = 2 * i.Elements()
		v.Tensors = append(v.Tensors, Entry{i, s.Role})
	}
	return v
}

// TestPlan8B checks every size against arithmetic done by hand.
func TestPlan8B(t *testing.T) {
	const (
		linear = 6_979_321_856
		table  = 517_996_544 // embedding, and as much in the head
		norms  = 266_240
		rows   = 4 * 4096 * 2 // bytes of four exact rows
	)
	v := llada8B(t)
	for _, c := range []struct {
		level   formats.Encoding
		tensors int
		linear  float64 // bits per linear weight
		bytes   int64
	}{
		{formats.Q4, 292, 4.3125, linear*43125/80000 + table*8125/8000 + table*63125/80000 + norms*4 + rows},
		{formats.Q6, 292, 6.3125, linear*63125/80000 + 2*(table*8125/8000) + norms*4 + rows},
		{formats.Q8, 292, 8.125, linear*8125/8000 + 2*(table*8125/8000) + norms*4 + rows},
		{formats.BF16, 291, 16, 2*(linear+2*table) + norms*4},
		{formats.F32, 291, 32, 4 * (linear + 2*table + norms)},
	} {
		t.Run(string(c.level), func(t *testing.T) {
			p := plan(t, v, policy(t, c.level, "", ""))
			if p.Parameters != 8_015_581_184 || p.LinearBits != c.linear || p.Bytes != c.bytes || len(p.Steps) != 291 || len(p.Outputs()) != c.tensors {
				t.Errorf("%d parameters, %v bits per linear weight, %d bytes, %d steps, %d tensors; want %v, %d, 291, %d",
					p.Parameters, p.LinearBits, p.Bytes, len(p.Steps), len(p.Outputs()), c.linear, c.bytes, c.tensors)
			}
			if want := float64(c.bytes) * 8 / 8_015_581_184; p.BitsPerWeight() != want {
				t.Errorf("%v bits per weight, want %v", p.BitsPerWeight(), want)
			}
		})
	}
}

func TestPlanIsPure(t *testing.T) {
	v, err := Take(tinyLLaDA, Reading{})
	if err != nil {
		t.Fatal(err)
	}
	first := plan(t, v, policy(t, formats.Q4, "", ""))
	v.Close() // no decision opens a file again
	second := plan(t, v, policy(t, formats.Q4, "", ""))
	if d := cmp.Diff(first, second); d != "" {
		t.Errorf("two plans of one inventory differ:\n%s", d)
	}
}

func TestPlanSteps(t *testing.T) {
	for _, c := range []struct {
		level, embed, head formats.Encoding
		want               map[arch.Role]formats.Encoding
		rows               bool // a companion of exact rows
	}{
		{formats.Q4, "", "", roles(formats.Q4, formats.Q8, formats.Q6), true},
		{formats.Q6, "", "", roles(formats.Q6, formats.Q8, formats.Q8), true},
		{formats.Q8, "", "", roles(formats.Q8, formats.Q8, formats.Q8), true},
		{formats.BF16, "", "", roles(formats.BF16, formats.BF16, formats.BF16), false},
		{formats.F32, "", "", roles(formats.F32, formats.F32, formats.F32), false},
		{formats.Q4, formats.BF16, formats.F32, roles(formats.Q4, formats.BF16, formats.F32), false},
		{formats.F32, formats.Q4, formats.Q4, roles(formats.F32, formats.Q4, formats.Q4), true},
	} {
		t.Run(strings.Join([]string{string(c.level), string(c.embed), string(c.head)}, ","), func(t *testing.T) {
			v := take(t, tinyLLaDA)
			p := plan(t, v, policy(t, c.level, c.embed, c.head))
			bytes, companions := int64(0), 0
			for _, step := range p.Steps {
				if len(step.In) != 1 || step.Out[0].Name != step.In[0].Name {
					t.Errorf("step %+v", step)
				}
				for _, o := range step.Out {
					bytes += o.Size
					if o.Why == "" {
						t.Errorf("%s: no reason", o.Name)
					}
					if name, ok := strings.CutSuffix(o.Name, formats.RowsSuffix); ok {
						companions++
						if name != v.Arch.Embed || name != step.In[0].Name || o.Encoding != formats.BF16 || !cmp.Equal(o.Replaces, v.Special) {
							t.Errorf("companion %+v", o)
						}
						continue
					}
					if o.Encoding != c.want[o.Role] || !cmp.Equal(step.In[0].Shape, o.Shape) {
						t.Errorf("%s %s becomes %s, want %s", o.Role, o.Name, o.Encoding, c.want[o.Role])
					}
					if (o.Codebook != nil) != (o.Encoding == formats.Q4) {
						t.Errorf("%s as %s: codebook %v", o.Name, o.Encoding, o.Codebook)
					}
				}
			}
			if bytes != p.Bytes || (companions == 1) != c.rows || companions > 1 {
				t.Errorf("tensors of %d bytes, plan says %d; %d companions", bytes, p.Bytes, companions)
			}
		})
	}
}

func roles(linear, embed, head formats.Encoding) map[arch.Role]formats.Encoding {
	return map[arch.Role]formats.Encoding{
		arch.Linear: linear, arch.Embedding: embed, arch.Head: head, arch.Norm: formats.F32, arch.Bias: formats.F32,
	}
}

func TestNewPolicyRefuses(t *testing.T) {
	for _, c := range []struct{ level, embed, head formats.Encoding }{
		{"q5", "", ""}, {"", "", ""}, {formats.F16, "", ""}, {formats.Q4, "q2", ""}, {formats.Q4, "", formats.F16},
	} {
		if _, err := NewPolicy(c.level, c.embed, c.head); err == nil || !strings.Contains(err.Error(), "use q4, q6, q8, bf16 or f32") {
			t.Errorf("%q %q %q: error %v", c.level, c.embed, c.head, err)
		}
	}
}
