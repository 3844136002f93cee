package convert

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"llada/formats"
)

// folderError explains what a path is that is no folder, or none at all.
func folderError(path string) error {
	st, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) && strings.Contains(path, "://") {
		return fmt.Errorf("%q is an address, not a folder: download the model first and name its folder", path)
	}
	if errors.Is(err, fs.ErrNotExist) && hubID.MatchString(path) {
		name, revision, _ := strings.Cut(path, "@")
		if revision != "" {
			revision = " --revision " + revision
		}
		return fmt.Errorf("there is no folder %q: if it is the name of a model on a hub, download it first (hf download %s%s --local-dir DIR) and name that folder",
			path, name, revision)
	}
	if err != nil || st.IsDir() {
		return err
	}
	const want = "name the folder that holds config.json and the .safetensors files"
	if !st.Mode().IsRegular() {
		return fmt.Errorf("%s is not a folder: %s", path, want)
	}
	head, err := beginning(path)
	if err != nil {
		return err
	}
	if is := formats.Foreign(head); is != "" {
		return &formats.ParseError{File: path, Offset: -1, Err: errors.New(is)}
	}
	return fmt.Errorf("%s is not a folder: %s", path, want)
}

// hubID is owner/name, with a revision behind @.
var hubID = regexp.MustCompile(`^[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*(@[\w./-]+)?$`)

// beginning is as much of a file as formats.Foreign looks at.
func beginning(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	head := make([]byte, 512)
	n, _ := f.Read(head)
	return head[:n], nil
}

// instead explains what a folder without config.json is.
func instead(path string) string {
	has := func(pattern string) []string {
		found, _ := filepath.Glob(filepath.Join(escape(path), pattern))
		return found
	}
	switch {
	case len(has("adapter_config.json")) > 0:
		return "this is an adapter (LoRA or another of PEFT), not a model: merge it into its base model (merge_and_unload), save that, and convert it"
	case len(has("snapshots/*/config.json")) > 0:
		return fmt.Sprintf("this is a hub's cache: name the snapshot in it, %q", snapshot(path, has("snapshots/*/config.json")))
	case len(has("params.json")) > 0 && len(has("consolidated*")) > 0:
		return "this is a checkpoint in its authors' own layout (params.json): take the one for transformers"
	case len(has("*.gguf")) > 0:
		return "it holds a GGUF file, which this version does not convert: take the original checkpoint"
	}
	if below := has("*/config.json"); len(below) > 0 {
		return fmt.Sprintf("but %q has one: name that folder", filepath.Dir(below[len(below)-1]))
	}
	if unfinished(path) > 0 {
		return "its download is not finished: start it again, and it goes on"
	}
	return "this is not a Hugging Face model folder"
}

// snapshot is the folder in a hub's cache that refs/main names, or the last one.
func snapshot(path string, configs []string) string {
	if ref, err := formats.ReadFile(filepath.Join(path, "refs", "main"), 1<<10); err == nil {
		dir := filepath.Join(path, "snapshots", filepath.Base(strings.TrimSpace(string(ref))))
		for _, c := range configs {
			if filepath.Dir(c) == dir {
				return dir
			}
		}
	}
	return filepath.Dir(configs[len(configs)-1])
}

// otherWeights are weights that are not read, by the names they have.
var otherWeights = []struct{ pattern, why string }{
	{"pytorch_model*.bin", "holds PyTorch weights"},
	{"*.bin", "may hold PyTorch weights"},
	{"*.pth", "may hold PyTorch weights"},
	{"*.pt", "may hold PyTorch weights"},
	{"tf_model.h5", "holds TensorFlow weights"},
	{"flax_model.msgpack", "holds Flax weights"},
	{"*.gguf", "is a GGUF file, which this version does not convert"},
}

// withoutWeights explains a folder with config.json and no weights.
func withoutWeights(path string, err error) error {
	has := func(pattern string) string {
		if found, _ := filepath.Glob(filepath.Join(escape(path), pattern)); len(found) > 0 {
			return filepath.Base(found[0])
		}
		return ""
	}
	hint := ""
	if n := unfinished(path); n > 0 {
		hint = fmt.Sprintf("downloads are unfinished (%d .incomplete): start the download again, and it goes on", n)
	} else if has("adapter_config.json") != "" {
		hint = "it holds an adapter (LoRA or another of PEFT): merge it into its base model, and convert that"
	} else if name := has("*.safetensors"); name == "model.safetensors" {
		hint = "model.safetensors is a link to a file that is not there: download it again"
	} else if name != "" {
		hint = fmt.Sprintf("it holds %q: if these are the weights, name the file model.safetensors", name)
	} else {
		for _, o := range otherWeights {
			if name := has(o.pattern); name != "" {
				hint = fmt.Sprintf("%q %s: save the model as safetensors (transformers: save_pretrained) and convert that", name, o.why)
				break
			}
		}
	}
	if hint == "" {
		return err
	}
	return fmt.Errorf("%w; %s", err, hint)
}

// unfinished counts what a download left behind.
func unfinished(path string) int {
	n := 0
	for _, pattern := range []string{"*.incomplete", ".cache/huggingface/download/*.incomplete", "*/.cache/huggingface/download/*.incomplete"} {
		found, _ := filepath.Glob(filepath.Join(escape(path), pattern))
		n += len(found)
	}
	return n
}

// escape makes a path a pattern that matches it alone.
func escape(path string) string {
	return strings.NewReplacer(`*`, `[*]`, `?`, `[?]`, `[`, `[[]`).Replace(path)
}

// otherTokenizer says which tokenizer a folder without tokenizer.json has.
func otherTokenizer(path string) string {
	for _, name := range []string{"tokenizer.model", "vocab.json", "vocab.txt", "tekken.json"} {
		if _, err := os.Stat(filepath.Join(path, name)); err == nil {
			return fmt.Sprintf("; there is %s: load the tokenizer with transformers and save it (save_pretrained)", name)
		}
	}
	return ""
}
