package main

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The encodings that Go's assembler does not know are those of GNU as: of all
// registers, and of every line in the committed file.
func TestVEX(t *testing.T) {
	if _, err := exec.LookPath("as"); err != nil {
		t.Skip("no GNU as")
	}
	if _, err := exec.LookPath("objcopy"); err != nil {
		t.Skip("no GNU objcopy")
	}
	var source strings.Builder
	var want []byte
	for sum := range 16 {
		for w := range 16 {
			for a := range 16 {
				fmt.Fprintf(&source, "{vex} vpdpbusd ymm%d, ymm%d, ymm%d\n", sum, w, a)
				want = append(want, vexDot(ymm(a), ymm(w), ymm(sum))...)
			}
		}
	}
	committed, err := os.ReadFile("../int_avxvnni_amd64.s")
	if err != nil {
		t.Fatal(err)
	}
	lines := regexp.MustCompile(`(?m)^\t(BYTE .*) // (\{vex\}.*)$`).FindAllSubmatch(committed, -1)
	if len(lines) == 0 {
		t.Fatal("no line with bytes in the committed file")
	}
	for _, line := range lines {
		source.Write(append(line[2], '\n'))
		code := strings.NewReplacer("BYTE $0x", "", "; ", "").Replace(string(line[1]))
		b, err := hex.DecodeString(code)
		if err != nil {
			t.Fatalf("%s: %v", line[0], err)
		}
		want = append(want, b...)
	}
	if got := assemble(t, source.String()); !bytes.Equal(got, want) {
		for i := 0; i < min(len(got), len(want)); i += 5 {
			if !bytes.Equal(got[i:i+5], want[i:i+5]) {
				t.Fatalf("%s is % x, not % x", strings.Split(source.String(), "\n")[i/5], got[i:i+5], want[i:i+5])
			}
		}
		t.Fatalf("%d bytes, want %d", len(want), len(got))
	}
}

// assemble is what GNU as makes of source in Intel's syntax.
func assemble(t *testing.T, source string) []byte {
	dir := t.TempDir()
	object, binary := filepath.Join(dir, "x.o"), filepath.Join(dir, "x.bin")
	as := exec.Command("as", "--64", "-o", object, "-")
	as.Stdin = strings.NewReader(".intel_syntax noprefix\n" + source)
	if out, err := as.CombinedOutput(); err != nil {
		if bytes.Contains(out, []byte("no such instruction")) || bytes.Contains(out, []byte("unrecognized option")) {
			t.Skipf("this as does not know the instructions: %.200s", out)
		}
		t.Fatalf("as: %v\n%.2000s", err, out)
	}
	if out, err := exec.Command("objcopy", "-O", "binary", "-j", ".text", object, binary).CombinedOutput(); err != nil {
		t.Fatalf("objcopy: %v\n%s", err, out)
	}
	b, err := os.ReadFile(binary)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
