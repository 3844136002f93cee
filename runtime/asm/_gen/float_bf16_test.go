package main

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// VDPBF16PS is encoded as GNU as does it: for all registers, and every line in
// the committed file.
func TestEVEX(t *testing.T) {
	for _, tool := range []string{"as", "objcopy"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("no GNU %s", tool)
		}
	}
	var source strings.Builder
	var want []byte
	for sum := range 32 {
		for w := range 32 {
			for a := range 32 {
				fmt.Fprintf(&source, "vdpbf16ps zmm%d, zmm%d, zmm%d\n", sum, w, a)
				want = append(want, evexBF16(zmm[a], zmm[w], zmm[sum])...)
			}
		}
	}
	committed, err := os.ReadFile("../bf16_avx512_amd64.s")
	if err != nil {
		t.Fatal(err)
	}
	lines := regexp.MustCompile(`(?m)^\t(BYTE .*) // (vdpbf16ps .*)$`).FindAllSubmatch(committed, -1)
	if len(lines) == 0 {
		t.Fatal("no line with bytes in the committed file")
	}
	for _, line := range lines {
		source.Write(append(line[2], '\n'))
		b, err := hex.DecodeString(strings.NewReplacer("BYTE $0x", "", "; ", "").Replace(string(line[1])))
		if err != nil {
			t.Fatalf("%s: %v", line[0], err)
		}
		want = append(want, b...)
	}
	got := assemble(t, source.String())
	text := strings.Split(source.String(), "\n")
	for i := 0; i+6 <= min(len(got), len(want)); i += 6 {
		if !bytes.Equal(got[i:i+6], want[i:i+6]) {
			t.Fatalf("%s is % x, not % x", text[i/6], got[i:i+6], want[i:i+6])
		}
	}
	if len(got) != len(want) {
		t.Fatalf("%d bytes, want %d", len(want), len(got))
	}
}
