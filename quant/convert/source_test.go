package convert

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"llada/formats"
	"llada/formats/mmap"
	"llada/formats/mmap/mmaptest"
	"llada/quant"
	"llada/testdata/checkpoint"
)

// made is a checkpoint whose weights are computed when they are asked for, by
// tensor, row and column: nothing of it lies in memory.
type made struct {
	infos    []formats.Info
	number   func(tensor string, row, col int) float32
	released []string
}

func (m *made) Infos() []formats.Info { return m.infos }

func (m *made) Rows(name string) (quant.Rows, error) {
	at := slices.IndexFunc(m.infos, func(i formats.Info) bool { return i.Name == name })
	if at < 0 {
		return nil, fmt.Errorf("no tensor %q", name)
	}
	return madeRows{m.infos[at], m.number}, nil
}

func (m *made) File(name string) string { return "made of " + name }

func (m *made) Locate(err error) error { return err }

func (m *made) Release(name string) { m.released = append(m.released, name) }

func (m *made) Close() error { return nil }

type madeRows struct {
	formats.Info
	number func(tensor string, row, col int) float32
}

func (m madeRows) Float32(dst []float32, row, n int) error {
	for i := range dst[:n*m.Cols()] {
		dst[i] = m.number(m.Name, row+i/m.Cols(), i%m.Cols())
	}
	return nil
}

// TestAnySource: a checkpoint that is no file gives the container that the files
// with its weights give.
func TestAnySource(t *testing.T) {
	files := take(t, tinyLLaDA)
	type matrix struct {
		x    []float32
		cols int
	}
	weights := map[string]matrix{}
	m := &made{number: func(tensor string, row, col int) float32 {
		w := weights[tensor]
		return w.x[row*w.cols+col]
	}}
	for _, e := range files.Tensors {
		rows, err := files.Source.Rows(e.Name)
		if err != nil {
			t.Fatal(err)
		}
		x := make([]float32, e.Elements())
		if err := rows.Float32(x, 0, rows.Rows()); err != nil {
			t.Fatal(err)
		}
		weights[e.Name] = matrix{x, e.Cols()}
		m.infos = append(m.infos, formats.Info{Name: e.Name, Encoding: "made", Shape: e.Shape})
	}
	v, err := NewInventory("nowhere", files.Sections, m, Reading{})
	if err != nil {
		t.Fatal(err)
	}
	for _, level := range []formats.Encoding{formats.Q4, formats.Q6, formats.Q8, formats.BF16} {
		want, reports := write(t, files, plan(t, files, policy(t, level, "", "")), Run{Threads: 2})
		m.released = nil
		got, found := write(t, v, plan(t, v, policy(t, level, "", "")), Run{Threads: 3, Memory: 1 << 18})
		if !bytes.Equal(read(t, got), read(t, want)) {
			t.Errorf("%s: another file", level)
		}
		for i, r := range reports {
			if found[i].Errors != r.Errors {
				t.Errorf("%s: %s has errors %+v, want %+v", level, r.Name, found[i].Errors, r.Errors)
			}
		}
		if len(m.released) != len(v.Tensors) {
			t.Errorf("%s: %d of %d tensors released", level, len(m.released), len(v.Tensors))
		}
	}
}

// TestReadingFails: an error of the source comes out, and no file.
func TestReadingFails(t *testing.T) {
	files := take(t, tinyLLaDA)
	m := &made{infos: files.Source.Infos(), number: func(tensor string, row, col int) float32 {
		if tensor == files.Arch.FinalNorm {
			return float32(row) / float32(row)
		}
		return 1
	}}
	v, err := NewInventory("nowhere", files.Sections, m, Reading{})
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "out.llada")
	_, err = plan(t, v, policy(t, formats.Q4, "", "")).Write(t.Context(), v, out, Run{Threads: 2})
	var parse *formats.ParseError
	if !errors.As(err, &parse) || parse.File != "made of "+files.Arch.FinalNorm ||
		!strings.Contains(err.Error(), "tensor model.transformer.ln_f.weight holds 256 NaN and 0 infinite weights, the first in row 0, column 0: the checkpoint is broken") {
		t.Errorf("error %v", err)
	}
	nothingLeft(t, out)
}

// TestShrinkingCheckpoint: a shard that is cut off while it is converted ends the
// conversion, whatever kernels read it.
func TestShrinkingCheckpoint(t *testing.T) {
	mmaptest.NeedsFaults(t)
	for _, level := range []formats.Encoding{formats.Q4, formats.Q8, formats.BF16} {
		for _, threads := range []int{1, 3} {
			dir := randomCheckpoint(t, checkpoint.Options{Shards: 2}, "n_layers", 2)
			shard := filepath.Join(dir, "model-00002-of-00002.safetensors")
			out := filepath.Join(t.TempDir(), "out.llada")
			_, err := File(t.Context(), dir, out, Options{Policy: policy(t, level, "", ""), Run: Run{
				Threads: threads,
				On: func(Output, int64) {
					if err := os.Truncate(shard, 4096); err != nil {
						t.Error(err)
					}
				},
			}})
			var parse *formats.ParseError
			if !errors.As(err, new(*mmap.Fault)) || errors.As(err, &parse) || !strings.HasPrefix(err.Error(), shard+`: tensor "model.`) {
				t.Errorf("%s on %d threads: error %v", level, threads, err)
			}
			nothingLeft(t, out)
		}
	}
}

// TestShrinkingUnderMeasure: the same while a container is compared.
func TestShrinkingUnderMeasure(t *testing.T) {
	mmaptest.NeedsFaults(t)
	dir := randomCheckpoint(t, checkpoint.Options{}, "n_layers", 1)
	v := take(t, dir)
	path, _ := write(t, v, plan(t, v, policy(t, formats.Q4, "", "")), Run{Threads: 2})
	f := openContainer(t, path)
	steps, err := v.StepsOf(f.Infos())
	if err != nil {
		t.Fatal(err)
	}
	shard := filepath.Join(dir, "model.safetensors")
	if err := os.Truncate(shard, 0); err != nil {
		t.Fatal(err)
	}
	for _, s := range steps {
		_, err := s.Measure(t.Context(), v.Source, f, 2)
		if want := fmt.Sprintf("%s: tensor %q: cannot be read", shard, s.In[0].Name); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}

func nothingLeft(t *testing.T, out string) {
	t.Helper()
	for _, path := range []string{out, out + ".partial"} {
		if _, err := os.Stat(path); !os.IsNotExist(err) {
			t.Errorf("%s is left behind", path)
		}
	}
}

// pieces is a container that notes the largest piece it is given.
type pieces struct{ largest int }

func (p *pieces) Tensor(formats.Info) (io.WriteCloser, error) { return p, nil }

func (p *pieces) Write(b []byte) (int, error) {
	p.largest = max(p.largest, len(b))
	return len(b), nil
}

func (p *pieces) Close() error { return nil }

// TestMemoryBoundsPieces: a bound on memory reaches the encoder.
func TestMemoryBoundsPieces(t *testing.T) {
	v := take(t, tinyLLaDA)
	p := plan(t, v, policy(t, formats.Q4, "", ""))
	for _, c := range []struct {
		memory int64
		want   int
	}{{0, 532480}, {800_000, 99840}, {1, 3 * quant.Q4TileBytes}} {
		var w pieces
		if _, err := p.execute(t.Context(), v, &w, &Run{Threads: 2, Memory: c.memory}); err != nil {
			t.Fatal(err)
		}
		if w.largest != c.want {
			t.Errorf("within %d bytes: a piece of %d, want %d", c.memory, w.largest, c.want)
		}
	}
}
