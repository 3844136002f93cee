package arch

import (
	"encoding/json"
	"errors"
	"fmt"
)

// config reads keys of a config.json and collects everything wrong with them,
// so that one run tells the user all of it.
type config struct {
	keys map[string]json.RawMessage
	errs []error
}

func (c *config) err() error { return errors.Join(c.errs...) }

func (c *config) fail(format string, args ...any) {
	c.errs = append(c.errs, fmt.Errorf(format, args...))
}

// read decodes a required key into dst.
func (c *config) read(key string, dst any, want string) {
	raw, ok := c.keys[key]
	switch {
	case !ok:
		c.fail("key %q is missing (want %s)", key, want)
	case string(raw) == "null":
		c.fail("key %q is null, want %s", key, want)
	case json.Unmarshal(raw, dst) != nil:
		c.fail("key %q is %s, want %s", key, short(raw), want)
	}
}

func (c *config) int(key string) int {
	var v int32
	c.read(key, &v, "an integer")
	return int(v)
}

func (c *config) float(key string) float64 {
	var v float64
	c.read(key, &v, "a number")
	return v
}

// null reports a key that is present and null.
func (c *config) null(key string) bool { return string(c.keys[key]) == "null" }

// must refuses any value of a key but the one that is computed.
func must[T comparable](c *config, key string, want T) {
	var v T
	before := len(c.errs)
	c.read(key, &v, fmt.Sprintf("%v", want))
	if len(c.errs) == before && v != want {
		c.fail("key %q is %v; only %v is supported", key, v, want)
	}
}

// short keeps a quoted value from flooding the terminal.
func short(raw json.RawMessage) string {
	if len(raw) > 60 {
		return string(raw[:60]) + "…"
	}
	return string(raw)
}
