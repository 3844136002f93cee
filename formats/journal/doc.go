// Package journal keeps the results of a long run in a file, so that a later run
// goes on where an earlier one ended.
//
// A journal is JSON Lines of {"crc32c":"…","record":…}. The first record says
// which run it is; the others are its results, in order. A checksum covers its
// record and all before it, so that a line that was changed, lost, doubled or
// moved is found; only a last line without its end, which a crash leaves, is
// dropped. One process at a time holds a journal.
//
// It imports formats and formats/output alone.
package journal
