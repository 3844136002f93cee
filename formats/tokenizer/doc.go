// Package tokenizer turns text into token ids and back, as a Hugging Face
// tokenizer.json of the byte-level BPE kind describes it. The file alone
// decides: there is no table of known models.
//
// # Invariants
//
//   - A component or option that this package does not implement is an error of
//     Parse that names the field and the value. Nothing that bears on ids is
//     skipped: a tokenizer that loads yields the ids that Hugging Face's own
//     implementation yields.
//   - A tokenizer of several files becomes one when a checkpoint is converted
//     (Files.Merge); nothing else reads the others.
//   - Encode adds no tokens of its own (add_special_tokens=false). Added tokens
//     that occur in the text are recognised; with EncodeInput, control tokens not
//     where a user typed them (control.go).
//   - A text of any size can be encoded in parts (cut.go, positions.go).
//   - Any input may come from strangers: no panic, memory proportional to the
//     input, and a time limit on patterns that backtrack.
//   - A Tokenizer is immutable after Parse and safe for concurrent use. A Stream
//     belongs to one goroutine.
//   - Text comes out as valid UTF-8. Bytes that are none become U+FFFD, one for
//     each maximal ill-formed part.
//
// # Stages
//
//	text → added tokens (added.go) → normalizer (normalize.go)
//	     → normalized added tokens → words (pretokenize.go, pattern.go)
//	     → ids (bpe.go)
//
// Letters and digits are those of the Unicode version of Go's tables (15.0 in
// Go 1.26): text in characters assigned since may split into other words than
// with an implementation of newer tables, and still decodes to itself. NFC is that
// of the reference, which is older (newer.go).
//
// A null decoder decodes as ByteLevel does. Ids without a token (embedding
// tables are often padded) decode to nothing.
//
// # Imports
//
// The package imports formats for its errors, and neither other packages below
// formats nor quant, runtime, calib or cmd.
package tokenizer
