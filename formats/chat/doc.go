// Package chat turns a conversation into the prompt text that a model was
// trained on, by rendering the chat template that comes with its checkpoint.
//
// Semantics are those of Hugging Face's apply_chat_template: messages with role
// and content, tools and documents none, the special tokens by their names. The
// engine is package jinja below this one, with its bounds: no template can hang
// or exhaust memory, none reaches a file. Messages are bounded to 16 MiB.
//
// A prompt comes with the places in it that a user wrote, so that control tokens
// count only where the template wrote them.
//
// The package imports formats and jinja alone.
package chat
