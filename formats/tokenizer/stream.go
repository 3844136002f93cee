package tokenizer

// Stream decodes ids one at a time. Its pieces concatenate to what Decode gives
// for all of them, and each is valid UTF-8: a character that spans tokens comes
// out with the token that completes it.
type Stream struct {
	t           *Tokenizer
	skipSpecial bool
	pending     []byte // beginning of a character, at most 3 bytes
}

// NewStream begins a stream.
func (t *Tokenizer) NewStream(skipSpecial bool) *Stream {
	return &Stream{t: t, skipSpecial: skipSpecial}
}

// Write takes the next id and returns the text that is now certain.
func (s *Stream) Write(id int32) string {
	s.pending = append(s.pending, s.t.bytes(id, s.skipSpecial)...)
	out, rest := appendValid(nil, s.pending, false)
	s.pending = append(s.pending[:0], rest...)
	return string(out)
}

// Flush ends the text: an unfinished character comes out as U+FFFD. The stream
// can be used for another text afterwards.
func (s *Stream) Flush() string {
	out, _ := appendValid(nil, s.pending, true)
	s.pending = s.pending[:0]
	return string(out)
}
