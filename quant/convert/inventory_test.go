package convert

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"llada/formats"
	"llada/formats/arch"
	"llada/formats/container"
	"llada/testdata/checkpoint"
)

const tinyLLaDA = "../../testdata/tiny-llada"

// randomCheckpoint writes random weights on the tiny model's config with other
// values for some keys, given as key, value, key, value.
func randomCheckpoint(t testing.TB, o checkpoint.Options, changes ...any) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(tinyLLaDA, "config.json"))
	if err != nil {
		t.Fatal(err)
	}
	c, err := checkpoint.ParseConfig(text)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(changes); i += 2 {
		c = c.With(changes[i].(string), changes[i+1])
	}
	dir := t.TempDir()
	if err := checkpoint.Write(dir, c, o); err != nil {
		t.Fatal(err)
	}
	return dir
}

func take(t testing.TB, dir string) *Inventory {
	t.Helper()
	v, err := Take(dir, Reading{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { v.Close() })
	return v
}

func TestTake(t *testing.T) {
	v := take(t, tinyLLaDA)
	if want := (container.Model{Class: "LLaDAModelLM", MaskID: 2042, EndIDs: []int32{2041, 2045}}); v.Model.Class != want.Class ||
		v.Model.MaskID != want.MaskID || !slices.Equal(v.Model.EndIDs, want.EndIDs) {
		t.Errorf("model %+v, want %+v", v.Model, want)
	}
	if want := []int32{2040, 2041, 2042, 2043, 2044, 2045, 2046, 2047}; !slices.Equal(v.Special, want) {
		t.Errorf("special tokens %v, want %v", v.Special, want)
	}
	roles := map[arch.Role]int{}
	for i, s := range v.Arch.Tensors() {
		e := v.Tensors[i]
		if e.Name != s.Name || e.Role != s.Role || e.Encoding != formats.BF16 {
			t.Errorf("tensor %d is %s %s %s, want %s %s", i, e.Name, e.Role, e.Encoding, s.Name, s.Role)
		}
		roles[e.Role]++
	}
	if roles[arch.Linear] != 28 || roles[arch.Norm] != 9 || roles[arch.Embedding] != 1 || roles[arch.Head] != 1 {
		t.Errorf("roles %v", roles)
	}
	var names []string
	for _, f := range v.Sections {
		names = append(names, f.Name)
		if want, err := os.ReadFile(filepath.Join(tinyLLaDA, f.Name)); err != nil || string(want) != string(v.Section(f.Name)) {
			t.Errorf("%s is not the checkpoint's: %v", f.Name, err)
		}
	}
	if want := []string{"config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"}; !slices.Equal(names, want) {
		t.Errorf("files %v, want %v", names, want)
	}
	if v.Section("chat_template.jinja") != nil {
		t.Error("a file that is not there has content")
	}
}

func TestTakeWithoutTokenizer(t *testing.T) {
	dir := randomCheckpoint(t, checkpoint.Options{}, "n_layers", 1)
	v := take(t, dir)
	if !slices.Equal(v.Special, []int32{2041, 2042}) || !slices.Equal(v.Model.EndIDs, []int32{2041}) {
		t.Errorf("special %v, ends %v", v.Special, v.Model.EndIDs)
	}
}

func TestTakeRefuses(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(t *testing.T, dir string)
		want   string
		claim  bool // the checkpoint is not what it claims: a *formats.ParseError
	}{
		{"no config", func(t *testing.T, dir string) { remove(t, dir, "config.json") }, "this is not a Hugging Face model folder", true},
		{"no weights", func(t *testing.T, dir string) { remove(t, dir, "model.safetensors") }, "model.safetensors", false},
		{"other layers", func(t *testing.T, dir string) {
			text, err := os.ReadFile(filepath.Join(dir, "config.json"))
			if err != nil {
				t.Fatal(err)
			}
			text = []byte(strings.Replace(string(text), `"n_layers": 1`, `"n_layers": 2`, 1))
			if err := os.WriteFile(filepath.Join(dir, "config.json"), text, 0o666); err != nil {
				t.Fatal(err)
			}
		}, "and 1 more", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := randomCheckpoint(t, checkpoint.Options{}, "n_layers", 1)
			c.change(t, dir)
			_, err := Take(dir, Reading{})
			var parse *formats.ParseError
			if err == nil || !strings.Contains(err.Error(), c.want) || errors.As(err, &parse) != c.claim {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
}

func remove(t *testing.T, dir, name string) {
	t.Helper()
	if err := os.Remove(filepath.Join(dir, name)); err != nil {
		t.Fatal(err)
	}
}
