// Package text is the one way in which commands read text: files of any size, in
// bounded memory, as pieces with the tokens of the whole, and JSON Lines line by
// line.
//
// Text is UTF-8. A byte order mark at its beginning is not part of it; bytes that
// are none, and UTF-16, are refused with their place. Line ends, NUL and all other
// characters stay as they are. Faults are *formats.ParseError with the offset or
// the line.
//
// It imports formats alone; whoever wants tokens brings a tokenizer.
package text
