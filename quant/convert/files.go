package convert

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"unicode/utf8"

	"llada/formats"
	"llada/formats/container"
)

// Section is a small file of a checkpoint, which travels along in a section of
// the container.
type Section struct {
	Name string
	Data []byte
}

// addedTokens is read, and what it says kept in tokenizer.json.
const addedTokens = "added_tokens.json"

// companions are the small files of a checkpoint. Each is as long as its section of
// a container may be.
var companions = []string{
	container.SectionConfig, container.SectionGenerationConfig, container.SectionTokenizer,
	container.SectionTokenizerConfig, container.SectionSpecialTokens, container.SectionChatTemplate,
	addedTokens,
}

func readFiles(path string) ([]Section, error) {
	var files []Section
	for _, name := range companions {
		section := name
		if name == addedTokens { // today a part of this
			section = container.SectionTokenizerConfig
		}
		file := filepath.Join(path, name)
		data, err := formats.ReadFile(file, container.Limit(section))
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		is := formats.Foreign(data)
		if is == "" && len(bytes.TrimSpace(data)) == 0 {
			if name == container.SectionChatTemplate { // no template
				continue
			}
			is = "is empty: download it again"
		}
		if is == "" && !utf8.Valid(data) {
			is = "is not UTF-8 text: save it as that, or download it again"
		}
		if is != "" {
			return nil, &formats.ParseError{File: file, Offset: -1, Err: errors.New(is)}
		}
		if filepath.Ext(name) == ".json" {
			data = plainJSON(data)
		}
		files = append(files, Section{name, data})
	}
	return files, nil
}

// plainJSON writes null for what Python's json reads and writes though JSON lacks
// it: NaN, Infinity and -Infinity. All else stays as it is.
func plainJSON(data []byte) []byte {
	if json.Valid(data) {
		return data
	}
	var out []byte
	for rest := data; len(rest) > 0; {
		n := 1
		switch word := numberWord(rest); {
		case word != "":
			out = append(out, "null"...)
			rest = rest[len(word):]
			continue
		case rest[0] == '"':
			n = stringLen(rest)
		}
		out = append(out, rest[:n]...)
		rest = rest[n:]
	}
	if !json.Valid(out) { // whatever is wrong is told of the file as it is
		return data
	}
	return out
}

func numberWord(data []byte) string {
	for _, word := range []string{"NaN", "Infinity", "-Infinity"} {
		if bytes.HasPrefix(data, []byte(word)) {
			return word
		}
	}
	return ""
}

// stringLen measures a JSON string at the beginning of data.
func stringLen(data []byte) int {
	for i := 1; i < len(data); i++ {
		switch data[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(data)
}
