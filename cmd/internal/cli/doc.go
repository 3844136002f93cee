// Package cli is what both commands share: exit codes, LLADA_* variables,
// progress on a terminal, sizes and cores.
//
// The rules: data goes to stdout, talk and progress to stderr. Progress is
// drawn only when stderr is a terminal, and not with --quiet. An error is one
// message on stderr, JSON with --json. Nothing half-written stays behind.
package cli
