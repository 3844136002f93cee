package tokenizer

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"llada/formats"
)

// The files beside tokenizer.json.
const (
	configFile = "tokenizer_config.json"
	mapFile    = "special_tokens_map.json"
	addedFile  = "added_tokens.json"
)

// roles are the special tokens that have a name of their own, in the order in
// which the reference adds them.
var roles = []string{"bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"}

// names are the tokens that files beside tokenizer.json name.
type names struct {
	decoder []wanted // with ids, ascending
	named   []wanted // bos_token and its like, which are special whatever else is said
	further []wanted // of lists of special tokens
	eos     string
	split   bool // special tokens in a text are to be taken for text
}

// wanted lists all of them as the reference adds them.
func (n *names) wanted() []wanted {
	special := contents(n.named)
	list := slices.Concat(n.decoder, n.named, n.further)
	for i := range list {
		w := &list[i]
		w.Special = w.Special || special[w.Content]
		if w.unsaid {
			w.Normalized = !w.Special
		}
	}
	return list
}

func contents(list []wanted) map[string]bool {
	set := map[string]bool{}
	for _, w := range list {
		set[w.Content] = true
	}
	return set
}

// names reads the files. What tokenizer_config.json says of ids makes it the only
// one; without that, the older files count too, and the added tokens of
// tokenizer.json are wanted as they are.
func (f Files) names(added []Added) (*names, error) {
	n := &names{}
	config, err := wholeObject(configFile, f.Config)
	if err != nil {
		return nil, err
	}
	origin := map[string]string{} // file of a key, where it is not configFile
	decoder, decided := config["added_tokens_decoder"]
	if !decided {
		older, err := wholeObject(mapFile, f.SpecialTokensMap)
		if err != nil {
			return nil, err
		}
		for key, value := range older {
			config[key], origin[key] = value, mapFile
		}
	}
	n.split = string(config["split_special_tokens"]) == "true"
	if err := n.readSpecial(config, origin); err != nil {
		return nil, err
	}
	if decided {
		err = n.readDecoder(decoder)
	} else {
		err = n.readAddedTokens(f.AddedTokens, added)
	}
	slices.SortStableFunc(n.decoder, func(a, b wanted) int { return cmp.Compare(a.ID, b.ID) })
	return n, err
}

// wholeObject reads the object that a whole file is; of two equal keys the last
// counts, as with Python's json.
func wholeObject(file string, data []byte) (map[string]json.RawMessage, error) {
	keys := map[string]json.RawMessage{}
	if data == nil {
		return keys, nil
	}
	if err := json.Unmarshal(data, &keys); err != nil || keys == nil {
		return nil, &formats.ParseError{File: file, Offset: -1, Err: fmt.Errorf("want a JSON object: %v", err)}
	}
	return keys, nil
}

// readDecoder reads added_tokens_decoder, an object from ids to tokens.
func (n *names) readDecoder(raw json.RawMessage) error {
	const key = "added_tokens_decoder"
	fail := func(err error) error { return &formats.ParseError{File: configFile, Offset: -1, Err: err} }
	if !isObject(raw) {
		return fail(refused(key, raw, "want an object from ids to tokens"))
	}
	for name, value := range entries(raw) {
		id, err := parseID(name)
		if err != nil {
			return fail(fmt.Errorf("%s: %w", key, err))
		}
		w, err := takeWanted(configFile, key+"["+name+"]", value)
		if err != nil {
			return err
		}
		if w.bare {
			return fail(refused(key+"["+name+"]", value, "want an object"))
		}
		w.ID = id
		n.decoder = append(n.decoder, w)
	}
	return nil
}

// readAddedTokens reads an object from tokens to ids, over which those of
// tokenizer.json win.
func (n *names) readAddedTokens(data []byte, added []Added) error {
	tokens, err := wholeObject(addedFile, data)
	if err != nil {
		return err
	}
	special := contents(slices.Concat(n.named, n.further))
	taken := map[int32]bool{}
	for _, a := range added {
		taken[a.ID] = true
		n.decoder = append(n.decoder, wanted{Added: a})
	}
	for _, content := range slices.Sorted(maps.Keys(tokens)) {
		value := tokens[content]
		id, err := parseID(string(value))
		if err != nil {
			return &formats.ParseError{File: addedFile, Offset: -1, Err: fmt.Errorf("%s: %w", quote(content), err)}
		}
		if taken[id] {
			continue
		}
		taken[id] = true
		a := Added{ID: id, Content: content, Special: special[content], Normalized: !special[content]}
		n.decoder = append(n.decoder, wanted{Added: a, file: addedFile})
	}
	return nil
}

// readSpecial reads bos_token and its like, other keys of that form, and the lists
// of further special tokens.
func (n *names) readSpecial(config map[string]json.RawMessage, origin map[string]string) error {
	take := func(list *[]wanted, key, path string, raw json.RawMessage) error {
		if string(raw) == "null" {
			return nil
		}
		w, err := takeWanted(cmp.Or(origin[key], configFile), path, raw)
		w.Special = w.Special || w.bare
		*list = append(*list, w)
		return err
	}
	for _, key := range roles {
		if raw, ok := config[key]; ok {
			if err := take(&n.named, key, key, raw); err != nil {
				return err
			}
			if string(raw) != "null" && key == "eos_token" {
				n.eos = n.named[len(n.named)-1].Content
			}
		}
	}
	for _, key := range slices.Sorted(maps.Keys(config)) {
		if strings.HasSuffix(key, "_token") && !slices.Contains(roles, key) && isToken(config[key]) {
			if err := take(&n.named, key, key, config[key]); err != nil {
				return err
			}
		}
	}
	for _, key := range []string{"extra_special_tokens", "additional_special_tokens"} {
		raw := config[key]
		if len(n.further) > 0 { // the newer name counts
			break
		}
		for name, value := range entries(raw) {
			if err := take(&n.named, key, key+"."+name, value); err != nil {
				return err
			}
		}
		if isList(raw) {
			i := 0
			for value := range values(raw) {
				if err := take(&n.further, key, index(key, i), value); err != nil {
					return err
				}
				i++
			}
		}
	}
	return nil
}

// isToken tells a token from other values of keys that end in _token.
func isToken(raw json.RawMessage) bool {
	if firstByte(raw) == '"' {
		return true
	}
	for name := range entries(raw) {
		if name == "__type" {
			return true
		}
	}
	return false
}

// takeWanted reads a token given as "text" or as an object with options, which
// default as AddedToken's do.
func takeWanted(file, path string, raw json.RawMessage) (wanted, error) {
	w := wanted{Added: Added{ID: -1}, file: file, key: path + ": "}
	if firstByte(raw) == '"' {
		w.Content, w.bare, w.unsaid = unquote(raw), true, true
		return w, nil
	}
	o := newObject(path, raw)
	w.Content = o.str("content")
	w.Special = o.boolOr("special", file == mapFile)
	w.SingleWord = o.boolOr("single_word", false)
	w.LStrip = o.boolOr("lstrip", false)
	w.RStrip = o.boolOr("rstrip", false)
	_, said := o.fields["normalized"]
	w.Normalized, w.unsaid = o.boolOr("normalized", false), !said
	o.take("__type")
	if err := o.done(); err != nil {
		return w, &formats.ParseError{File: file, Offset: -1, Err: err}
	}
	return w, nil
}
