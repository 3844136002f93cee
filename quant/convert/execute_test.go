package convert

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"llada/formats"
	"llada/formats/container"
	"llada/formats/output"
	"llada/formats/safetensors"
	"llada/quant"
	"llada/testdata/checkpoint"
)

// write executes a plan into a container.
func write(t testing.TB, v *Inventory, p *Plan, run Run) (path string, reports []Report) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "out.llada")
	r, err := p.Write(t.Context(), v, path, run)
	if err != nil {
		t.Fatal(err)
	}
	return path, r.Reports
}

func read(t testing.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// awkward are shapes that no tile divides, with fewer key and value heads than
// heads.
var awkward = []any{"n_layers", 2, "d_model", 72, "n_heads", 6, "n_kv_heads", 2, "mlp_hidden_size", 300,
	"vocab_size", 100, "embedding_size", 100, "mask_token_id", 98, "eos_token_id", 3}

// TestExecuteIsIndependent: neither threads nor memory nor shards change a byte
// or a figure.
func TestExecuteIsIndependent(t *testing.T) {
	whole := take(t, randomCheckpoint(t, checkpoint.Options{}, awkward...))
	cut := take(t, randomCheckpoint(t, checkpoint.Options{Shards: 4}, awkward...))
	for _, level := range []formats.Encoding{formats.Q4, formats.Q6, formats.Q8, formats.BF16, formats.F32} {
		t.Run(string(level), func(t *testing.T) {
			p := plan(t, whole, policy(t, level, "", ""))
			path, want := write(t, whole, p, Run{Threads: 1})
			file := read(t, path)
			for _, run := range []Run{{Threads: 3}, {Threads: 16, Memory: 1}, {Threads: 2, Memory: 100_000}, {Memory: 1 << 40}} {
				path, got := write(t, whole, p, run)
				if !bytes.Equal(read(t, path), file) {
					t.Errorf("%d threads, %d bytes of memory: another file", run.Threads, run.Memory)
				}
				if d := cmp.Diff(want, got); d != "" {
					t.Errorf("%d threads, %d bytes of memory: other figures\n%s", run.Threads, run.Memory, d)
				}
			}
			path, _ = write(t, cut, plan(t, cut, p.Policy), Run{Threads: 2})
			if !bytes.Equal(read(t, path), file) {
				t.Error("four shards give another file than one")
			}
		})
	}
}

// TestExecuteFromEverySource: a checkpoint's own encoding does not matter where
// its numbers are the same.
func TestExecuteFromEverySource(t *testing.T) {
	base := randomCheckpoint(t, checkpoint.Options{}, awkward...)
	config := read(t, filepath.Join(base, "config.json"))
	source := func(t *testing.T, e formats.Encoding) *Inventory {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "config.json"), config, 0o666); err != nil {
			t.Fatal(err)
		}
		var infos []formats.Info
		for _, i := range take(t, base).Tensors {
			i.Encoding = e
			i.Size = i.Elements() * int64(e.ElementBytes())
			infos = append(infos, i.Info)
		}
		w, err := safetensors.Create(filepath.Join(dir, "model.safetensors"), infos, nil, output.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer w.Abort()
		rng := rand.New(rand.NewPCG(7, 7))
		for _, i := range infos {
			data := make([]byte, 0, i.Size)
			for range i.Elements() {
				data = appendNumber(data, float32(rng.IntN(511)-255)/1024, e) // exact in all three
			}
			if _, err := w.Write(data); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return take(t, dir)
	}
	for _, level := range []formats.Encoding{formats.Q4, formats.Q6, formats.Q8, formats.BF16, formats.F32} {
		t.Run(string(level), func(t *testing.T) {
			var want []byte
			for _, e := range []formats.Encoding{formats.BF16, formats.F16, formats.F32} {
				v := source(t, e)
				path, _ := write(t, v, plan(t, v, policy(t, level, "", "")), Run{Threads: 2})
				if got := read(t, path); want == nil {
					want = got
				} else if !bytes.Equal(got, want) {
					t.Errorf("%s gives another file than bf16", e)
				}
			}
		})
	}
}

// appendNumber encodes a number that all plain encodings hold exactly.
func appendNumber(data []byte, x float32, e formats.Encoding) []byte {
	bits := math.Float32bits(x)
	switch e {
	case formats.F32:
		return binary.LittleEndian.AppendUint32(data, bits)
	case formats.BF16:
		return binary.LittleEndian.AppendUint16(data, uint16(bits>>16))
	}
	half := uint16(bits >> 16 & 0x8000)
	if x != 0 {
		half |= uint16(bits>>23&0xff-127+15)<<10 | uint16(bits>>13&0x3ff)
	}
	return binary.LittleEndian.AppendUint16(data, half)
}

// TestExactRows: the companion holds the checkpoint's rows bit for bit.
func TestExactRows(t *testing.T) {
	v := take(t, tinyLLaDA)
	path, _ := write(t, v, plan(t, v, policy(t, formats.Q4, "", "")), Run{Threads: 2})
	f, err := container.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := f.Tensor(v.Arch.Embed + formats.RowsSuffix)
	if err != nil {
		t.Fatal(err)
	}
	weights, err := v.Source.Rows(v.Arch.Embed)
	if err != nil {
		t.Fatal(err)
	}
	table := weights.(quant.Memory)
	if !cmp.Equal(rows.Replaces, v.Special) {
		t.Errorf("replaces %v, want %v", rows.Replaces, v.Special)
	}
	n := 2 * v.Arch.Width
	for i, id := range rows.Replaces {
		if !bytes.Equal(rows.Data[i*n:][:n], table.Data[int(id)*n:][:n]) {
			t.Errorf("row %d is not that of token %d", i, id)
		}
	}
}

// TestProgress: what is reported as written adds up to the container.
func TestProgress(t *testing.T) {
	v := take(t, randomCheckpoint(t, checkpoint.Options{}, awkward...))
	p := plan(t, v, policy(t, formats.Q4, "", ""))
	got, want := map[string]int64{}, map[string]int64{}
	for _, o := range p.Outputs() {
		want[o.Name] = o.Size
	}
	write(t, v, p, Run{Threads: 2, Memory: 50_000, On: func(o Output, n int64) { got[o.Name] += n }})
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("bytes written by tensor:\n%s", d)
	}
}

