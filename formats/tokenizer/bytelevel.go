package tokenizer

import "unicode/utf8"

// Byte-level BPE spells bytes as printable characters, so that a vocabulary is
// readable JSON: printable Latin-1 stands for itself, the other bytes get the
// characters from U+0100 on, in order (openai/gpt-2:src/encoder.py,
// bytes_to_unicode).

func printable(b int) bool {
	return '!' <= b && b <= '~' || 0xA1 <= b && b <= 0xAC || 0xAE <= b
}

// byteRunes maps a byte to the character that spells it.
var byteRunes = func() (runes [256]rune) {
	next := rune(256)
	for b := range runes {
		if printable(b) {
			runes[b] = rune(b)
		} else {
			runes[b] = next
			next++
		}
	}
	return runes
}()

// runeBytes inverts byteRunes; -1 marks characters that spell no byte.
var runeBytes = func() (bytes [256 + 68]int16) {
	for r := range bytes {
		bytes[r] = -1
	}
	for b, r := range byteRunes {
		bytes[r] = int16(b)
	}
	return bytes
}()

// spell appends the spelling of raw bytes.
func spell(dst, raw []byte) []byte {
	for _, b := range raw {
		dst = utf8.AppendRune(dst, byteRunes[b])
	}
	return dst
}

// unspell gives the bytes a token stands for. A token with any character
// outside the alphabet, as added tokens may be, stands for its own UTF-8.
func unspell(token string) string {
	raw := make([]byte, 0, len(token))
	for _, r := range token {
		if int(r) >= len(runeBytes) || runeBytes[r] < 0 {
			return token
		}
		raw = append(raw, byte(runeBytes[r]))
	}
	return string(raw)
}
