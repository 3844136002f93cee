package safetensors

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"llada/formats"
)

const (
	indexName  = "model.safetensors.index.json"
	singleName = "model.safetensors"
	suffix     = ".safetensors"
)

// maxIndexBytes bounds an index: 400 000 tensors.
const maxIndexBytes = 64 << 20

// weightMap says which file of a folder holds which tensor.
type weightMap map[string]string

// files are the names of the shards, ascending.
func (m weightMap) files() []string { return slices.Compact(slices.Sorted(maps.Values(m))) }

func readIndex(path string) (weightMap, error) {
	text, err := formats.ReadFile(path, maxIndexBytes)
	if err != nil {
		return nil, err
	}
	return parseIndex(path, text)
}

// parseIndex reads an index. It counts for nothing but the weight map: merging
// tools write anything into metadata.total_size, and nobody reads it.
func parseIndex(path string, text []byte) (weightMap, error) {
	if is := formats.Foreign(text); is != "" {
		return nil, &formats.ParseError{File: path, Err: errors.New(is)}
	}
	d, err := newDocument(path, 0, text)
	if err != nil {
		return nil, err
	}
	var m weightMap
	err = d.object("index", func(key string) error {
		if key != "weight_map" {
			return d.skip("index")
		}
		m = weightMap{}
		return d.object(key, func(name string) error {
			file, err := d.text(fmt.Sprintf("weight_map: tensor %.200q", name))
			if err != nil {
				return err
			}
			if !plainName(file) {
				return d.errorf("weight_map: tensor %.200q: %.80q is not the plain name of a %s file in this folder",
					name, file, suffix)
			}
			m[name] = file
			return nil
		})
	})
	if err != nil {
		return nil, err
	}
	if rest := bytes.TrimSpace(text[d.dec.InputOffset():]); len(rest) > 0 {
		return nil, d.errorf("index: %.20q follows the JSON object", rest)
	}
	if len(m) == 0 {
		return nil, d.errorf("index: weight_map is missing or empty")
	}
	return m, nil
}

// plainName reports whether a name in an index stays in the index's folder, on
// every operating system.
func plainName(name string) bool {
	return strings.HasSuffix(name, suffix) && !strings.ContainsAny(name, "/\\:\x00") &&
		name != suffix && filepath.IsLocal(name)
}
