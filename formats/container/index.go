package container

import (
	"bytes"
	"encoding/json"
	"fmt"

	"llada/formats"
)

// Model is what a program must know before it reads the original config: which
// implementation runs the tensors, and the tokens that mean something to it.
type Model struct {
	Class  string  `json:"class"`   // architecture, as config.json names it
	MaskID int32   `json:"mask_id"` // the token that stands for "not known yet"
	EndIDs []int32 `json:"end_ids"` // tokens that end an answer, the text's end first
}

// index is the JSON object before the footer. The order of fields here is the
// order in the file, which makes the file deterministic.
type index struct {
	Model    *Model        `json:"model"`
	Needs    []string      `json:"needs,omitempty"`
	Tensors  []entry       `json:"tensors"`
	Sections []SectionInfo `json:"sections"`

	byName map[string]*entry
}

// entry is a tensor of the index.
type entry struct {
	Name     string           `json:"name"`
	Encoding formats.Encoding `json:"encoding"`
	Shape    []int            `json:"shape"`
	Offset   int64            `json:"offset"`
	Length   int64            `json:"length"`
	CRC32C   uint32           `json:"crc32c"`
	Codebook []int8           `json:"codebook,omitempty"`
	Layout   string           `json:"layout,omitempty"` // "" is the encoding's own
	Replaces []int32          `json:"replaces,omitempty"`
}

// info is the entry as the rest of the project sees it.
func (e *entry) info() formats.Info {
	return formats.Info{
		Name: e.Name, Encoding: e.Encoding, Shape: e.Shape,
		Size: e.Length, Codebook: e.Codebook, Replaces: e.Replaces,
	}
}

// SectionInfo describes a side section.
type SectionInfo struct {
	Name        string `json:"name"`
	Offset      int64  `json:"offset"`
	Length      int64  `json:"length"`     // bytes in the file
	RawLength   int64  `json:"raw_length"` // bytes that Section returns
	CRC32C      uint32 `json:"crc32c"`     // of the bytes in the file
	Compression string `json:"compression"`
}

// encode gives the canonical bytes: no spaces, no escapes but JSON's own.
func (x *index) encode() ([]byte, error) {
	if x.Tensors == nil {
		x.Tensors = []entry{}
	}
	if x.Sections == nil {
		x.Sections = []SectionInfo{}
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(x); err != nil {
		return nil, err
	}
	if b.Len() > maxIndex {
		return nil, fmt.Errorf("index of %d bytes; at most %d are allowed", b.Len(), maxIndex)
	}
	return b.Bytes(), nil
}
