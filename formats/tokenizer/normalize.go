package tokenizer

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// normalizer is NFC or nothing: any Sequence of NFCs is one NFC.
type normalizer struct{ nfc bool }

func parseNormalizer(path string, raw json.RawMessage, depth int) (n normalizer, err error) {
	if raw == nil {
		return n, nil
	}
	if depth == 0 {
		return n, fmt.Errorf("%s: %w", path, errDepth)
	}
	o := newObject(path, raw)
	switch kind := o.tagged(); kind {
	case "NFC":
		n.nfc = true
	case "Sequence":
		for i, raw := range o.list("normalizers") {
			inner, err := parseNormalizer(index(path+".normalizers", i), raw, depth-1)
			if err != nil {
				return n, err
			}
			n.nfc = n.nfc || inner.nfc
		}
	default:
		return n, o.unknownType(kind, "NFC or Sequence")
	}
	return n, o.done()
}

func (n normalizer) apply(text string) string {
	if !n.nfc || norm.NFC.QuickSpanString(text) == len(text) {
		return text
	}
	next := strings.IndexFunc(text, isNewer)
	if next < 0 {
		return compose(text)
	}
	var out strings.Builder
	for ; next >= 0; next = strings.IndexFunc(text, isNewer) {
		_, n := utf8.DecodeRuneInString(text[next:])
		out.WriteString(compose(text[:next]))
		out.WriteString(text[next : next+n])
		text = text[next+n:]
	}
	out.WriteString(compose(text))
	return out.String()
}

// compose is NFC.
func compose(text string) string {
	if longMarks(text) {
		return composeAll(text)
	}
	return norm.NFC.String(text)
}

// longMarks says whether text has so many combining marks in a row that package
// norm, which makes text stream-safe (UAX #15 §13), would put U+034F between
// them, in fact a few less.
func longMarks(text string) bool {
	const marks = 10 // each may be three once decomposed; norm allows 30
	run := 0
	for i := 0; i < len(text); {
		p := norm.NFD.PropertiesString(text[i:])
		if p.CCC() == 0 && p.LeadCCC() == 0 && p.TrailCCC() == 0 {
			run = 0
		} else if run++; run == marks {
			return true
		}
		i += max(p.Size(), 1)
	}
	return false
}

// composeAll is NFC by the definition (UAX #15, Unicode §3.11) without a limit
// on combining marks.
func composeAll(text string) string {
	var decomposed []rune
	var classes []uint8
	for i := 0; i < len(text); {
		p := norm.NFD.PropertiesString(text[i:])
		whole := norm.NFD.String(text[i : i+max(p.Size(), 1)])
		for j, r := range whole {
			decomposed = append(decomposed, r)
			classes = append(classes, norm.NFD.PropertiesString(whole[j:]).CCC())
		}
		i += max(p.Size(), 1)
	}
	order(decomposed, classes)

	out := decomposed[:0] // composing never makes text longer
	starter, lastClass := -1, -1
	for i, r := range decomposed {
		class := int(classes[i])
		if starter >= 0 && (lastClass < class || lastClass == -1) {
			if c, ok := composed(out[starter], r); ok {
				out[starter] = c
				continue
			}
		}
		if class == 0 {
			starter, lastClass = len(out), -1
		} else {
			lastClass = class
		}
		out = append(out, r)
	}
	return string(out)
}

// order sorts each run of marks by combining class, which is at most 255, and
// keeps equal ones in order.
func order(runes []rune, classes []uint8) {
	type mark struct {
		r     rune
		class uint8
	}
	var run []mark
	for i := 0; i < len(runes); i++ {
		if run = run[:0]; classes[i] == 0 {
			continue
		}
		for ; i < len(runes) && classes[i] != 0; i++ {
			run = append(run, mark{runes[i], classes[i]})
		}
		slices.SortStableFunc(run, func(a, b mark) int { return int(a.class) - int(b.class) })
		for j, m := range run {
			runes[i-len(run)+j], classes[i-len(run)+j] = m.r, m.class
		}
	}
}

// composed asks package norm whether two characters are one.
func composed(a, b rune) (rune, bool) {
	var buf strings.Builder
	buf.WriteRune(a)
	buf.WriteRune(b)
	r, n := utf8.DecodeRuneInString(norm.NFC.String(buf.String()))
	return r, n > 0 && utf8.RuneCountInString(norm.NFC.String(buf.String())) == 1
}
