// Package corpus is what score and compare are run over: documents with their
// masks, from a text, a prompt and its answer, or a mask set, read again as often
// as they are iterated, in memory that does not grow with their number.
//
// A Corpus is checked whole when it is opened, so that a mistake does not show
// after hours, and knows its identity: a digest by which a resumed run recognizes
// its input. Run goes over it and keeps records in a journal.
//
// It imports score and, below formats, what reads text.
package corpus