func TestExecuteFails(t *testing.T) {
	start := func(t *testing.T) (*Inventory, *Plan, *container.Writer) {
		v := take(t, randomCheckpoint(t, checkpoint.Options{}, awkward...))
		w, err := container.Create(filepath.Join(t.TempDir(), "out.llada"), container.Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { w.Abort() })
		return v, plan(t, v, policy(t, formats.Q4, "", "")), w
	}
	t.Run("canceled", func(t *testing.T) {
		v, p, w := start(t)
		ctx, cancel := context.WithCancel(t.Context())
		steps := 0
		_, err := p.execute(ctx, v, w, &Run{Threads: 2, On: func(Output, int64) {
			if steps++; steps == 3 {
				cancel()
			}
		}})
		if !errors.Is(err, context.Canceled) || steps != 3 {
			t.Errorf("error %v after %d steps", err, steps)
		}
	})
	t.Run("writer gone", func(t *testing.T) {
		v, p, w := start(t)
		w.Abort()
		if _, err := p.execute(t.Context(), v, w, &Run{Threads: 2}); err == nil {
			t.Error("no error")
		}
	})
	t.Run("tensor gone", func(t *testing.T) {
		v, p, w := start(t)
		p.Steps[2].In[0].Name, p.Steps[2].Out[0].Name = "nowhere", "nowhere"
		if _, err := p.execute(t.Context(), v, w, &Run{Threads: 2}); err == nil || !strings.Contains(err.Error(), `no tensor "nowhere"`) {
			t.Errorf("error %v", err)
		}
	})
}
