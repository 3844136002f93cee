package convert

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"llada/formats"
	"llada/formats/arch"
	"llada/testdata/checkpoint"
)

// TestMaskID: the configuration says the mask token, or the caller does where it
// is silent; never one against the other.
func TestMaskID(t *testing.T) {
	const silent = arch.None
	for _, c := range []struct {
		name   string
		config any // mask_token_id
		asked  []int32
		want   int32     // of the container
		wrong  MaskError // the caller's mistake
	}{
		{"config alone", 2042, nil, 2042, MaskError{}},
		{"both agree", 2042, []int32{2042}, 2042, MaskError{}},
		{"caller alone", nil, []int32{3}, 3, MaskError{}},
		{"token 0", nil, []int32{0}, 0, MaskError{}},
		{"contradiction", 2042, []int32{7}, 0, MaskError{7, 2042, 2048}},
		{"beyond the vocabulary", nil, []int32{2048}, 0, MaskError{2048, silent, 2048}},
		{"beyond it, against the config", 2042, []int32{2048}, 0, MaskError{2048, silent, 2048}},
		{"negative", nil, []int32{-1}, 0, MaskError{-1, silent, 2048}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := randomCheckpoint(t, checkpoint.Options{}, "n_layers", 1, "mask_token_id", c.config)
			var r Reading
			if c.asked != nil {
				r.MaskID = &c.asked[0]
			}
			v, err := Take(dir, r)
			var mistake *MaskError
			if errors.As(err, &mistake) {
				if *mistake != c.wrong {
					t.Errorf("error %+v: %v", mistake, err)
				}
				return
			}
			if err != nil || c.wrong != (MaskError{}) {
				t.Fatalf("error %v, want %+v", err, c.wrong)
			}
			defer v.Close()
			special := []int32{2041, c.want}
			slices.Sort(special)
			if v.Model.MaskID != c.want || !slices.Equal(v.Special, special) {
				t.Errorf("mask %d, special %v", v.Model.MaskID, v.Special)
			}
		})
	}
	dir := randomCheckpoint(t, checkpoint.Options{}, "n_layers", 1, "mask_token_id", nil)
	_, err := Take(dir, Reading{})
	var parse *formats.ParseError
	if !errors.As(err, &parse) || parse.File != filepath.Join(dir, "config.json") ||
		!strings.Contains(err.Error(), `key "mask_token_id" is missing or null: add --mask-id`) {
		t.Errorf("nobody says it: error %v", err)
	}
}

func TestMaskErrorNamesBoth(t *testing.T) {
	for _, c := range []struct {
		err  MaskError
		want string
	}{
		{MaskError{7, 2042, 2048}, "mask id 7 contradicts config.json, whose mask_token_id is 2042"},
		{MaskError{2048, arch.None, 2048}, "mask id 2048 is outside the vocabulary of 2048"},
	} {
		if c.err.Error() != c.want {
			t.Errorf("%q, want %q", c.err.Error(), c.want)
		}
	}
}
