package container

import (
	"errors"
	"fmt"
	"math"
	"unicode/utf8"

	"llada/formats"
)

var (
	indexKeys   = []string{"model", "needs", "tensors", "sections"}
	modelKeys   = []string{"class", "mask_id", "end_ids"}
	tensorKeys  = []string{"name", "encoding", "shape", "offset", "length", "crc32c", "codebook", "layout", "replaces"}
	sectionKeys = []string{"name", "offset", "length", "raw_length", "crc32c", "compression"}
)

// decodeIndex reads the index and checks what does not depend on the file's
// length. Fields it does not know are skipped: they are later additions. knows
// tells the needs that this program meets.
func decodeIndex(b []byte, knows func(need string) bool) (*index, error) {
	if !utf8.Valid(b) {
		return nil, errors.New("not UTF-8")
	}
	r := &reader{text: b}
	x := new(index)
	r.object(indexKeys, func(key string) {
		switch key {
		case "model":
			x.Model = r.model()
		case "needs":
			x.Needs = r.needs(knows)
		case "tensors":
			x.Tensors = r.tensors()
		case "sections":
			x.Sections = r.sections()
		}
	})
	if r.peek(); r.at < len(b) {
		r.wrong("the end")
	}
	switch {
	case r.err != nil:
		return nil, r.err
	case x.Model == nil:
		return nil, errors.New(`no "model"`)
	case x.Tensors == nil || x.Sections == nil:
		return nil, errors.New(`no "tensors" or no "sections"`)
	}
	return x, x.checkNames()
}

func (r *reader) model() *Model {
	m := &Model{EndIDs: []int32{}} // as a Writer sets it
	r.object(modelKeys, func(key string) {
		switch key {
		case "class":
			m.Class = string(r.str())
		case "mask_id":
			m.MaskID = int32(r.integer(math.MinInt32, math.MaxInt32))
		case "end_ids":
			m.EndIDs = narrow[int32](r.integers(maxEnds, math.MinInt32, math.MaxInt32))
		}
	})
	return m
}

// needs stops at the first need that is unknown: what follows in the index may
// then mean something else.
func (r *reader) needs(knows func(string) bool) []string {
	list := []string{}
	r.list(maxNeeds, func() {
		name := string(r.str())
		if r.err != nil {
			return
		}
		list = append(list, name)
		if r.fail(checkNeeds(list)); r.err == nil && !knows(name) {
			r.fail(fmt.Errorf("%q is unknown to this program, which reads version %s: update it", name, Current))
		}
	})
	return list
}

// tensors checks each before it reads the next, so that junk entries cannot
// pile up in memory.
func (r *reader) tensors() []entry {
	list := []entry{}
	codebooks := map[[maxCodebook]int8][]int8{} // equal ones share their memory
	var e entry
	field := func(key string) {
		switch key {
		case "name":
			e.Name = string(r.str())
		case "encoding":
			e.Encoding = encoding(r.str())
		case "shape":
			e.Shape = narrow[int](r.integers(maxDims, math.MinInt, math.MaxInt))
		case "offset":
			e.Offset = r.integer(math.MinInt64, math.MaxInt64)
		case "length":
			e.Length = r.integer(math.MinInt64, math.MaxInt64)
		case "crc32c":
			e.CRC32C = uint32(r.integer(0, math.MaxUint32))
		case "codebook":
			e.Codebook = r.codebook(codebooks)
		case "layout":
			e.Layout = string(r.str())
		case "replaces":
			e.Replaces = narrow[int32](r.integers(len(r.text), math.MinInt32, math.MaxInt32))
		}
	}
	r.list(maxItems, func() {
		e = entry{}
		if r.object(tensorKeys, field); r.err == nil {
			r.fail(e.check())
		}
		list = append(list, e)
	})
	return list
}

// sections checks likewise.
func (r *reader) sections() []SectionInfo {
	list := []SectionInfo{}
	r.list(maxItems, func() {
		var s SectionInfo
		r.object(sectionKeys, func(key string) {
			switch key {
			case "name":
				s.Name = string(r.str())
			case "offset":
				s.Offset = r.integer(math.MinInt64, math.MaxInt64)
			case "length":
				s.Length = r.integer(math.MinInt64, math.MaxInt64)
			case "raw_length":
				s.RawLength = r.integer(math.MinInt64, math.MaxInt64)
			case "crc32c":
				s.CRC32C = uint32(r.integer(0, math.MaxUint32))
			case "compression":
				s.Compression = string(r.str())
			}
		})
		if r.err == nil {
			r.fail(s.check())
		}
		list = append(list, s)
	})
	return list
}

// codebook returns the slice of an equal one in known, where there is one.
func (r *reader) codebook(known map[[maxCodebook]int8][]int8) []int8 {
	numbers := r.integers(maxCodebook, math.MinInt8, math.MaxInt8)
	var key [maxCodebook]int8
	for i, n := range numbers {
		key[i] = int8(n)
	}
	if len(numbers) < maxCodebook {
		return key[:len(numbers)] // refused by check, unless empty
	}
	if known[key] == nil {
		known[key] = key[:]
	}
	return known[key]
}

// encoding saves the memory of the usual names.
func encoding(name []byte) formats.Encoding {
	for _, e := range [...]formats.Encoding{formats.Q4, formats.Q6, formats.Q8, formats.BF16, formats.F32} {
		if string(e) == string(name) {
			return e
		}
	}
	return formats.Encoding(name)
}

// narrow copies numbers that are known to fit, into a list that is not nil.
func narrow[T int | int8 | int32](from []int64) []T {
	to := make([]T, len(from))
	for i, n := range from {
		to[i] = T(n)
	}
	return to
}
