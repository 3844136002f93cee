package output

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func names(t *testing.T, dir string) string {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, f := range files {
		all = append(all, f.Name())
	}
	return strings.Join(all, " ")
}

func content(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func write(t *testing.T, path string, o Options, text string) {
	t.Helper()
	f, err := Create(path, o)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Abort()
	if _, err := f.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := f.Commit(); err != nil {
		t.Fatal(err)
	}
}

func TestWholeOrNothing(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x")
	os.WriteFile(path+".partial", []byte("what a killed run left"), 0o666)
	f, err := Create(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	f.Write([]byte("half"))
	f.Flush()
	if got := names(t, dir); got != "x.partial" || content(t, path+".partial") != "half" {
		t.Errorf("%s while it is written", got)
	}
	if err := errors.Join(f.Abort(), f.Abort()); err != nil || names(t, dir) != "" {
		t.Errorf("after Abort: %v, left %s", err, names(t, dir))
	}
	if err := f.Commit(); err == nil {
		t.Error("Commit after Abort succeeds")
	}
	write(t, path, Options{}, "whole")
	if got := names(t, dir); got != "x" || content(t, path) != "whole" {
		t.Errorf("after Commit %s", got)
	}
	write(t, path, Options{Force: true, Suffix: ".tmp"}, "new")
	if content(t, path) != "new" || names(t, dir) != "x" {
		t.Error("not replaced")
	}
}

func TestRefused(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	os.WriteFile(at("old"), []byte("old"), 0o666)
	os.Mkdir(at("folder"), 0o777)
	if err := os.Symlink("nothing", at("dangling")); err != nil {
		t.Skip(err)
	}
	before := names(t, dir)
	for _, c := range []struct {
		name, want string
		force      bool
		is         error
	}{
		{"old", "exists: add --force to overwrite it", false, fs.ErrExist},
		{"folder", "exists and is not a regular file", true, fs.ErrExist},
		{"dangling", "is a link to a file that does not exist", true, fs.ErrExist},
		{"missing/x", "cannot create the output", true, fs.ErrNotExist},
		{"old/x", "old", true, nil},
	} {
		o := Options{Force: c.force, Stream: true}
		err := Check(at(c.name), o)
		_, created := Create(at(c.name), o)
		for _, err := range []error{err, created} {
			if err == nil || !strings.Contains(err.Error(), c.want) || c.is != nil && !errors.Is(err, c.is) {
				t.Errorf("%s: %v, want %q", c.name, err, c.want)
			}
		}
	}
	if got := names(t, dir); got != before {
		t.Errorf("left %s", got)
	}
	if _, err := Create(at("large"), Options{Size: 1 << 61}); err == nil {
		t.Error("no disk has room for this")
	} else if _, known := space(dir); known && !strings.Contains(err.Error(), "large: needs 2305843009213693952 bytes, but its disk has ") {
		t.Errorf("error %v", err)
	}
	if got := names(t, dir); got != before {
		t.Errorf("left %s", got)
	}
}

// What another program makes meanwhile is not replaced unasked.
func TestAppearsMeanwhile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x")
	f, err := Create(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	os.WriteFile(path, []byte("theirs"), 0o666)
	if err := f.Commit(); !errors.Is(err, fs.ErrExist) {
		t.Errorf("error %v", err)
	}
	if names(t, dir) != "x" || content(t, path) != "theirs" {
		t.Error("replaced, or left something")
	}
}

// A second run is refused, by either name of the output, and does no harm.
func TestBusy(t *testing.T) {
	dir := t.TempDir()
	path, link := filepath.Join(dir, "x"), filepath.Join(dir, "link")
	os.WriteFile(path, nil, 0o666)
	if err := os.Symlink("x", link); err != nil {
		t.Skip(err)
	}
	f, err := Create(path, Options{Force: true})
	if err != nil {
		t.Fatal(err)
	}
	f.Write([]byte("first"))
	for _, name := range []string{path, link} {
		if _, err := Create(name, Options{Force: true}); !errors.Is(err, ErrBusy) || !strings.Contains(err.Error(), name+": another run is writing this file") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := f.Commit(); err != nil || content(t, path) != "first" {
		t.Errorf("error %v", err)
	}
	write(t, link, Options{Force: true}, "second")
	if info, err := os.Lstat(link); err != nil || info.Mode().IsRegular() || content(t, path) != "second" {
		t.Errorf("the link was replaced: %v", err)
	}
}

func TestStreams(t *testing.T) {
	if os.Stdout == nil || !IsStream("-") || IsStream(filepath.Join(t.TempDir(), "x")) || IsStream(t.TempDir()) {
		t.Error("what a stream is")
	}
	if _, err := os.Stat(os.DevNull); err != nil {
		t.Skip(err)
	}
	write(t, os.DevNull, Options{Stream: true}, "gone")
	if _, err := Create(os.DevNull, Options{Force: true}); err == nil {
		t.Error("a device where only a file will do")
	}
}

func TestSame(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	os.WriteFile(at("a"), nil, 0o666)
	os.WriteFile(at("b"), nil, 0o666)
	os.Mkdir(at("folder"), 0o777)
	if err := errors.Join(os.Symlink("a", at("soft")), os.Link(at("a"), at("hard")), os.Symlink("folder", at("way"))); err != nil {
		t.Skip(err)
	}
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"a", "a", true}, {"a", "./folder/../a", true}, {"a", "soft", true}, {"hard", "soft", true},
		{"a", "b", false}, {"a", "new", false}, {"new", "new", true}, {"folder/new", "way/new", true},
		{"folder/new", "new", false}, {"folder", "way", false}, {"missing/x", "./missing/x", true},
	} {
		if got := Same(at(c.a), dir+string(filepath.Separator)+c.b); got != c.want || Same(at(c.b), at(c.a)) != got {
			t.Errorf("%s and %s: %v", c.a, c.b, got)
		}
	}
	if Same(os.DevNull, os.DevNull) {
		t.Error("a device is no file to lose")
	}
}

func TestKeepsPermissions(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("has no permission bits")
	}
	path := filepath.Join(t.TempDir(), "x")
	for _, mode := range []fs.FileMode{0o600, 0o640, 0o444} {
		os.Remove(path)
		write(t, path, Options{}, "old")
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		write(t, path, Options{Force: true}, "new")
		if st, err := os.Stat(path); err != nil || st.Mode() != mode || content(t, path) != "new" {
			t.Errorf("%v after %v: %v", st.Mode(), mode, err)
		}
	}
}
