package formats

import (
	"bytes"
	"strings"
)

// foreign are beginnings of files that stand where another file was meant to be,
// and what to do about each.
var foreign = []struct{ begin, is string }{
	{"version https://git-lfs", "is a Git LFS pointer, not the file itself: run git lfs pull"},
	{"version http://git-media", "is a Git LFS pointer, not the file itself: run git lfs pull"},
	{"\xef\xbb\xbf", "begins with a UTF-8 byte order mark, which has no place there: save it as UTF-8 without one"},
	{"\xff\xfe", "is UTF-16 text: save it as UTF-8"},
	{"\xfe\xff", "is UTF-16 text: save it as UTF-8"},
	{"GGUF", "is a GGUF file, which this version does not convert: take the original checkpoint"},
	{"PK\x03\x04", "is a zip archive, as PyTorch's .bin and .pth files are: convert the checkpoint to safetensors first"},
	{"\x80\x02", "is a Python pickle, as old .bin and .pth files are: convert the checkpoint to safetensors first"},
	{"\x89HDF\r\n", "is an HDF5 file: convert the checkpoint to safetensors first"},
	{"\x1f\x8b", "is a gzip archive: unpack it"},
	{"\x28\xb5\x2f\xfd", "is a Zstandard archive: unpack it"},
	{"\x89LLD\r\n\x1a\n", "is a container already: run it with llada-run"},
}

// pages are how the answer of a web server begins, in lower case.
var pages = []string{"<!doctype html", "<html", "<?xml"}

// Foreign recognises, by its beginning, a file that is not what its name says: ""
// or "is …: what to do". What else is wrong with it is for a parser.
func Foreign(data []byte) string {
	for _, f := range foreign {
		if bytes.HasPrefix(data, []byte(f.begin)) {
			return f.is
		}
	}
	start := strings.ToLower(string(bytes.TrimLeft(data[:min(len(data), 256)], " \t\r\n")))
	for _, p := range pages {
		if strings.HasPrefix(start, p) {
			return "is a web page, not the file itself: the download failed, download it again"
		}
	}
	return ""
}
