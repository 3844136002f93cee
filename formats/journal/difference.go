package journal

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// shown bounds a value in a message.
const shown = 40

// difference names what differs between the descriptions of two runs.
func difference(old, now []byte) string {
	var found []string
	compare(&found, "", old, now)
	if len(found) == 0 {
		return "its description differs"
	}
	return strings.Join(found, ", ")
}

func compare(found *[]string, path string, old, now json.RawMessage) {
	if bytes.Equal(old, now) {
		return
	}
	var a, b map[string]json.RawMessage
	if json.Unmarshal(old, &a) != nil || json.Unmarshal(now, &b) != nil || a == nil || b == nil {
		if path == "" {
			return
		}
		what := "another " + path
		if len(old) <= shown && len(now) <= shown && old != nil && now != nil {
			what = fmt.Sprintf("%s %s, not %s", path, old, now)
		}
		*found = append(*found, what)
		return
	}
	keys := maps.Clone(a)
	maps.Copy(keys, b)
	for _, k := range slices.Sorted(maps.Keys(keys)) {
		at := k
		if path != "" {
			at = path + "." + k
		}
		compare(found, at, a[k], b[k])
	}
}
