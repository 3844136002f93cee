package arch

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// Config reads keys of a config.json and collects everything wrong with them,
// so that one run tells the user all of it.
type Config struct {
	keys map[string]json.RawMessage
	errs []error
}

// Err is all that was wrong so far.
func (c *Config) Err() error { return errors.Join(c.errs...) }

// Fail notes a fault of the configuration as a whole.
func (c *Config) Fail(format string, args ...any) {
	c.errs = append(c.errs, fmt.Errorf(format, args...))
}

// Read decodes a required key into dst; want says in an error what it should be.
func (c *Config) Read(key string, dst any, want string) {
	raw, ok := c.keys[key]
	switch {
	case !ok:
		c.Fail("key %q is missing (want %s)", key, want)
	case string(raw) == "null":
		c.Fail("key %q is null, want %s", key, want)
	case json.Unmarshal(raw, dst) != nil:
		c.Fail("key %q is %s, want %s", key, short(raw), want)
	}
}

// Int is an integer that must be there.
func (c *Config) Int(key string) int {
	var v int32
	c.Read(key, &v, "an integer")
	return int(v)
}

// Float is a number that must be there.
func (c *Config) Float(key string) float64 {
	var v float64
	c.Read(key, &v, "a number")
	return v
}

// Null reports a key that is present and null.
func (c *Config) Null(key string) bool { return string(c.keys[key]) == "null" }

// Said reports a key that is present and not null.
func (c *Config) Said(key string) bool {
	_, ok := c.keys[key]
	return ok && !c.Null(key)
}

// Token is a token id that the configuration may leave out: None if the key is
// missing or null.
func (c *Config) Token(key string) int32 {
	if !c.Said(key) {
		return None
	}
	id := int32(c.Int(key))
	if id < 0 {
		c.Fail("key %q is %d, want a token id", key, id)
	}
	return id
}

// Tokens is one token id or a list of them, nil if the key is missing or null.
func (c *Config) Tokens(key string) []int32 {
	ids, err := TokenIDs(c.keys[key])
	if err != nil {
		c.Fail("key %q is %w", key, err)
	}
	for _, id := range ids {
		if id < 0 {
			c.Fail("key %q holds %d, want token ids", key, id)
		}
	}
	return ids
}

// TokenIDs reads one token id or a list of them, as configurations have them;
// nothing and null are none. Any number is an id here.
func TokenIDs(raw json.RawMessage) (ids []int32, err error) {
	var one *int32
	if len(raw) == 0 || json.Unmarshal(raw, &one) == nil {
		if one != nil {
			ids = []int32{*one}
		}
		return ids, nil
	}
	var list []*int32
	bad := json.Unmarshal(raw, &list) != nil
	for _, id := range list {
		if bad = bad || id == nil; !bad {
			ids = append(ids, *id)
		}
	}
	if bad {
		return nil, fmt.Errorf("%s, want a token id or a list of them", short(raw))
	}
	return ids, nil
}

// Must refuses any value of a key but the one that is computed. null is no, as
// the official classes take it.
func Must[T string | int | bool](c *Config, key string, want T) {
	var v T
	if any(want) == any(false) && c.Null(key) {
		return
	}
	before := len(c.errs)
	c.Read(key, &v, fmt.Sprintf("%v", want))
	if len(c.errs) == before && v != want {
		c.Fail("key %q is %s; only %v is supported", key, short(c.keys[key]), want)
	}
}

// Flag is a switch that must be there; null is off.
func (c *Config) Flag(key string) (on bool) {
	if !c.Null(key) {
		c.Read(key, &on, "true or false")
	}
	return on
}

// short keeps a value from flooding the terminal.
func short(raw json.RawMessage) string {
	if len(raw) > 60 {
		return strings.ToValidUTF8(string(raw[:60]), "") + "…"
	}
	return string(raw)
}
