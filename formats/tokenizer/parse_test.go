package tokenizer

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"llada/formats"
)

// small is a tokenizer.json of four tokens, one field replaced.
func small(field, value string) string {
	fields := []struct{ name, value string }{
		{"version", `"1.0"`},
		{"truncation", `null`},
		{"padding", `null`},
		{"added_tokens", `[]`},
		{"normalizer", `null`},
		{"pre_tokenizer", byteLevel},
		{"post_processor", `null`},
		{"decoder", byteLevel},
		{"model", `{"type":"BPE","vocab":{"a":0,"b":1,"ab":2,"Ġ":3},"merges":["a b"]}`},
	}
	var parts []string
	found := false
	for _, f := range fields {
		if f.name == field {
			f.value, found = value, true
		}
		if f.value != "" {
			parts = append(parts, fmt.Sprintf("%q:%s", f.name, f.value))
		}
	}
	if !found {
		parts = append(parts, fmt.Sprintf("%q:%s", field, value))
	}
	return "{" + strings.Join(parts, ",") + "}"
}

const byteLevel = `{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":false}`

func model(field, value string) string {
	m := map[string]json.RawMessage{
		"type": []byte(`"BPE"`), "vocab": []byte(`{"a":0,"b":1,"ab":2,"Ġ":3}`), "merges": []byte(`["a b"]`),
	}
	m[field] = json.RawMessage(value)
	data, err := json.Marshal(m)
	if err != nil {
		panic(err)
	}
	return small("model", string(data))
}

func regex(pattern string) string {
	quoted, _ := json.Marshal(pattern)
	return split(`{"Regex":` + string(quoted) + `}`)
}

func split(pattern string) string {
	return small("pre_tokenizer", `{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":`+pattern+
		`,"behavior":"Isolated","invert":false},`+byteLevel+`]}`)
}

func added(fields string) string {
	return small("added_tokens", `[{`+fields+`"single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true}]`)
}

const addedX = `{"id":4,"content":"x","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true}`

// Where every byte is a token there is no unknown one, whatever it is called.
func TestUnknownNever(t *testing.T) {
	vocab := map[string]int32{}
	for i, r := range byteRunes {
		vocab[string(r)] = int32(i)
	}
	for _, field := range []string{`"unk_token":"<unk>"`, `"fuse_unk":true`, `"byte_fallback":true`} {
		whole, err := json.Marshal(vocab)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Parse([]byte(small("model", `{"vocab":`+string(whole)+`,"merges":[],`+field+`}`))); err != nil {
			t.Errorf("%s: %v", field, err)
		}
	}
}

