package convert

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"llada/formats"
	"llada/formats/arch"
	"llada/formats/container"
)

// Inventory is what a checkpoint holds, learnt from its headers and small
// files. No decision after it opens a file again.
type Inventory struct {
	Path     string // for errors
	Arch     *arch.Arch
	Model    container.Model
	Tensors  []Entry   // in the order of the forward pass
	Special  []int32   // ids of the tokenizer's special tokens, of the mask and of the end, ascending
	Sections []Section // small files that travel along, in a fixed order
	Source   Checkpoint

	// Warnings are what will not work with the container, and choices between two
	// answers of the checkpoint, for people. Unused are tensors that the network
	// does without.
	Warnings []string
	Unused   []string
}

// Entry is a tensor of the checkpoint and what it does in the network.
type Entry struct {
	formats.Info
	Role arch.Role
}

// Reading is how a checkpoint's small files are understood.
type Reading struct {
	// MaskID is the mask token, for a configuration that does not say it; nil:
	// it must. One that contradicts the configuration gives a *MaskError.
	MaskID   *int32
	Families arch.Families // nil: arch.Known
}

// Take opens the checkpoint in folder path.
func Take(path string, r Reading) (*Inventory, error) {
	if err := folderError(path); err != nil {
		return nil, err
	}
	files, err := readFiles(path)
	if err != nil {
		return nil, err
	}
	v, err := describe(path, files, r)
	if err != nil {
		return nil, err
	}
	source, err := openFolder(path)
	if err != nil {
		return nil, err
	}
	if err = v.attach(source); err == nil {
		err = source.readable(v.Tensors)
	}
	if err != nil {
		source.Close()
		return nil, err
	}
	v.Warnings = append(v.Warnings, source.Notes()...)
	return v, nil
}

// NewInventory is Take for weights and files from anywhere; path names them in
// errors. The inventory's Close closes source; after an error the caller does.
func NewInventory(path string, files []Section, source Checkpoint, r Reading) (*Inventory, error) {
	v, err := describe(path, files, r)
	if err != nil {
		return nil, err
	}
	if err := v.attach(source); err != nil {
		return nil, err
	}
	return v, nil
}

// Close closes the checkpoint.
func (v *Inventory) Close() error { return v.Source.Close() }

// Section is a small file's content, nil where the checkpoint lacks it.
func (v *Inventory) Section(name string) []byte {
	for _, s := range v.Sections {
		if s.Name == name {
			return s.Data
		}
	}
	return nil
}

// describe learns all that the small files say.
func describe(path string, files []Section, r Reading) (*Inventory, error) {
	v := &Inventory{Path: path, Sections: slices.Clone(files)}
	config := v.Section(container.SectionConfig)
	if config == nil {
		return nil, &formats.ParseError{File: path, Offset: -1,
			Err: fmt.Errorf("no config.json: %s", instead(path))}
	}
	a, tokens, err := r.Families.Parse(config)
	if err != nil {
		return nil, v.locate(err)
	}
	v.Arch = a
	if err := v.readTokens(tokens, r.MaskID); err != nil {
		return nil, v.locate(err)
	}
	if err := v.readTemplate(); err != nil {
		return nil, v.locate(err)
	}
	v.Sections = slices.DeleteFunc(v.Sections, func(s Section) bool { return s.Name == addedTokens })
	return v, nil
}

// attach holds a source's tensors against those the network needs.
func (v *Inventory) attach(source Checkpoint) error {
	var infos []formats.Info
	for _, i := range source.Infos() {
		if v.Arch.Unused(i.Name) {
			v.Unused = append(v.Unused, i.Name)
		} else {
			infos = append(infos, i)
		}
	}
	where := func(name string) string { return filepath.Base(source.File(name)) }
	if err := v.Arch.Match(infos, where); err != nil {
		return &formats.ParseError{File: v.Path, Offset: -1, Err: err}
	}
	byName := make(map[string]formats.Info, len(infos))
	for _, i := range infos {
		byName[i.Name] = i
	}
	for _, t := range v.Arch.Tensors() {
		v.Tensors = append(v.Tensors, Entry{byName[t.Name], t.Role})
	}
	v.Source = source
	return v.compareTied()
}

// compareTied says where a checkpoint with tied weights stores a head of its own
// that differs from the embedding, which counts.
func (v *Inventory) compareTied() error {
	if !slices.Contains(v.Unused, v.Arch.TiedHead) {
		return nil
	}
	same, err := equalRows(v.Source, v.Arch.TiedHead, v.Arch.Embed)
	if err != nil {
		return v.Source.Locate(err)
	}
	if !same {
		v.warn("weight_tying is true, so the output head is the embedding %s, as the model's own code has it; the stored %s differs and is left out",
			v.Arch.Embed, v.Arch.TiedHead)
	}
	return nil
}

// warn notes a warning.
func (v *Inventory) warn(format string, args ...any) {
	v.Warnings = append(v.Warnings, fmt.Sprintf(format, args...))
}

func (v *Inventory) setSection(name string, data []byte) {
	for i := range v.Sections {
		if v.Sections[i].Name == name {
			v.Sections[i].Data = data
		}
	}
}

// locate puts the checkpoint's path before the name of one of its files.
func (v *Inventory) locate(err error) error {
	var p *formats.ParseError
	if errors.As(err, &p) {
		file, cause := p.File, p.Err
		if file == "chat_template" { // which is in one of two files
			file, cause = container.SectionTokenizerConfig, fmt.Errorf("chat_template: %w", p.Err)
			if v.Section(container.SectionChatTemplate) != nil {
				file, cause = container.SectionChatTemplate, p.Err
			}
		}
		return &formats.ParseError{File: filepath.Join(v.Path, file), Offset: p.Offset, Err: cause}
	}
	return fmt.Errorf("%s: %w", v.Path, err)
}
