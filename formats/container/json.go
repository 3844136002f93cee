package container

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
)

// reader reads JSON whose shape is known, in one pass. With encoding/json,
// which scans what is nested once per level, an index takes five times as long.
// It is as strict, and stricter in two things: keys match in their own case
// only, and none that is known may occur twice.
//
// The first failure sticks; after it nothing more is read, and what the methods
// return means nothing.
type reader struct {
	text    []byte // UTF-8
	at      int
	err     error
	depth   int
	numbers []int64 // of the last list
}

const maxDepth = 10_000 // of values that are skipped; encoding/json's limit

// fail keeps the first failure, nil being none.
func (r *reader) fail(err error) {
	if r.err == nil && err != nil {
		r.err, r.at = err, len(r.text)
	}
}

// wrong says that something else stands where want should.
func (r *reader) wrong(want string) {
	if r.at >= len(r.text) {
		r.fail(errors.New("unexpected end of the JSON"))
		return
	}
	r.fail(fmt.Errorf("invalid character %q at %d, not %s", r.text[r.at], r.at, want))
}

// peek passes over white space. It is 0 at the end.
func (r *reader) peek() byte {
	for ; r.at < len(r.text); r.at++ {
		switch c := r.text[r.at]; c {
		case ' ', '\t', '\r', '\n':
		default:
			return c
		}
	}
	return 0
}

func (r *reader) take(c byte) bool {
	if r.peek() != c {
		return false
	}
	r.at++
	return true
}

// object reads an object: value reads what belongs to one of keys, which are
// fewer than 64. Other keys are later additions, which are skipped.
func (r *reader) object(keys []string, value func(key string)) {
	if !r.take('{') {
		r.wrong("an object")
		return
	}
	seen := uint64(0)
	for more := !r.take('}'); more && r.err == nil; more = !r.take('}') {
		if seen != 0 && !r.take(',') {
			r.wrong("',' or '}'")
			return
		}
		seen |= 1 << 63 // some key
		name := r.str()
		if !r.take(':') {
			r.wrong("':'")
			return
		}
		i := 0
		for i < len(keys) && keys[i] != string(name) {
			i++
		}
		switch {
		case i == len(keys):
			r.skip()
		case seen>>i&1 != 0:
			r.fail(fmt.Errorf("%q occurs twice", keys[i]))
		default:
			seen |= 1 << i
			if value(keys[i]); r.err != nil {
				r.err = fmt.Errorf("%s: %w", keys[i], r.err)
			}
		}
	}
}

// list reads a list of at most limit items.
func (r *reader) list(limit int, item func()) {
	if !r.take('[') {
		r.wrong("a list")
		return
	}
	n := 0
	for more := !r.take(']'); more && r.err == nil; more = !r.take(']') {
		if n > 0 && !r.take(',') {
			r.wrong("',' or ']'")
			return
		}
		if n == limit {
			r.fail(fmt.Errorf("more than %d items", limit))
			return
		}
		if item(); r.err != nil {
			r.err = fmt.Errorf("item %d: %w", n, r.err)
		}
		n++
	}
}

// str reads a string. The result may be a part of the text.
func (r *reader) str() []byte {
	if !r.take('"') {
		r.wrong("a string")
		return nil
	}
	start := r.at
	escaped := false
	for ; r.at < len(r.text); r.at++ {
		switch c := r.text[r.at]; {
		case c == '"':
			r.at++
			if escaped {
				return r.unescape(r.text[start-1 : r.at])
			}
			return r.text[start : r.at-1]
		case c == '\\':
			escaped = true
			r.at++
		case c < ' ':
			r.wrong("a character of a string")
			return nil
		}
	}
	r.at = len(r.text) // a backslash may have been the last byte
	r.wrong("")
	return nil
}

func (r *reader) unescape(quoted []byte) []byte {
	var s string
	if err := json.Unmarshal(quoted, &s); err != nil {
		r.fail(err)
	}
	return []byte(s)
}

// integer reads a whole number.
func (r *reader) integer(least, most int64) int64 {
	sign := int64(1)
	if r.take('-') {
		sign = -1
	} else {
		r.peek()
	}
	start, n := r.at, int64(0)
	for ; r.at < len(r.text); r.at++ {
		d := int64(r.text[r.at]) - '0'
		if d < 0 || d > 9 {
			break
		}
		if n > (math.MaxInt64-d)/10 {
			r.fail(errors.New("a number beyond 2⁶³"))
			return 0
		}
		n = 10*n + d
	}
	digits := r.at - start
	if digits == 0 || digits > 1 && r.text[start] == '0' {
		r.wrong("a whole number")
		return 0
	}
	if n *= sign; n < least || n > most {
		r.fail(fmt.Errorf("%d is outside %d…%d", n, least, most))
	}
	return n // before a '.' or an 'e', which whoever reads on refuses
}

// integers reads a list of whole numbers, which the next call overwrites.
func (r *reader) integers(limit int, least, most int64) []int64 {
	r.numbers = r.numbers[:0]
	r.list(limit, func() { r.numbers = append(r.numbers, r.integer(least, most)) })
	return r.numbers
}

// skip passes over a value of any kind.
func (r *reader) skip() {
	if r.depth++; r.depth > maxDepth {
		r.fail(errors.New("nested too deeply"))
	}
	switch r.peek() {
	case '{':
		r.object(nil, nil)
	case '[':
		r.list(len(r.text), r.skip)
	case '"':
		r.str()
	default:
		start := r.at
		for r.at < len(r.text) && r.text[r.at] > ' ' && r.text[r.at] != ',' && r.text[r.at] != ']' && r.text[r.at] != '}' {
			r.at++
		}
		if !json.Valid(r.text[start:r.at]) {
			r.at = start
			r.wrong("a value")
		}
	}
	r.depth--
}
