package main

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"testing"

	"llada/cmd/internal/cli"
	"llada/formats"
	"llada/formats/container"
)

// A program gets names as they are in the file.
func TestVerifyNames(t *testing.T) {
	tensor, section := `"a\b"`, `"c"`
	path := filepath.Join(t.TempDir(), "m.llada")
	w, err := container.Create(path, container.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Abort()
	w.SetModel(container.Model{Class: "x", MaskID: 1, EndIDs: []int32{0}})
	out, err := w.Tensor(formats.Info{Name: tensor, Encoding: formats.F32, Shape: []int{1}, Size: 4})
	if err != nil {
		t.Fatal(err)
	}
	out.Write(make([]byte, 4))
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	if err := w.Section(section, nil); err != nil {
		t.Fatal(err)
	}
	if err := w.Commit(); err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	if err := runVerify(t.Context(), &text, path, "", &cli.Globals{JSON: true, Quiet: true, Threads: 1}); err != nil {
		t.Fatal(err)
	}
	var v verification
	if err := json.Unmarshal(text.Bytes(), &v); err != nil {
		t.Fatal(err)
	}
	if v.Tensors[0].Name != tensor || v.Sections[1].Name != section || v.Sections[0].Name != "header" {
		t.Errorf("%s", &text)
	}
}
