// Package text reads text files of any size in bounded memory: as pieces of valid
// UTF-8, as windows of tokens, and line by line as JSON. Faults are
// *formats.ParseError with the offset or the line.
//
// It imports formats alone; whoever wants tokens brings a tokenizer.
package text
