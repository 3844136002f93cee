package tokenizer

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"unicode/utf8"

	"llada/formats"
)

// Parse reads a tokenizer.json. Every error is a *formats.ParseError.
func Parse(data []byte) (*Tokenizer, error) {
	t, err := parse(data)
	if err != nil {
		offset := int64(-1)
		if syntax := (*json.SyntaxError)(nil); errors.As(err, &syntax) {
			offset = syntax.Offset
		}
		return nil, &formats.ParseError{File: "tokenizer.json", Offset: offset, Err: err}
	}
	return t, nil
}

func parse(data []byte) (*Tokenizer, error) {
	if !utf8.Valid(data) {
		return nil, errors.New("not UTF-8")
	}
	// Checked here once, so that a syntax error carries its offset in the file.
	if err := json.Unmarshal(data, new(json.RawMessage)); err != nil {
		return nil, fmt.Errorf("not JSON: %w", err)
	}
	o := newObject("", data)
	o.only("version", `"1.0"`)
	// What the last batched call left there; it is no part of reading a text.
	o.take("truncation")
	o.take("padding")
	normalizer, preTokenizer := o.optional("normalizer"), o.optional("pre_tokenizer")
	postProcessor, decoder := o.optional("post_processor"), o.optional("decoder")
	added, model := o.optional("added_tokens"), o.optional("model")
	if err := o.done(); err != nil {
		return nil, err
	}

	t := &Tokenizer{}
	var err error
	if t.normalizer, err = parseNormalizer("normalizer", normalizer, maxDepth); err != nil {
		return nil, err
	}
	if t.pre, err = parsePreTokenizer(preTokenizer); err != nil {
		return nil, err
	}
	if err := checkPostProcessor("post_processor", postProcessor, maxDepth); err != nil {
		return nil, err
	}
	if err := checkDecoder(decoder); err != nil {
		return nil, err
	}
	if model == nil {
		return nil, errors.New("model: missing")
	}
	if t.bpe, err = parseModel(model); err != nil {
		return nil, err
	}
	if err := t.parseAdded(added); err != nil {
		return nil, err
	}
	t.build()
	return t, nil
}

// checkPostProcessor accepts the post-processors that leave a text without
// special tokens as it is.
func checkPostProcessor(path string, raw json.RawMessage, depth int) error {
	if raw == nil {
		return nil
	}
	if depth == 0 {
		return fmt.Errorf("%s: %w", path, errDepth)
	}
	o := newObject(path, raw)
	switch kind := o.tagged(); kind {
	case "ByteLevel":
		takeByteLevel(o)
	case "TemplateProcessing":
		checkTemplate(o)
	case "Sequence":
		for i, raw := range o.list("processors") {
			if err := checkPostProcessor(index(path+".processors", i), raw, depth-1); err != nil {
				return err
			}
		}
	default:
		return o.unknownType(kind, "ByteLevel, TemplateProcessing or Sequence")
	}
	return o.done()
}

// checkTemplate wants the text exactly once in the template for single texts;
// its special tokens are never added.
func checkTemplate(o *object) {
	texts := 0
	for i, raw := range o.list("single") {
		piece := newObject(index(o.path+".single", i), raw)
		if piece.take("SpecialToken") == nil {
			seq := newObject(piece.path+".Sequence", piece.take("Sequence"))
			if id := seq.str("id"); id != "A" {
				seq.fail(fmt.Errorf("%s.id: %s: want \"A\"", seq.path, quote(id)))
			}
			seq.take("type_id")
			piece.fail(seq.done())
			texts++
		}
		if err := piece.done(); err != nil {
			o.fail(err)
		}
	}
	if texts != 1 {
		o.fail(fmt.Errorf("%s.single: has the text %d times: want once", o.path, texts))
	}
	o.list("pair")
	if raw := o.take("special_tokens"); raw != nil {
		o.fail(newObject(o.path+".special_tokens", raw).err)
	}
}

// checkDecoder accepts null, ByteLevel, and a Sequence of one ByteLevel: a
// second pass would decode what is text already.
func checkDecoder(raw json.RawMessage) error {
	if raw == nil {
		return nil
	}
	o := newObject("decoder", raw)
	switch kind := o.tagged(); kind {
	case "ByteLevel":
		takeByteLevel(o)
	case "Sequence":
		list := o.list("decoders")
		if o.err == nil && len(list) != 1 {
			return fmt.Errorf("decoder.decoders: %d decoders: want one ByteLevel", len(list))
		}
		for _, raw := range list {
			inner := newObject("decoder.decoders[0]", raw)
			if kind := inner.tagged(); kind != "ByteLevel" {
				return inner.unknownType(kind, "ByteLevel")
			}
			takeByteLevel(inner)
			o.fail(inner.done())
		}
	default:
		return o.unknownType(kind, "ByteLevel")
	}
	return o.done()
}

// takeByteLevel reads the options that ByteLevel has in each of its roles.
func takeByteLevel(o *object) (addPrefixSpace, useRegex bool) {
	addPrefixSpace = o.bool("add_prefix_space")
	o.bool("trim_offsets") // offsets are not reported
	return addPrefixSpace, o.boolOr("use_regex", true)
}

func index(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }
