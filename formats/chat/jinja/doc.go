// Package jinja evaluates chat templates as Python's jinja2 does in the
// environment of transformers: an immutable sandbox with trim_blocks,
// lstrip_blocks, loop controls and the generation tag, tojson as json.dumps,
// raise_exception and strftime_now.
//
// A template goes through three steps: lexer.go cuts it into tokens, parser.go
// and expressions.go build a tree, scope.go and bind.go decide which assignment
// each name sees. Rendering walks the tree (exec.go, eval.go). What jinja2 gives
// and this package does not is refused when the template is parsed, by name and
// line.
//
// A template is a program from a stranger. All it does is paid for before it is
// done (meter.go), in units of about a byte, so that neither time nor memory can
// grow beyond a bound; recursion has bounds of its own. What it makes of the
// messages is marked byte by byte (str.go), so that a reader of the prompt can
// tell what a user wrote from what the template wrote.
//
// The package imports formats alone.
package jinja
