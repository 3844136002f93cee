package script

import (
	"encoding/hex"
	"os"

	"github.com/rogpeppe/go-internal/testscript"

	"llada/formats"
	"llada/formats/container"
)

// poke overwrites bytes of a container's tensor and writes the file anew, so that its
// checksums are right.
func poke(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 4, "poke FILE TENSOR AT HEX")
	bytes, err := hex.DecodeString(args[3])
	ts.Check(err)
	path := ts.MkAbs(args[0])
	f, err := container.Open(path)
	ts.Check(err)
	defer f.Close()
	ts.Check(os.Remove(path)) // it may be a link, and stays mapped
	w, err := container.Create(path, container.Options{})
	ts.Check(err)
	defer w.Abort()
	w.SetModel(f.Model())
	for _, i := range f.Infos() {
		t, err := f.Tensor(i.Name)
		ts.Check(err)
		if i.Name == args[1] {
			t.Data = append([]byte(nil), t.Data...)
			copy(t.Data[place(ts, args[2], t.Data):], bytes)
		}
		write(ts, w, t)
	}
	for _, s := range f.Sections() {
		data, err := f.Section(s.Name)
		ts.Check(err)
		ts.Check(w.Section(s.Name, data))
	}
	ts.Check(w.Commit())
}

func write(ts *testscript.TestScript, w *container.Writer, t formats.Tensor) {
	out, err := w.Tensor(t.Info)
	ts.Check(err)
	_, err = out.Write(t.Data)
	ts.Check(err)
	ts.Check(out.Close())
}
