package tokenizer

import "unicode/utf8"

// Decode is the text of ids. With skipSpecial, special added tokens are left
// out. Ids without a token give nothing; bytes that are no UTF-8, as an answer
// cut within a character leaves them, give U+FFFD.
func (t *Tokenizer) Decode(ids []int32, skipSpecial bool) string {
	var raw []byte
	for _, id := range ids {
		raw = append(raw, t.bytes(id, skipSpecial)...)
	}
	out, _ := appendValid(nil, raw, true)
	return string(out)
}

// bytes is what one id contributes.
func (t *Tokenizer) bytes(id int32, skipSpecial bool) string {
	p := t.pieces[id]
	if skipSpecial && p.special {
		return ""
	}
	return p.bytes
}

// toValid replaces what is no UTF-8.
func toValid(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	out, _ := appendValid(nil, []byte(s), true)
	return string(out)
}

// appendValid appends raw with U+FFFD for each maximal ill-formed part (Unicode
// 15 §3.9, "U+FFFD Substitution of Maximal Subparts", which Rust's
// from_utf8_lossy follows). Without final, a beginning of a character at the
// end of raw is returned for next time instead.
func appendValid(dst, raw []byte, final bool) (out, rest []byte) {
	for len(raw) > 0 {
		if raw[0] < utf8.RuneSelf {
			dst = append(dst, raw[0])
			raw = raw[1:]
			continue
		}
		n, whole := prefix(raw)
		switch {
		case whole:
			dst = append(dst, raw[:n]...)
		case n == len(raw) && n > 0 && !final:
			return dst, raw
		default:
			dst = utf8.AppendRune(dst, utf8.RuneError)
			n = max(n, 1)
		}
		raw = raw[n:]
	}
	return dst, nil
}

// prefix measures the longest beginning of raw that begins some character, and
// says whether it is the whole of it. It is 0 for a byte that begins none.
func prefix(raw []byte) (n int, whole bool) {
	low, high := byte(0x80), byte(0xBF)
	var size int
	switch b := raw[0]; {
	case b < 0xC2 || b > 0xF4:
		return 0, false
	case b < 0xE0:
		size = 2
	case b < 0xF0:
		size = 3
		if b == 0xE0 { // shorter forms exist
			low = 0xA0
		} else if b == 0xED { // surrogates
			high = 0x9F
		}
	default:
		size = 4
		if b == 0xF0 {
			low = 0x90
		} else if b == 0xF4 { // above U+10FFFF
			high = 0x8F
		}
	}
	for n = 1; n < size; n++ {
		if n == len(raw) || raw[n] < low || raw[n] > high {
			return n, false
		}
		low, high = 0x80, 0xBF
	}
	return size, true
}
