package tokenizer

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
)

// object is a JSON object whose fields are taken one at a time. What is left at
// the end is an option unknown to this package, which done reports. The first
// error sticks, so that callers check once.
//
// encoding/json's structs will not do: they match names without regard to case
// and let the last of two equal names win.
type object struct {
	path   string
	fields map[string]json.RawMessage
	err    error
}

func newObject(path string, raw json.RawMessage) *object {
	o := &object{path: path, fields: map[string]json.RawMessage{}}
	if !isObject(raw) {
		o.err = refused(path, raw, "want an object")
		return o
	}
	for name, value := range entries(raw) {
		if _, twice := o.fields[name]; twice {
			o.err = fmt.Errorf("%s: given twice", join(path, name))
			break
		}
		o.fields[name] = value
	}
	return o
}

// take removes a field, nil where it is missing.
func (o *object) take(name string) json.RawMessage {
	raw := o.fields[name]
	delete(o.fields, name)
	return raw
}

// optional is take with null read as missing.
func (o *object) optional(name string) json.RawMessage {
	raw := o.take(name)
	if string(raw) == "null" {
		return nil
	}
	return raw
}

// fail notes an error; nil is none.
func (o *object) fail(err error) {
	if o.err == nil {
		o.err = err
	}
}

// value takes a field that must be there and of v's type.
func (o *object) value(name string, v any, want string) {
	raw := o.take(name)
	if raw == nil || string(raw) == "null" || json.Unmarshal(raw, v) != nil {
		o.fail(refused(join(o.path, name), raw, want))
	}
}

func (o *object) str(name string) (s string) {
	o.value(name, &s, "want a string")
	return s
}

func (o *object) bool(name string) (b bool) {
	o.value(name, &b, "want true or false")
	return b
}

// boolOr is bool for a field that may be missing or null.
func (o *object) boolOr(name string, missing bool) bool {
	if raw, ok := o.fields[name]; !ok || string(raw) == "null" {
		delete(o.fields, name)
		return missing
	}
	return o.bool(name)
}

func (o *object) list(name string) (l []json.RawMessage) {
	o.value(name, &l, "want a list")
	return l
}

// only takes a field that may be missing or null and must else be one of the
// given JSON texts.
func (o *object) only(name string, accepted ...string) {
	raw := o.optional(name)
	if raw != nil && !slices.Contains(accepted, string(raw)) {
		o.fail(refused(join(o.path, name), raw, "not supported"))
	}
}

// done returns the first error, or one for a field nobody took.
func (o *object) done() error {
	if o.err == nil {
		for _, name := range slices.Sorted(maps.Keys(o.fields)) {
			return refused(join(o.path, name), o.fields[name], "unknown option")
		}
	}
	return o.err
}

// tagged takes the "type" of a component.
func (o *object) tagged() string { return o.str("type") }

// unknownType is the error for a component of a kind not implemented here.
func (o *object) unknownType(kind, want string) error {
	if o.err != nil {
		return o.err
	}
	return fmt.Errorf("%s: %s is not supported, want %s", join(o.path, "type"), quote(kind), want)
}

func join(path, name string) string {
	if path == "" {
		return clip(name)
	}
	return path + "." + clip(name)
}

// refused says which field holds what, and why that will not do.
func refused(path string, raw json.RawMessage, why string) error {
	if path == "" {
		path = "the whole"
	}
	if raw == nil {
		return fmt.Errorf("%s: missing", path)
	}
	return fmt.Errorf("%s: %s: %s", path, clip(string(raw)), why)
}

// clip keeps what a stranger's file puts into error messages short.
func clip(s string) string {
	const most = 60
	if len(s) <= most {
		return s
	}
	return toValid(s[:most]) + "…"
}

// quote is for strings out of the file.
func quote(s string) string { return clip(strconv.Quote(s)) }

// maxDepth bounds Sequences within Sequences; one level is what occurs.
const maxDepth = 8

var errDepth = errors.New("sequences nested too deeply")

// parseID reads a token id. 16M is far above any vocabulary and far below what
// would hurt.
func parseID(text string) (int32, error) {
	const limit = 1 << 24
	id, err := strconv.ParseInt(text, 10, 32)
	if err != nil || id < 0 || id >= limit {
		return 0, fmt.Errorf("%s: want an id from 0 to %d", clip(text), limit-1)
	}
	return int32(id), nil
}
