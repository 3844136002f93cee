package arch

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"llada/formats"
)

// Parser reads the configuration of one family.
type Parser func(*Config) (*Arch, *Tokens, error)

// Families maps a Hugging Face class to the parser of its config.json. nil stands
// for Known.
type Families map[string]Parser

// Known are the families of this version.
func Known() Families {
	return Families{
		"LLaDAModelLM": parseLLaDA,
	}
}

// Tokens are the special tokens as far as a family's files say them.
type Tokens struct {
	Mask int32 // None where the configuration is silent
	// EOS end the text; the first also fills a canvas up. Empty where the
	// configuration is silent.
	EOS []int32
	// TurnEnds are the texts of tokens that end a turn in the family's chat
	// templates, whichever of them a tokenizer has.
	TurnEnds []string
}

// None is a token that is not said.
const None int32 = -1

// Parse reads a config.json of a known family.
func Parse(data []byte) (*Arch, *Tokens, error) { return Families(nil).Parse(data) }

// Parse reads a config.json. Errors are *formats.ParseError for file
// "config.json" and name the key, the value found and what is supported.
func (f Families) Parse(data []byte) (*Arch, *Tokens, error) {
	if f == nil {
		f = Known()
	}
	a, t, err := f.parse(data)
	if err != nil {
		return nil, nil, &formats.ParseError{File: "config.json", Offset: -1, Err: err}
	}
	return a, t, nil
}

func (f Families) parse(data []byte) (*Arch, *Tokens, error) {
	var keys map[string]json.RawMessage
	if err := json.Unmarshal(data, &keys); err != nil {
		return nil, nil, fmt.Errorf("not a JSON object: %w", err)
	}
	c := &Config{keys: keys}
	var classes []string
	c.Read("architectures", &classes, "a list of class names")
	if err := c.Err(); err != nil {
		return nil, nil, err
	}
	if len(classes) != 1 {
		return nil, nil, fmt.Errorf("key \"architectures\": want one class, found %d", len(classes))
	}
	family, ok := f[classes[0]]
	if !ok {
		known := slices.Sorted(maps.Keys(f))
		return nil, nil, fmt.Errorf("unknown architecture %q; this version supports %s", classes[0], strings.Join(known, ", "))
	}
	if err := c.quantized(); err != nil {
		return nil, nil, err
	}
	a, t, err := family(c)
	if err != nil {
		return nil, nil, err
	}
	a.Class = classes[0]
	if err := a.check(); err != nil {
		return nil, nil, err
	}
	return a, t, t.check(a.Vocab)
}

func (t *Tokens) check(vocab int) error {
	if t.Mask != None {
		if err := inside("mask token", t.Mask, vocab); err != nil {
			return err
		}
	}
	for _, id := range t.EOS {
		if err := inside("end token", id, vocab); err != nil {
			return err
		}
		if id == t.Mask {
			return fmt.Errorf("the mask token %d cannot end a text", id)
		}
	}
	return nil
}

func inside(what string, id int32, vocab int) error {
	if id < 0 || int(id) >= vocab {
		return fmt.Errorf("%s %d is outside the vocabulary of %d", what, id, vocab)
	}
	return nil
}

// quantized refuses weights that another tool has encoded, whatever the family.
func (c *Config) quantized() error {
	raw, ok := c.keys["quantization_config"]
	if !ok || string(raw) == "null" {
		return nil
	}
	var q struct {
		Method string `json:"quant_method"`
		Load8  *bool  `json:"load_in_8bit"`
		Load4  *bool  `json:"load_in_4bit"`
	}
	if err := json.Unmarshal(raw, &q); err != nil {
		return fmt.Errorf("key \"quantization_config\" is %s, want an object", short(raw))
	}
	if q.Method == "bitsandbytes" && q.Load8 != nil && q.Load4 != nil && !*q.Load8 && !*q.Load4 {
		return nil // saved with what it was trained with, in full precision
	}
	return fmt.Errorf("key \"quantization_config\": the weights are quantized already (%q): convert the checkpoint that they were made from", q.Method)
}
