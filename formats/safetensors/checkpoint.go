package safetensors

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"llada/formats"
	"llada/formats/mmap"
)

// Checkpoint is an open checkpoint. Its methods may be called concurrently,
// except Close.
type Checkpoint struct {
	path    string
	shards  []*shard
	tensors map[string]place
	infos   []formats.Info // by name
	notes   []string
}

var _ formats.Source = (*Checkpoint)(nil)

// shard is one file of a checkpoint.
type shard struct {
	path   string
	file   *mmap.File
	header *header
}

// place is where a tensor lies.
type place struct {
	shard *shard
	entry entry
}

// Open opens a checkpoint: a folder with model.safetensors or, without one, with
// model.safetensors.index.json and the shards it names; or one safetensors file.
// Where a folder has both, transformers takes the single file too; Notes says it.
func Open(path string) (*Checkpoint, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	c := &Checkpoint{path: path, tensors: map[string]place{}}
	if info.IsDir() {
		err = c.openFolder()
	} else {
		err = c.openShard(path)
	}
	if err != nil {
		c.Close()
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(c.tensors)) {
		c.infos = append(c.infos, c.tensors[name].entry.Info)
	}
	return c, nil
}

func (c *Checkpoint) openFolder() error {
	single, indexPath := filepath.Join(c.path, singleName), filepath.Join(c.path, indexName)
	m, err := readIndex(indexPath)
	if _, none := os.Stat(single); none == nil {
		if !errors.Is(err, fs.ErrNotExist) && (err != nil || !slices.Equal(m.files(), []string{singleName})) {
			c.notes = append(c.notes, fmt.Sprintf("%s: holds %s and %s: the single file is taken, as transformers does, and the shards of the index are not: remove the one that is not meant",
				c.path, singleName, indexName))
		}
		return c.openShard(single)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: holds neither %s nor %s: give the folder of a downloaded checkpoint: %w",
			c.path, indexName, singleName, fs.ErrNotExist)
	}
	if err != nil {
		return err
	}
	return c.openIndex(indexPath, m)
}

// openIndex opens the shards of an index and checks one against the other.
func (c *Checkpoint) openIndex(path string, m weightMap) error {
	fail := func(format string, args ...any) error {
		return &formats.ParseError{File: path, Offset: -1, Err: fmt.Errorf(format, args...)}
	}
	files := m.files()
	var missing []string
	for _, file := range files {
		if _, err := os.Stat(filepath.Join(c.path, file)); errors.Is(err, fs.ErrNotExist) {
			missing = append(missing, fmt.Sprintf("%.80q", file))
		}
	}
	if n := len(missing); n > 0 {
		const show = 5
		more := ""
		if n > show {
			missing, more = missing[:show], fmt.Sprintf(" and %d more", n-show)
		}
		return fail("%d of %d shards are missing: download %s%s: %w", n, len(files), strings.Join(missing, ", "), more, fs.ErrNotExist)
	}
	for _, file := range files {
		if err := c.openShard(filepath.Join(c.path, file)); err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(m)) {
		want := m[name]
		p, ok := c.tensors[name]
		if !ok {
			return fail("tensor %.200q is said to be in %q, which lacks it", name, want)
		}
		if have := filepath.Base(p.shard.path); have != want {
			return fail("tensor %.200q is said to be in %q, but is in %q", name, want, have)
		}
	}
	for _, s := range c.shards {
		for _, e := range s.header.entries {
			if _, ok := m[e.Name]; !ok {
				return fail("tensor %.200q of %q is missing from the index", e.Name, filepath.Base(s.path))
			}
		}
	}
	return nil
}

// Notes are choices that opening made where a folder holds two answers, for
// people.
func (c *Checkpoint) Notes() []string { return slices.Clone(c.notes) }

// openShard adds a file and its tensors.
func (c *Checkpoint) openShard(path string) error {
	if err := formats.Regular(path); err != nil {
		return err
	}
	f, err := mmap.Open(path)
	if err != nil {
		return err
	}
	return c.addShard(path, f)
}

func (c *Checkpoint) addShard(path string, f *mmap.File) error {
	s := &shard{path: path, file: f}
	c.shards = append(c.shards, s)
	if err := loadHeader(f); err != nil {
		return err
	}
	err := mmap.Guard(func() (err error) {
		s.header, err = parseHeader(path, f.Data)
		return err
	})
	if err != nil {
		return f.Locate(err, func(int64) string { return path + ": header" })
	}
	for _, e := range s.header.entries {
		if other, twice := c.tensors[e.Name]; twice {
			return &formats.ParseError{File: path, Offset: -1,
				Err: fmt.Errorf("tensor %.200q is in %q too", e.Name, filepath.Base(other.shard.path))}
		}
		c.tensors[e.Name] = place{s, e}
	}
	return nil
}

// Infos lists the tensors by name.
func (c *Checkpoint) Infos() []formats.Info { return slices.Clone(c.infos) }

// Tensor returns a tensor whose data are a slice of the mapped file. Where the file
// system cannot map, they are read now; Release gives up data had before it.
func (c *Checkpoint) Tensor(name string) (formats.Tensor, error) {
	p, ok := c.tensors[name]
	if !ok {
		return formats.Tensor{}, fmt.Errorf("%s: no tensor %q", c.path, name)
	}
	start := p.shard.header.bytes
	if err := p.shard.file.Load(start+p.entry.begin, p.entry.Size); err != nil {
		return formats.Tensor{}, fmt.Errorf("%w (tensor %q)", err, name)
	}
	data := p.shard.file.Data[start+p.entry.begin : start+p.entry.end : start+p.entry.end]
	return formats.Tensor{Info: p.entry.Info, Data: data}, nil
}

// Release tells the kernel that the pages of a tensor may leave memory. A
// conversion that releases what it has read stays small; asking for a released
// tensor again is correct and slow. Unknown names are ignored.
func (c *Checkpoint) Release(name string) {
	if p, ok := c.tensors[name]; ok {
		p.shard.file.Drop(p.shard.header.bytes+p.entry.begin, p.entry.Size)
	}
}

// File is the path of the file that holds a tensor, "" for an unknown one.
func (c *Checkpoint) File(name string) string {
	if p, ok := c.tensors[name]; ok {
		return p.shard.path
	}
	return ""
}

// Locate names the file, and the tensor where there is one, in an error that
// holds a *mmap.Fault of this checkpoint's mappings. Other errors come back as
// they are. It is for whoever reads tensors under mmap.Guard.
func (c *Checkpoint) Locate(err error) error {
	for _, s := range c.shards {
		err = s.file.Locate(err, s.at)
	}
	return err
}

// at names the file and the tensor that an offset lies in.
func (s *shard) at(off int64) string {
	for _, e := range s.header.entries {
		if s.header.bytes+e.begin <= off && off < s.header.bytes+e.end {
			return fmt.Sprintf("%s: tensor %q", s.path, e.Name)
		}
	}
	return s.path
}

// Close unmaps the files; no tensor data may be used after it.
func (c *Checkpoint) Close() error {
	var errs []error
	for _, s := range c.shards {
		errs = append(errs, s.file.Close())
	}
	c.shards, c.tensors, c.infos = nil, nil, nil
	return errors.Join(errs...)
}
