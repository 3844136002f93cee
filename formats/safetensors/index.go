package safetensors

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"path/filepath"
	"strconv"
	"strings"

	"llada/formats/mmap"
)

const (
	indexName  = "model.safetensors.index.json"
	singleName = "model.safetensors"
	suffix     = ".safetensors"
)

// index says which file of a folder holds which tensor.
type index struct {
	weightMap map[string]string // tensor name to file name
	totalSize int64             // bytes of all tensors, negative where not said
}

func readIndex(path string) (*index, error) {
	f, err := mmap.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var ix *index
	err = mmap.Guard(func() (err error) {
		ix, err = parseIndex(path, f.Data)
		return err
	})
	return ix, f.Locate(err, func(int64) string { return path })
}

// parseIndex reads an index. Keys that other tools add are passed over.
func parseIndex(path string, text []byte) (*index, error) {
	d, err := newDocument(path, 0, text)
	if err != nil {
		return nil, err
	}
	ix := &index{totalSize: -1}
	err = d.object("index", func(key string) error {
		switch key {
		case "metadata":
			return d.object(key, func(key string) (err error) {
				if key != "total_size" {
					return d.skip("metadata")
				}
				ix.totalSize, err = parseTotal(d)
				return err
			})
		case "weight_map":
			ix.weightMap = map[string]string{}
			return d.object(key, func(name string) error {
				file, err := d.text(fmt.Sprintf("weight_map: tensor %.200q", name))
				if err != nil {
					return err
				}
				if !plainName(file) {
					return d.errorf("weight_map: tensor %.200q: %.80q is not the plain name of a %s file in this folder",
						name, file, suffix)
				}
				ix.weightMap[name] = file
				return nil
			})
		}
		return d.skip("index")
	})
	if err != nil {
		return nil, err
	}
	if rest := bytes.TrimSpace(text[d.dec.InputOffset():]); len(rest) > 0 {
		return nil, d.errorf("index: %.20q follows the JSON object", rest)
	}
	if len(ix.weightMap) == 0 {
		return nil, d.errorf("index: weight_map is missing or empty")
	}
	return ix, nil
}

// parseTotal reads total_size, which some tools write as a float.
func parseTotal(d *document) (int64, error) {
	tok, err := d.token("total_size")
	if err != nil {
		return 0, err
	}
	number, ok := tok.(json.Number)
	if !ok {
		return 0, d.errorf("metadata: total_size is %s, not a number", describe(tok))
	}
	literal := number.String()
	if n, err := strconv.ParseInt(literal, 10, 64); err == nil && n >= 0 {
		return n, nil
	}
	if x, err := strconv.ParseFloat(literal, 64); err == nil && x >= 0 && x < 1<<53 && x == math.Trunc(x) {
		return int64(x), nil
	}
	return 0, d.errorf("metadata: total_size is %.40s, not a number of bytes", literal)
}

// plainName reports whether a name in an index stays in the index's folder, on
// every operating system.
func plainName(name string) bool {
	return strings.HasSuffix(name, suffix) && !strings.ContainsAny(name, "/\\:\x00") &&
		name != suffix && filepath.IsLocal(name)
}
