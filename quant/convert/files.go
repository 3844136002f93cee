package convert

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"llada/formats"
	"llada/formats/container"
)

// Section is a small file of a checkpoint, which travels along in a section of
// the container.
type Section struct {
	Name string
	Data []byte
}

// companions are the small files of a checkpoint that a container keeps.
var companions = []string{
	container.SectionConfig, container.SectionGenerationConfig, container.SectionTokenizer,
	container.SectionTokenizerConfig, container.SectionSpecialTokens, container.SectionChatTemplate,
}

// companionLimit bounds a companion: the largest known tokenizer.json has 20 MB.
const companionLimit = 256 << 20

func readFiles(path string) ([]Section, error) {
	if st, err := os.Stat(path); err != nil {
		return nil, err
	} else if !st.IsDir() {
		return nil, fmt.Errorf("%s is not a folder: name the folder that holds config.json and the .safetensors files", path)
	}
	var files []Section
	for _, name := range companions {
		data, err := readBounded(filepath.Join(path, name))
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		files = append(files, Section{name, data})
	}
	return files, nil
}

func readBounded(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, companionLimit+1))
	if err == nil && len(data) > companionLimit {
		return nil, &formats.ParseError{File: path, Offset: -1, Err: fmt.Errorf("larger than %d MB", companionLimit>>20)}
	}
	return data, err
}
