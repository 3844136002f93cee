package arch

import (
	"encoding/json"
	"errors"
	"fmt"
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

// Token is a token id that the configuration may leave out: None if the key is
// missing or null.
func (c *Config) Token(key string) int32 {
	if _, ok := c.keys[key]; !ok || c.Null(key) {
		return None
	}
	id := int32(c.Int(key))
	if id == None {
		c.Fail("key %q is %d, want a token id", key, id)
	}
	return id
}

// Must refuses any value of a key but the one that is computed.
func Must[T comparable](c *Config, key string, want T) {
	var v T
	before := len(c.errs)
	c.Read(key, &v, fmt.Sprintf("%v", want))
	if len(c.errs) == before && v != want {
		c.Fail("key %q is %v; only %v is supported", key, v, want)
	}
}

// short keeps a quoted value from flooding the terminal.
func short(raw json.RawMessage) string {
	if len(raw) > 60 {
		return string(raw[:60]) + "…"
	}
	return string(raw)
}
