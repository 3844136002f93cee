package safetensors

import (
	"errors"
	"testing"

	"llada/formats"
)

// isDamage fails on errors that are not reports on the file.
func isDamage(t *testing.T, err error) {
	var damage *formats.ParseError
	if !errors.As(err, &damage) || damage.File != "f" || damage.Err == nil {
		t.Fatalf("%#v", err)
	}
}

// Whatever the bytes, a header that passes gives tensors that cover the data.
func FuzzHeader(f *testing.F) {
	for _, c := range damagedFiles {
		f.Add(c.file)
	}
	f.Add(rawFile("{"+tensor("a", 1, 4)+","+tensor("b", 1, 0)+"}  ", 8))
	f.Fuzz(func(t *testing.T, file []byte) {
		h, err := parseHeader("f", file)
		if err != nil {
			isDamage(t, err)
			return
		}
		names := map[string]bool{}
		next := int64(0)
		for _, e := range h.entries {
			if names[e.Name] || e.begin != next || e.end-e.begin != e.Size || e.Elements()*int64(e.Encoding.ElementBytes()) != e.Size {
				t.Fatalf("%+v behind %d", e, next)
			}
			names[e.Name] = true
			next = e.end
		}
		if h.bytes+next != int64(len(file)) {
			t.Fatalf("%d+%d of %d bytes", h.bytes, next, len(file))
		}
	})
}

// An index never names a file outside its folder.
func FuzzIndex(f *testing.F) {
	f.Add([]byte(`{"metadata":{"total_size":8},"weight_map":{"a":"one.safetensors","b":"two.safetensors"}}`))
	f.Add([]byte(`{"weight_map":{"a":"../one.safetensors"}}`))
	f.Add([]byte(`{"weight_map":{"a":"x\\..\\one.safetensors"},"weight_map":{}}`))
	f.Add([]byte(`{"metadata":{"total_size":1e400}} `))
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := parseIndex("f", text)
		if err != nil {
			isDamage(t, err)
			return
		}
		for name, file := range m {
			if !plainName(file) {
				t.Fatalf("%q in %q", name, file)
			}
		}
	})
}
