package quant

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"llada/formats"
	"llada/formats/arch"
	"llada/formats/chat"
	"llada/formats/container"
	"llada/formats/safetensors"
	"llada/formats/tokenizer"
)

// Inventory is what a checkpoint holds, learnt from its headers and small
// files. No decision after it opens a file again.
type Inventory struct {
	Path    string
	Arch    *arch.Arch
	Model   container.Model
	Tensors []Entry // in the order of the forward pass
	Special []int32 // ids of the tokenizer's special tokens and of the mask, ascending
	Files   []File  // small files that travel along, in a fixed order
	source  *safetensors.Checkpoint
}

// Entry is a tensor of the checkpoint and what it does in the network.
type Entry struct {
	formats.Info
	Role arch.Role
}

// File is a small file of the checkpoint.
type File struct {
	Name string
	Data []byte
}

// companions are the small files of a checkpoint that a container keeps.
var companions = []string{
	container.SectionConfig, container.SectionGenerationConfig, container.SectionTokenizer,
	container.SectionTokenizerConfig, "special_tokens_map.json", container.SectionChatTemplate,
}

// companionLimit bounds a companion: the largest known tokenizer.json has 20 MB.
const companionLimit = 256 << 20

// turnEnd is the token that ends a turn of LLaDA's chat template.
const turnEnd = "<|eot_id|>"

// Take opens the checkpoint in folder path. maskID, if not nil, overrides the
// mask token of config.json.
func Take(path string, maskID *int32) (*Inventory, error) {
	v := &Inventory{Path: path}
	if err := v.readFiles(); err != nil {
		return nil, err
	}
	config := v.File(container.SectionConfig)
	if config == nil {
		return nil, &formats.ParseError{File: path, Offset: -1,
			Err: errors.New("no config.json: this is not a Hugging Face model folder")}
	}
	var err error
	if v.Arch, err = arch.Parse(config); err != nil {
		return nil, v.locate(err)
	}
	if maskID != nil {
		if *maskID < 0 || int(*maskID) >= v.Arch.Vocab {
			return nil, fmt.Errorf("mask id %d is outside the vocabulary of %d", *maskID, v.Arch.Vocab)
		}
		v.Arch.MaskID = *maskID
	}
	if err := v.readTokens(); err != nil {
		return nil, v.locate(err)
	}
	if v.source, err = safetensors.Open(path); err != nil {
		return nil, err
	}
	if err := v.match(); err != nil {
		v.source.Close()
		return nil, err
	}
	return v, nil
}

// Source gives the tensors' data.
func (v *Inventory) Source() *safetensors.Checkpoint { return v.source }

// Close unmaps the checkpoint.
func (v *Inventory) Close() error { return v.source.Close() }

// File is a companion's content, nil where the checkpoint lacks it.
func (v *Inventory) File(name string) []byte {
	for _, f := range v.Files {
		if f.Name == name {
			return f.Data
		}
	}
	return nil
}

func (v *Inventory) readFiles() error {
	if st, err := os.Stat(v.Path); err != nil {
		return err
	} else if !st.IsDir() {
		return fmt.Errorf("%s is not a folder: name the folder that holds config.json and the .safetensors files", v.Path)
	}
	for _, name := range companions {
		data, err := readBounded(filepath.Join(v.Path, name))
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		v.Files = append(v.Files, File{name, data})
	}
	return nil
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

// readTokens checks tokenizer and template now, so that a container is never
// made that cannot be talked to, and learns the special tokens.
func (v *Inventory) readTokens() error {
	v.Model = container.Model{Class: v.Arch.Class, MaskID: v.Arch.MaskID, EndIDs: []int32{v.Arch.EOSID}}
	v.Special = []int32{v.Arch.MaskID, v.Arch.EOSID}
	if data := v.File(container.SectionTokenizer); data != nil {
		t, err := tokenizer.Parse(data)
		if err != nil {
			return err
		}
		if t.Size() > v.Arch.Vocab {
			return &formats.ParseError{File: "tokenizer.json", Offset: -1,
				Err: fmt.Errorf("has token ids up to %d, the model's vocabulary only %d rows", t.Size()-1, v.Arch.Vocab)}
		}
		for _, a := range t.Added() {
			if a.Special {
				v.Special = append(v.Special, a.ID)
			}
		}
		if id, ok := t.ID(turnEnd); ok {
			v.Model.EndIDs = append(v.Model.EndIDs, id)
		}
	}
	slices.Sort(v.Special)
	v.Special = slices.Compact(v.Special)
	_, err := chat.FromConfig(v.File(container.SectionTokenizerConfig),
		v.File(container.SectionChatTemplate), v.File("special_tokens_map.json"))
	return err
}

// match holds the checkpoint's tensors against those the network needs.
func (v *Inventory) match() error {
	have := map[string]formats.Info{}
	for _, i := range v.source.Infos() {
		have[i.Name] = i
	}
	var faults []string
	for _, s := range v.Arch.Tensors() {
		i, ok := have[s.Name]
		delete(have, s.Name)
		switch {
		case !ok && s.Role == arch.Head:
			faults = append(faults, fmt.Sprintf("tensor %s (the output head) is missing; the blocks' ff_out.weight are down projections and cannot stand in", s.Name))
		case !ok:
			faults = append(faults, fmt.Sprintf("tensor %s (%s, %v) is missing", s.Name, s.Role, s.Shape))
		case !slices.Equal(i.Shape, s.Shape):
			f := fmt.Sprintf("tensor %s (%s) in %s has shape %v, config.json says %v", s.Name, s.Role, filepath.Base(v.source.File(s.Name)), i.Shape, s.Shape)
			if s.Role == arch.Head && slices.Equal(i.Shape, []int{v.Arch.Width, v.Arch.Hidden}) {
				f += ": this is a down projection, not the output head"
			}
			faults = append(faults, f)
		default:
			v.Tensors = append(v.Tensors, Entry{i, s.Role})
		}
	}
	for name := range have {
		faults = append(faults, fmt.Sprintf("tensor %s is not part of a %s with this config.json", name, v.Arch.Class))
	}
	if len(faults) == 0 {
		return nil
	}
	slices.SortFunc(faults, cmp.Compare)
	const show = 8
	if n := len(faults); n > show {
		faults = append(faults[:show], fmt.Sprintf("and %d more", n-show))
	}
	return &formats.ParseError{File: v.Path, Offset: -1, Err: errors.New(strings.Join(faults, "\n  "))}
}

// locate puts the checkpoint's folder before the name of one of its files.
func (v *Inventory) locate(err error) error {
	var p *formats.ParseError
	if errors.As(err, &p) {
		file, cause := p.File, p.Err
		if file == "chat_template" { // which is in one of two files
			file, cause = container.SectionTokenizerConfig, fmt.Errorf("chat_template: %w", p.Err)
			if v.File(container.SectionChatTemplate) != nil {
				file, cause = container.SectionChatTemplate, p.Err
			}
		}
		return &formats.ParseError{File: filepath.Join(v.Path, file), Offset: p.Offset, Err: cause}
	}
	return fmt.Errorf("%s: %w", v.Path, err)
}
