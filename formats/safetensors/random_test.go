package safetensors_test

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"llada/formats"
	"llada/formats/safetensors"
	"llada/testdata/checkpoint"
)

// small is a model with grouped-query attention, a few hundred kilobytes.
func small() checkpoint.Config {
	return checkpoint.LLaDA8B().With("d_model", 64).With("n_layers", 3).With("n_heads", 4).
		With("n_kv_heads", 2).With("mlp_hidden_size", 96).With("vocab_size", 501).With("embedding_size", 501)
}

func write(t *testing.T, c checkpoint.Config, o checkpoint.Options) *safetensors.Checkpoint {
	t.Helper()
	dir := t.TempDir()
	if err := checkpoint.Write(dir, c, o); err != nil {
		t.Fatal(err)
	}
	source, err := safetensors.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { source.Close() })
	return source
}

func data(t *testing.T, c *safetensors.Checkpoint, name string) []byte {
	t.Helper()
	x, err := c.Tensor(name)
	if err != nil {
		t.Fatal(err)
	}
	return x.Data
}

// The files of the 8B hold what the published ones hold.
func TestPlan8B(t *testing.T) {
	files, err := checkpoint.Plan(checkpoint.LLaDA8B(), 0)
	if err != nil {
		t.Fatal(err)
	}
	want := []map[string]int{
		{"wte": 1, "ln_f": 1, "attn_out": 32},
		{"ff_out": 1 + 19},
		{"ff_out": 13, "q_proj": 32, "k_proj": 18, "attn_norm": 32, "ff_norm": 32},
		{"k_proj": 14, "v_proj": 32, "ff_proj": 14},
		{"ff_proj": 18, "up_proj": 11},
		{"up_proj": 21},
	}
	var total int64
	var have []map[string]int
	for i, f := range files {
		if name := fmt.Sprintf("model-%05d-of-00006.safetensors", i+1); f.Name != name {
			t.Errorf("file %d is %s", i, f.Name)
		}
		kinds := map[string]int{}
		for _, info := range f.Tensors {
			parts := strings.Split(info.Name, ".")
			kinds[parts[len(parts)-2]]++
			total += info.Size
		}
		have = append(have, kinds)
	}
	if d := cmp.Diff(want, have); d != "" {
		t.Errorf("shards (-want +have):\n%s", d)
	}
	if total != 16031162368 {
		t.Errorf("%d bytes, want 16031162368", total)
	}
}

// Weights depend on the seed and the name, not on how they are written.
func TestRandomIsReproducible(t *testing.T) {
	base := write(t, small(), checkpoint.Options{Workers: 1})
	other := write(t, small(), checkpoint.Options{Seed: 1})
	for _, o := range []checkpoint.Options{{Shards: 1, Workers: 7}, {Shards: 2}, {Shards: 5}, {Shards: 29}, {Shards: 30}} {
		c := write(t, small(), o)
		if n := len(filesOf(c.Infos(), c.File)); n != o.Shards {
			t.Errorf("%d files, want %d", n, o.Shards)
		}
		if d := cmp.Diff(base.Infos(), c.Infos()); d != "" {
			t.Errorf("%+v: tensors:\n%s", o, d)
		}
		for _, info := range c.Infos() {
			if !bytes.Equal(data(t, base, info.Name), data(t, c, info.Name)) {
				t.Errorf("%+v: %s differs", o, info.Name)
			}
			if bytes.Equal(data(t, base, info.Name), data(t, other, info.Name)) {
				t.Errorf("%s: the seed changes nothing", info.Name)
			}
		}
	}
}

// Chunks of more than one worker join without a seam.
func TestRandomChunks(t *testing.T) {
	wide := small().With("embedding_size", 40_001) // 4.9 chunks
	const name = "model.transformer.wte.weight"
	one := data(t, write(t, wide, checkpoint.Options{Workers: 1}), name)
	three := data(t, write(t, wide, checkpoint.Options{Workers: 3}), name)
	if !bytes.Equal(one, three) {
		t.Error("the number of workers changes the weights")
	}
	if bytes.Equal(one[:1<<20], one[1<<20:2<<20]) {
		t.Error("chunks repeat")
	}
}

func TestRandomMoments(t *testing.T) {
	c := write(t, small().With("embedding_size", 20_000), checkpoint.Options{})
	for _, info := range c.Infos() {
		x := make([]float32, info.Elements())
		if err := formats.DecodeFloat32(x, data(t, c, info.Name), info.Encoding); err != nil {
			t.Fatal(err)
		}
		mean, deviation, radius := 0.0, 0.02, 0.09
		if strings.HasSuffix(info.Name, "_norm.weight") || strings.HasSuffix(info.Name, "ln_f.weight") {
			mean, deviation, radius = 1, 0.2/math.Sqrt(3), 0.205
		}
		var sum, squares float64
		for _, v := range x {
			e := float64(v) - mean
			if math.Abs(e) > radius {
				t.Fatalf("%s: %v", info.Name, v)
			}
			sum += e
			squares += e * e
		}
		n := float64(len(x))
		if off := math.Abs(sum/n) / deviation * math.Sqrt(n); off > 5 {
			t.Errorf("%s: mean is off by %.1f errors", info.Name, off)
		}
		if off := math.Abs(squares/n/deviation/deviation-1) * math.Sqrt(n/2); off > 5 {
			t.Errorf("%s: deviation is off by %.1f errors", info.Name, off)
		}
	}
}

// The generator run as documented, grouped-query heads and all.
func TestRandckpt(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a program")
	}
	tool, err := exec.LookPath("go")
	if err != nil {
		t.Skip(err)
	}
	dir := filepath.Join(t.TempDir(), "gqa")
	cmd := exec.Command(tool, "run", "./testdata/randckpt", "--config", "testdata/tiny-llada/config.json",
		"--kv-heads", "2", "--layers", "2", "--shards", "3", "--tokenizer", "testdata/tiny-llada", "-o", dir)
	cmd.Dir = "../.."
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	c, err := safetensors.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	x, err := c.Tensor("model.transformer.blocks.1.k_proj.weight")
	if err != nil || x.Rows() != 128 || x.Cols() != 256 || len(c.Infos()) != 21 || len(filesOf(c.Infos(), c.File)) != 3 {
		t.Errorf("%+v of %d tensors in %d files, %v", x.Info, len(c.Infos()), len(filesOf(c.Infos(), c.File)), err)
	}
	for _, name := range []string{"config.json", "tokenizer.json"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
}

func TestRandomRefuses(t *testing.T) {
	for _, c := range []struct {
		config checkpoint.Config
		shards int
		want   string
	}{
		{small().With("n_kv_heads", 3), 0, "must divide one another"},
		{small().With("n_layers", 0), 0, "must be positive"},
		{small().With("include_bias", true), 0, "biases and attention norms are not generated"},
		{small().With("architectures", []string{"LLaDAMoEModelLM"}), 0, "only LLaDAModelLM"},
		{small(), 31, "30 tensors cannot fill 31 shards"},
	} {
		err := checkpoint.Write(t.TempDir(), c.config, checkpoint.Options{Shards: c.shards})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
	files, err := checkpoint.Plan(small().With("weight_tying", true), 0)
	if err != nil || len(files) != 1 || len(files[0].Tensors) != 29 {
		t.Errorf("tied: %+v, %v", files, err)
	}
}

// filesOf are the files that hold tensors.
func filesOf(infos []formats.Info, file func(name string) string) map[string]bool {
	files := map[string]bool{}
	for _, i := range infos {
		files[file(i.Name)] = true
	}
	return files
}
