package checkpoint

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"

	"llada/formats"
	"llada/formats/output"
	"llada/formats/safetensors"
)

// Options says how to write a checkpoint. The zero value will do.
type Options struct {
	Seed      uint64
	Shards    int         // files; 0: as many as keep each under 3 GB
	Tokenizer string      // folder whose tokenizer files to copy, "" for none
	Workers   int         // 0: one per processor
	Progress  func(n int) // told of every n bytes written
}

// chunkBytes is what a worker makes at a time: small enough for its cache.
const chunkBytes = 1 << 20

// Write writes a checkpoint into a folder, which it makes where it is missing.
// The index comes last: without it, a folder of several shards does not open.
func Write(dir string, c Config, o Options) error {
	files, err := Plan(c, o.Shards)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	// An index of an earlier run would name other shards.
	index := filepath.Join(dir, "model.safetensors.index.json")
	if err := os.Remove(index); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	text, err := c.JSON()
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "config.json"), text, 0o666); err != nil {
		return err
	}
	if o.Tokenizer != "" {
		if err := copyTokenizer(dir, o.Tokenizer); err != nil {
			return err
		}
	}
	weights, norms := gaussian(0.02), uniform(1, 0.2)
	for _, f := range files {
		if err := writeFile(dir, f, weights, norms, o); err != nil {
			return err
		}
	}
	if len(files) == 1 {
		return nil
	}
	return writeIndex(index, files)
}

func writeFile(dir string, f File, weights, norms *distribution, o Options) error {
	w, err := safetensors.Create(filepath.Join(dir, f.Name), f.Tensors, map[string]string{"format": "pt"}, output.Options{Force: true})
	if err != nil {
		return err
	}
	defer w.Abort()
	for _, info := range f.Tensors {
		d := weights
		if isNorm(info.Name) {
			d = norms
		}
		if err := writeTensor(w, info, d, o); err != nil {
			return err
		}
	}
	return w.Close()
}

// writeTensor makes the chunks of a tensor in parallel and writes them in order.
func writeTensor(w *safetensors.Writer, info formats.Info, d *distribution, o Options) error {
	workers := o.Workers
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	s := newStream(o.Seed, info.Name)
	chunks := (info.Size + chunkBytes - 1) / chunkBytes
	// Worker i makes chunks i, i+workers, ...; it waits for its previous one to
	// be written, which bounds memory to two chunks each.
	ready := make([]chan []byte, min(int64(workers), chunks))
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for i := range ready {
		ready[i] = make(chan []byte)
		wg.Go(func() {
			buf := [2][]byte{make([]byte, chunkBytes), make([]byte, chunkBytes)}
			for n := int64(i); n < chunks; n += int64(len(ready)) {
				buf[0], buf[1] = buf[1], buf[0]
				part := buf[0][:min(chunkBytes, info.Size-n*chunkBytes)]
				s.fill(part, d, n*chunkBytes/2)
				select {
				case ready[i] <- part:
				case <-stop:
					return
				}
			}
		})
	}
	defer wg.Wait()
	defer close(stop)
	for n := range chunks {
		part := <-ready[n%int64(len(ready))]
		if _, err := w.Write(part); err != nil {
			return err
		}
		if o.Progress != nil {
			o.Progress(len(part))
		}
	}
	return nil
}

func writeIndex(path string, files []File) error {
	var ix struct {
		Metadata struct {
			TotalSize int64 `json:"total_size"`
		} `json:"metadata"`
		WeightMap map[string]string `json:"weight_map"`
	}
	ix.WeightMap = map[string]string{}
	for _, f := range files {
		for _, info := range f.Tensors {
			ix.Metadata.TotalSize += info.Size
			ix.WeightMap[info.Name] = f.Name
		}
	}
	text, err := json.MarshalIndent(ix, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(text, '\n'), 0o666)
}

// copyTokenizer copies tokenizer.json and those of its companions that exist.
func copyTokenizer(dir, from string) error {
	for _, name := range []string{"tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "chat_template.jinja"} {
		text, err := os.ReadFile(filepath.Join(from, name))
		if errors.Is(err, fs.ErrNotExist) && name != "tokenizer.json" {
			continue
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), text, 0o666)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
