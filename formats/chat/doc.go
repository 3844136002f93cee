// Package chat turns a conversation into the prompt text that a model was
// trained on, by rendering the chat template that comes with its checkpoint.
//
// A template is a Jinja program from a stranger. It is evaluated by minijinja-go,
// which counts the steps of a program, limits recursion in parser and evaluator,
// reaches no files unless given a loader, and depends on nothing.
// gonja, the other engine for Go, renders the templates of LLaDA and Ling
// (LLaDA2.x) as well and knows Python's methods, but nothing in it can stop a
// loop, a repetition or a recursion, and it brings ten modules. What minijinja-go
// lacks is those methods (content.strip()) and a bound on memory. Both come from
// rewriting the template before it is parsed (rewrite.go): a method call becomes
// a filter, and every operand passes a filter that charges its size to a budget
// (meter.go).
//
// Semantics are those of Hugging Face's apply_chat_template: trim_blocks and
// lstrip_blocks, no escaping, undefined is empty, raise_exception, strftime_now,
// the generation tag as a no-op. Statements are an allowlist: include, import,
// extends, block, call, filter, do and autoescape are refused, and so are
// filters whose cost is not bounded by their input. Repeating a string or a list
// with * is refused too.
//
// Bounds: a template of 1 MiB, messages and output of 16 MiB each, two million
// steps, 128 MiB of bytes touched beyond 64 times the input. All are counted,
// none is a clock, so a conversation renders or fails the same everywhere.
//
// The package imports formats alone.
package chat