func TestRefused(t *testing.T) {
	deep := strings.Repeat(`{"type":"Sequence","normalizers":[`, 9) + `{"type":"NFC"}` + strings.Repeat(`]}`, 9)
	for _, c := range []struct{ name, file, want string }{
		{"no JSON", `{"version":`, `offset 11: not JSON: unexpected end of JSON input`},
		{"no UTF-8", "{\"version\":\"\xff\"}", `not UTF-8`},
		{"no object", `[1]`, `the whole: [1]: want an object`},
		{"unknown field", small("extra", `1`), `extra: 1: unknown option`},
		{"other case", small("Version", `"1.0"`), `Version: "1.0": unknown option`},
		{"field twice", `{"version":"1.0","version":"1.0"}`, `version: given twice`},
		{"version", small("version", `"2.0"`), `version: "2.0": not supported`},

		{"normalizer", small("normalizer", `{"type":"Lowercase"}`), `normalizer.type: "Lowercase" is not supported, want NFC or Sequence`},
		{"NFKC in sequence", small("normalizer", `{"type":"Sequence","normalizers":[{"type":"NFKC"}]}`), `normalizer.normalizers[0].type: "NFKC" is not supported, want NFC or Sequence`},
		{"NFC option", small("normalizer", `{"type":"NFC","x":1}`), `normalizer.x: 1: unknown option`},
		{"normalizer without type", small("normalizer", `{}`), `normalizer.type: missing`},
		{"depth", small("normalizer", deep), `sequences nested too deeply`},

		{"no pre-tokenizer", small("pre_tokenizer", `null`), `pre_tokenizer: want ByteLevel as the last step, once: only byte-level BPE is supported`},
		{"Metaspace", small("pre_tokenizer", `{"type":"Metaspace"}`), `pre_tokenizer.type: "Metaspace" is not supported, want Split, ByteLevel or Sequence`},
		{"ByteLevel option", small("pre_tokenizer", `{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"fast":true}`), `pre_tokenizer.fast: true: unknown option`},
		{"ByteLevel lacks", small("pre_tokenizer", `{"type":"ByteLevel","trim_offsets":true}`), `pre_tokenizer.add_prefix_space: missing`},
		{"ByteLevel first", small("pre_tokenizer", `{"type":"Sequence","pretokenizers":[`+byteLevel+`,`+byteLevel+`]}`), `pre_tokenizer: want ByteLevel as the last step, once: only byte-level BPE is supported`},
		{"behavior", small("pre_tokenizer", `{"type":"Split","pattern":{"String":"x"},"behavior":"Glued","invert":false}`), `pre_tokenizer.behavior: "Glued" is not supported`},
		{"pattern kind", split(`{"Glob":"*"}`), `pre_tokenizer.pretokenizers[0].pattern.Regex: missing`},
		{"two patterns", split(`{"Regex":"a","String":"b"}`), `pre_tokenizer.pretokenizers[0].pattern.Regex: "a": unknown option`},
		{"bad regex", regex(`a(`), `pre_tokenizer.pretokenizers[0].pattern: a(: error parsing regexp: missing closing ) in ` + "`a(`"},
		{"long regex", regex(strings.Repeat("a", 9000)), `9000 bytes: want at most 8192`},
		{"interval and plus", regex(`\p{N}{1,3}+`), `pattern.Regex: \p{N}{1,3}+: + after {1,3} is not supported`},
		{"lazy count", regex(`a{3}?`), `? after {3} is not supported`},
		{"count", regex(`a{1001}`), `write { outside classes as \{, repetitions as {n}, {n,} or {n,m} of at most 1000`},
		{"word", regex(`\w+`), `\w is not supported: the engines differ in what a word is`},
		{"intersection", regex(`[\p{L}&&a]`), `class intersections are not supported`},
		{"nested class", regex(`[a[bc]]`), `nested classes are not supported`},
		{"bracket first", regex(`[]a]`), `write ] in a class as \]`},
		{"flags", regex(`(?m:a)`), `group (?m:a) is not supported`},
		{"flag within", regex(`a(?i)b`), `group (?i)b is not supported`},
		{"named group", regex(`(?<n>a)`), `group (?<n>a is not supported`},
		{"property", regex(`\p{Alpha}`), `\p{Alpha is not supported: want a general category or a script`},
		{"back-reference", regex(`(a)\1`), `\1 is not supported`},
		{"byte", regex(`\xC3`), `\x is supported as \x{…} only`},
		{"backslash", regex(`a\`), `ends in a backslash`},

		{"post-processor", small("post_processor", `{"type":"BertProcessing","sep":["x",1],"cls":["y",2]}`), `post_processor.type: "BertProcessing" is not supported, want ByteLevel, TemplateProcessing or Sequence`},
		{"template", small("post_processor", `{"type":"TemplateProcessing","single":[{"Sequence":{"id":"A","type_id":0}},{"Sequence":{"id":"A","type_id":0}}],"pair":[],"special_tokens":{}}`), `post_processor.single: has the text 2 times: want once`},
		{"decoder", small("decoder", `{"type":"WordPiece"}`), `decoder.type: "WordPiece" is not supported, want ByteLevel`},
		{"decoder sequence", small("decoder", `{"type":"Sequence","decoders":[`+byteLevel+`,`+byteLevel+`]}`), `decoder.decoders: 2 decoders: want one ByteLevel`},
		{"decoder in sequence", small("decoder", `{"type":"Sequence","decoders":[{"type":"Fuse"}]}`), `decoder.decoders[0].type: "Fuse" is not supported, want ByteLevel`},

		{"no model", small("model", ``), `model: missing`},
		{"Unigram", small("model", `{"type":"Unigram","vocab":[]}`), `model.type: "Unigram" is not supported, want BPE`},
		{"dropout", model("dropout", `0.1`), `model.dropout: 0.1: not supported`},
		{"unk_token", model("unk_token", `"<unk>"`), `model.unk_token: "\u003cunk\u003e": not supported`},
		{"prefix", model("continuing_subword_prefix", `"##"`), `model.continuing_subword_prefix: "##": not supported`},
		{"suffix", model("end_of_word_suffix", `"w"`), `model.end_of_word_suffix: "w": not supported`},
		{"fuse_unk", model("fuse_unk", `true`), `model.fuse_unk: true: not supported`},
		{"byte_fallback", model("byte_fallback", `true`), `model.byte_fallback: true: not supported`},
		{"ignore_merges", model("ignore_merges", `3`), `model.ignore_merges: 3: want true or false`},
		{"model option", model("cache", `3`), `model.cache: 3: unknown option`},
		{"vocab list", model("vocab", `["a"]`), `model.vocab: ["a"]: want an object`},
		{"id twice", model("vocab", `{"a":0,"b":0}`), `model.vocab["b"]: 0: id of "a" too`},
		{"token twice", model("vocab", `{"a":0,"a":1}`), `model.vocab["a"]: given twice`},
		{"negative id", model("vocab", `{"a":-1}`), `model.vocab["a"]: -1: want an id from 0 to 16777215`},
		{"large id", model("vocab", `{"a":16777216}`), `model.vocab["a"]: 16777216: want an id from 0 to 16777215`},
		{"fraction", model("vocab", `{"a":1.5}`), `model.vocab["a"]: 1.5: want an id from 0 to 16777215`},
		{"id a string", model("vocab", `{"a":"1"}`), `model.vocab["a"]: "1": want an id from 0 to 16777215`},
		{"merges", model("merges", `[1]`), `model.merges[0]: 1: want two tokens, as a list or with one space between`},
		{"no merges", model("merges", `null`), `model.merges: missing`},
		{"merges an object", model("merges", `{}`), `model.merges: {}: want a list`},
		{"merge of numbers", model("merges", `[["a",1]]`), `model.merges[0]: ["a",1]: want two tokens, as a list or with one space between`},
		{"merge of three", model("merges", `["a b a"]`), `model.merges[0]: "a b a": want two tokens, as a list or with one space between`},
		{"merge of one", model("merges", `[["a"]]`), `model.merges[0]: ["a"]: want two tokens, as a list or with one space between`},
		{"merge unknown", model("merges", `["a c"]`), `model.merges[0]: "c": not in the vocabulary`},
		{"merge to unknown", model("merges", `["a b","b a"]`), `model.merges[1]: "ba": not in the vocabulary`},

		{"added list", small("added_tokens", `{}`), `added_tokens: {}: want a list`},
		{"added id", added(`"id":-4,"content":"x",`), `added_tokens[0].id: -4: want an id from 0 to 16777215`},
		{"added id missing", added(`"content":"x",`), `added_tokens[0].id: missing`},
		{"added option", added(`"id":4,"content":"x","color":1,`), `added_tokens[0].color: 1: unknown option`},
		{"added gap", added(`"id":5,"content":"x",`), `added_tokens[0].id: 5: tokens that the vocabulary lacks are numbered in the order of the list, behind it and without gaps, which gives "x" the id 4`},
		{"added long", added(`"id":4,"content":"` + strings.Repeat("x", 5000) + `",`), `added_tokens[0].content: 5000 bytes: want at most 4096`},
		{"added over vocab", added(`"id":1,"content":"x",`), `added_tokens[0].id: 1: the vocabulary gives it to "b"`},
		{"added in vocab", added(`"id":5,"content":"ab",`), `added_tokens[0].id: 5: the vocabulary gives "ab" the id 2`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Parse([]byte(c.file))
			var parseError *formats.ParseError
			if !errors.As(err, &parseError) || parseError.File != "tokenizer.json" {
				t.Fatalf("got %v, want a ParseError", err)
			}
			if !strings.HasSuffix(err.Error(), c.want) {
				t.Errorf("\n got %v\nwant … %s", err, c.want)
			}
		})
	}
}

func TestRefusedTwice(t *testing.T) {
	token := func(id int, content string, normalized bool) string {
		return fmt.Sprintf(`{"id":%d,"content":%q,"single_word":false,"lstrip":false,"rstrip":false,"normalized":%t,"special":false}`, id, content, normalized)
	}
	for _, c := range []struct{ one, two, want string }{
		{token(4, "x", false), token(4, "y", false), `added_tokens[1].id: 4: tokens that the vocabulary lacks are numbered in the order of the list, behind it and without gaps, which gives "y" the id 5`},
		{token(4, "x", false), token(5, "x", true), `added_tokens[1].content: "x": added twice`},
		{token(4, "é", true), token(5, "e\u0301", true), `added token "` + "e\u0301" + `" equals another once normalized`},
	} {
		file := strings.Replace(small("added_tokens", "["+c.one+","+c.two+"]"), `"normalizer":null`, `"normalizer":{"type":"NFC"}`, 1)
		if _, err := Parse([]byte(file)); err == nil || !strings.HasSuffix(err.Error(), c.want) {
			t.Errorf("\n got %v\nwant … %s", err, c.want)
		}
	}
}

func TestAccepted(t *testing.T) {
	for name, file := range map[string]string{
		"plain":            small("version", `"1.0"`),
		"no version":       small("version", ``),
		"null decoder":     small("decoder", `null`),
		"decoder sequence": small("decoder", `{"type":"Sequence","decoders":[`+byteLevel+`]}`),
		"model sans type":  small("model", `{"vocab":{"a":0,"b":1,"ab":2},"merges":[["a","b"]],"dropout":null,"unk_token":null}`),
		"model of nulls":   model("ignore_merges", `null`),
		"truncation":       small("truncation", `{"direction":"Right","max_length":1,"strategy":"LongestFirst","stride":0}`),
		"padding":          small("padding", `{"strategy":{"Fixed":8},"pad_id":3,"pad_token":"x"}`),
		"added twice":      small("added_tokens", `[`+addedX+`,`+addedX+`]`),
		"added empty":      added(`"id":9,"content":"",`),
		"added in vocab":   added(`"id":2,"content":"ab",`),
		"empty prefixes":   model("continuing_subword_prefix", `""`),
		"dropout 0":        model("dropout", `0.0`),
		"merges.txt line":  model("merges", `["#version: 0.2","a b"]`),
		"possessive":       regex(`(?i:[sdmt]|ll)|[^\r\n\p{L}]?+\p{L}++|\s+(?!\S)|(?<=a)b|a{2,3}?`),
		"class braces":     regex(`[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_{|}~]+|[一-龥]`),
		"ignore case":      regex(`(?i)'s|\x{41}B`),
	} {
		t.Run(name, func(t *testing.T) {
			tok, err := Parse([]byte(file))
			if err != nil {
				t.Fatal(err)
			}
			ids, err := tok.Encode("abc")
			if err != nil || len(ids) == 0 || tok.Decode(ids, false) != "ab" {
				t.Errorf("Encode: %v, %v; Decode: %q", ids, err, tok.Decode(ids, false))
			}
		})
	}
}
