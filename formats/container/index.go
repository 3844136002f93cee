package container

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"

	"llada/formats"
)

// Model is what a program must know before it reads the original config: which
// implementation runs the tensors, and the tokens that mean something to it.
type Model struct {
	Class  string  `json:"class"`   // architecture, as config.json names it
	MaskID int32   `json:"mask_id"` // the token that stands for "not known yet"
	EndIDs []int32 `json:"end_ids"` // tokens that end an answer
}

// index is the JSON object before the footer. The order of fields here is the
// order in the file, which makes the file deterministic.
type index struct {
	Model    *Model      `json:"model"`
	Tensors  tensorList  `json:"tensors"`
	Sections sectionList `json:"sections"`
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

// info is the entry as the rest of the project sees it, with slices of its own.
func (e *entry) info() formats.Info {
	return formats.Info{
		Name: e.Name, Encoding: e.Encoding, Shape: append([]int{}, e.Shape...),
		Size: e.Length, Codebook: append([]int8(nil), e.Codebook...),
		Replaces: append([]int32(nil), e.Replaces...),
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

type (
	tensorList  []entry
	sectionList []SectionInfo
)

// UnmarshalJSON checks each tensor before it reads the next, so that junk
// entries cannot pile up in memory.
func (l *tensorList) UnmarshalJSON(b []byte) error {
	*l = tensorList{} // present, even if empty
	return decodeList(b, "tensor", func(d *json.Decoder) error {
		var e entry
		if err := d.Decode(&e); err != nil {
			return err
		}
		if err := e.check(); err != nil {
			return err
		}
		*l = append(*l, e)
		return nil
	})
}

// UnmarshalJSON does the same for sections.
func (l *sectionList) UnmarshalJSON(b []byte) error {
	*l = sectionList{} // present, even if empty
	return decodeList(b, "section", func(d *json.Decoder) error {
		var s SectionInfo
		if err := d.Decode(&s); err != nil {
			return err
		}
		if err := s.check(); err != nil {
			return err
		}
		*l = append(*l, s)
		return nil
	})
}

func decodeList(b []byte, what string, one func(*json.Decoder) error) error {
	d := json.NewDecoder(bytes.NewReader(b))
	if t, err := d.Token(); err != nil {
		return err
	} else if t != json.Delim('[') {
		return fmt.Errorf("%ss is not a list", what)
	}
	for n := 0; d.More(); n++ {
		if n == maxItems {
			return fmt.Errorf("more than %d %ss", maxItems, what)
		}
		if err := one(d); err != nil {
			return fmt.Errorf("%s %d: %w", what, n, err)
		}
	}
	return nil
}

// encode gives the canonical bytes: no spaces, no escapes but JSON's own.
func (x *index) encode() ([]byte, error) {
	if x.Tensors == nil {
		x.Tensors = tensorList{}
	}
	if x.Sections == nil {
		x.Sections = sectionList{}
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

// decodeIndex reads the index and checks what does not depend on the file's
// length. Fields it does not know are skipped: they are later additions.
func decodeIndex(b []byte) (*index, error) {
	if !utf8.Valid(b) {
		return nil, errors.New("not UTF-8")
	}
	x := new(index)
	if err := json.Unmarshal(b, x); err != nil {
		return nil, err
	}
	if x.Model == nil {
		return nil, errors.New(`no "model"`)
	}
	if x.Tensors == nil || x.Sections == nil {
		return nil, errors.New(`no "tensors" or no "sections"`)
	}
	return x, x.checkNames()
}
