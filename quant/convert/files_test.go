package convert

import (
	"encoding/json"
	"testing"
)

// Python's numbers that JSON lacks become null; nothing else changes.
func TestPlainJSON(t *testing.T) {
	for in, want := range map[string]string{
		`{"a": NaN, "b":[Infinity,-Infinity, 1]}`: `{"a": null, "b":[null,null, 1]}`,
		`{"NaN":"Infinity \" NaN \\", "b":NaN}`:   `{"NaN":"Infinity \" NaN \\", "b":null}`,
		`{"a":"NaN"}`:                             `{"a":"NaN"}`,
		`{"a":NaNa}`:                              `{"a":NaNa}`,
		`{"a":"NaN`:                               `{"a":"NaN`,
		``:                                        ``,
	} {
		if got := string(plainJSON([]byte(in))); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}

func FuzzPlainJSON(f *testing.F) {
	f.Add([]byte(`{"a": NaN, "b":["\"Infinity",-Infinity]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		got := plainJSON(data)
		if string(got) != string(data) && !json.Valid(got) {
			t.Fatalf("%q became %q", data, got)
		}
	})
}
