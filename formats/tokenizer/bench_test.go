package tokenizer

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// english joins the longer golden texts.
func english(t testing.TB) string {
	var golden struct {
		Cases []struct{ Text string }
	}
	data, err := os.ReadFile(goldenFile)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &golden); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, c := range golden.Cases {
		if len(c.Text) > 100 {
			b.WriteString(c.Text)
			b.WriteString("\n")
		}
	}
	return b.String()
}

func BenchmarkEncode(b *testing.B) {
	tok := tiny(b)
	for _, c := range []struct{ name, text string }{
		{"english", english(b)},
		{"word=100kB", strings.Repeat("abcde", 20_000)},
		{"spaces=100kB", strings.Repeat(" ", 100_000)},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(len(c.text)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := tok.Encode(c.text); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkDecode(b *testing.B) {
	tok := tiny(b)
	ids, err := tok.Encode(english(b))
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(tok.Decode(ids, false))))
	for b.Loop() {
		tok.Decode(ids, false)
	}
}

func BenchmarkParse(b *testing.B) {
	data, err := os.ReadFile(tinyFile)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if _, err := Parse(data); err != nil {
			b.Fatal(err)
		}
	}
}
