package convert

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"llada/formats"
	"llada/formats/container"
	"llada/quant"
	"llada/testdata/checkpoint"
)

func openContainer(t testing.TB, path string) *container.File {
	t.Helper()
	f, err := container.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// TestMeasureAgrees: what is measured in the container is what the conversion
// reported, to the last bit, on any number of threads.
func TestMeasureAgrees(t *testing.T) {
	v := take(t, randomCheckpoint(t, checkpoint.Options{}, awkward...))
	for _, level := range []formats.Encoding{formats.Q4, formats.Q6, formats.Q8, formats.BF16} {
		t.Run(string(level), func(t *testing.T) {
			path, want := write(t, v, plan(t, v, policy(t, level, "", "")), Run{Threads: 2})
			f := openContainer(t, path)
			steps, err := v.StepsOf(f.Infos())
			if err != nil {
				t.Fatal(err)
			}
			var got []Report
			for n, s := range steps {
				reports, err := s.Measure(t.Context(), v.Source, f, n%4)
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, reports...)
			}
			if len(got) != len(want) {
				t.Fatalf("%d tensors measured, %d reported", len(got), len(want))
			}
			for n, r := range want {
				e := got[n].Errors
				if got[n].Name != r.Name || e != r.Errors {
					t.Errorf("%s: measured %+v, reported %+v", r.Name, got[n], r.Errors)
				}
				exact := r.Encoding.ElementBytes() > 0
				if (e.RelativeRMS == 0) != exact || (e.MaxAbs == 0) != exact || (FiguresOf(e).SNR == nil) != exact {
					t.Errorf("%s as %s: %+v", r.Name, r.Encoding, e)
				}
			}
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			if _, err := steps[0].Measure(ctx, v.Source, f, 2); !errors.Is(err, context.Canceled) {
				t.Errorf("canceled: error %v", err)
			}
		})
	}
}

// TestStepsOf: the steps of a container are those of the plan that made it, and
// a container that this checkpoint cannot have made has none.
func TestStepsOf(t *testing.T) {
	v := take(t, tinyLLaDA)
	p := plan(t, v, policy(t, formats.Q4, "", ""))
	var infos []formats.Info
	for _, o := range p.Outputs() {
		infos = append(infos, o.Info)
	}
	steps, err := v.StepsOf(infos)
	if err != nil || len(steps) != len(p.Steps) {
		t.Fatalf("%d steps of %d, error %v", len(steps), len(p.Steps), err)
	}
	for n, s := range steps {
		if !slices.EqualFunc(s.In, p.Steps[n].In, formats.Info.Equal) ||
			!slices.EqualFunc(s.Out, p.Steps[n].Out, func(a, b Output) bool { return a.Info.Equal(b.Info) && a.Role == b.Role }) {
			t.Errorf("step %d is %+v, want %+v", n, s, p.Steps[n])
		}
	}
	const embed = "model.transformer.wte.weight"
	for _, c := range []struct {
		name   string
		change func([]formats.Info) []formats.Info
		want   string
	}{
		{"fewer rows", func(l []formats.Info) []formats.Info { l[0].Shape = []int{2047, 256}; return l },
			"tensor " + embed + ": shape [2047 256] does not fit [2048 256] of the checkpoint"},
		{"a row that is not there", func(l []formats.Info) []formats.Info {
			l[1].Replaces = slices.Clone(l[1].Replaces)
			l[1].Replaces[7] = 2048
			return l
		}, "tensor " + embed + "#rows: shape [8 256] does not fit [2048 256] of the checkpoint"},
		{"other columns", func(l []formats.Info) []formats.Info { l[1].Shape = []int{8, 128}; return l },
			"tensor " + embed + "#rows: shape [8 128] does not fit"},
		{"no embedding", func(l []formats.Info) []formats.Info { return l[2:] }, "tensor " + embed + " is missing"},
		{"one more", func(l []formats.Info) []formats.Info {
			l[2].Name += "2"
			return append(l, p.Outputs()[2].Info)
		}, "the checkpoint has no tensor model.transformer.blocks.0.attn_norm.weight2"},
	} {
		_, err := v.StepsOf(c.change(slices.Clone(infos)))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", c.name, err, c.want)
		}
	}
}

func TestFigures(t *testing.T) {
	f := FiguresOf(quant.Errors{RelativeRMS: 0.0123456789, MaxAbs: 1234567.89})
	if f.RelativeRMS != 0.0123457 || f.MaxAbs != 1234570 || f.SNR == nil || *f.SNR != 38.17 {
		t.Errorf("figures %+v, SNR %v", f, *f.SNR)
	}
	if f := FiguresOf(quant.Errors{}); f.SNR != nil || f.RelativeRMS != 0 {
		t.Errorf("an exact copy has figures %+v", f)
	}
}
