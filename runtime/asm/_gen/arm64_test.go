package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
)

// The committed assembly of arm64 is what the generators write today. GEN=update
// in the environment rewrites it.
func TestFreshArm64(t *testing.T) {
	for name := range arm64 {
		committed := filepath.Join("..", name+"_arm64.s")
		want := generateArm64(name)
		if os.Getenv("GEN") == "update" {
			if err := os.WriteFile(committed, want, 0o666); err != nil {
				t.Fatal(err)
			}
			continue
		}
		got, err := os.ReadFile(committed)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is stale: run GEN=update go -C runtime/asm/_gen test -count=1 .", committed)
		}
	}
}

var wordLine = regexp.MustCompile(`(?m)^\tWORD\s+\$0x([0-9a-f]{8})\s+// (.*)$`)

// Every WORD is the instruction that its comment names.
func TestWords(t *testing.T) {
	const tools = "aarch64-linux-gnu-"
	for _, tool := range []string{"as", "objcopy"} {
		if _, err := exec.LookPath(tools + tool); err != nil {
			t.Skipf("no %s%s to compare with (GNU binutils for arm64)", tools, tool)
		}
	}
	checked := 0
	for name := range arm64 {
		text := generateArm64(name)
		words := wordLine.FindAllSubmatch(text, -1)
		if n := bytes.Count(text, []byte("\tWORD")); n != len(words) {
			t.Errorf("%s: %d of %d words have comments", name, len(words), n)
			continue
		}
		if checked += len(words); len(words) == 0 {
			continue
		}
		source := []byte(".arch armv8.6-a\n")
		for _, w := range words {
			source = fmt.Appendf(source, "%s\n", w[2])
		}
		dir := t.TempDir()
		object, binaryFile := filepath.Join(dir, "words.o"), filepath.Join(dir, "words")
		as := exec.Command(tools+"as", "-o", object, "-")
		as.Stdin = bytes.NewReader(source)
		if out, err := as.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", name, err, out)
			continue
		}
		if out, err := exec.Command(tools+"objcopy", "-O", "binary", object, binaryFile).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		code, err := os.ReadFile(binaryFile)
		if err != nil {
			t.Fatal(err)
		}
		if len(code) != 4*len(words) {
			t.Errorf("%s: %d words became %d bytes", name, len(words), len(code))
			continue
		}
		for i, w := range words {
			got, _ := strconv.ParseUint(string(w[1]), 16, 32)
			if want := binary.LittleEndian.Uint32(code[4*i:]); uint32(got) != want {
				t.Errorf("%s: %s is %08x, not %08x", name, w[2], want, got)
			}
		}
	}
	if checked == 0 {
		t.Error("no words were compared")
	}
}
