package tokenizer

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"

	"llada/formats"
)

// Files are a tokenizer as a checkpoint has it: tokenizer.json and the files
// beside it that name tokens too, nil where one is missing.
type Files struct {
	Tokenizer        []byte // tokenizer.json
	Config           []byte // tokenizer_config.json
	SpecialTokensMap []byte // special_tokens_map.json
	AddedTokens      []byte // added_tokens.json
}

// Merged is a tokenizer from one file.
type Merged struct {
	*Tokenizer
	File  []byte   // the tokenizer.json that holds all of it
	EOS   string   // the end of the text, "" where no file names it
	Notes []string // what was passed over, for people
}

// Merge puts every token that the files name into one tokenizer.json, as
// transformers adds them when it loads a tokenizer
// (tokenization_utils_tokenizers.py, TokenizersBackend.__init__). A file to which
// nothing is added stays as it is. rows is the size of the model's vocabulary: a
// special token that nothing but its name knows and that would lie beyond is left
// out, as is one whose id tokenizer.json gives to another. Where the reference would give a token another id than its file says, no
// answer is right, and Merge fails. Errors are *formats.ParseError.
func (f Files) Merge(rows int) (*Merged, error) {
	t, err := Parse(f.Tokenizer)
	if err != nil {
		return nil, err
	}
	names, err := f.names(t.added)
	if err != nil {
		return nil, err
	}
	m := &Merged{Tokenizer: t, File: f.Tokenizer, EOS: names.eos}
	if names.split {
		m.note("%s: split_special_tokens is true, which is not followed: special tokens in a text are recognised", configFile)
	}
	added, changed, err := m.add(names.wanted(), rows)
	if err != nil || !changed {
		return m, err
	}
	if m.File, err = withAdded(f.Tokenizer, added); err != nil {
		return nil, err
	}
	m.Tokenizer, err = Parse(m.File)
	return m, err
}

// wanted is a token that a file beside tokenizer.json names.
type wanted struct {
	Added            // its ID is -1 where the file says none
	file, key string // where it is named; key ends in ": "
	bare      bool   // named without options
	// unsaid: Normalized is left to be the opposite of Special.
	unsaid bool
}

// add is the list of added tokens with what is wanted.
func (m *Merged) add(list []wanted, rows int) (added []Added, changed bool, err error) {
	added = m.Added()
	at := map[string]int{}       // index in added
	decided := map[string]bool{} // has its options, whatever a name says
	n := newNumbering(m.bpe)
	for i, a := range added {
		at[a.Content], decided[a.Content] = i, true
		n.note(a.Content, a.ID)
	}
	for _, w := range list {
		if w.Content == "" || w.ID < 0 && decided[w.Content] {
			continue
		}
		i, known := at[w.Content]
		id, spelled := m.bpe.vocab[w.Content]
		other, taken := m.pieces[w.ID]
		switch {
		case known:
			id = added[i].ID
		case spelled:
		case taken:
			m.note("%s has the id %d, which tokenizer.json gives to %s: that holds, and this stays text", w.where(), w.ID, quote(other.bytes))
			continue
		case w.ID < 0 && int(n.next) >= rows:
			m.note("%s is no token of the tokenizer, and the model has no row for one: it stays text", w.where())
			continue
		case w.ID >= 0 && w.ID != n.next:
			err := fmt.Errorf("%s%s has the id %d, but tokenizer.json lacks it and would give it %d: add it to the added_tokens there", w.key, quote(w.Content), w.ID, n.next)
			return nil, false, &formats.ParseError{File: w.file, Offset: -1, Err: err}
		default:
			id = n.next
		}
		if w.ID >= 0 && w.ID != id {
			m.note("%s has the id %d, in tokenizer.json %d, which holds", w.where(), w.ID, id)
		}
		decided[w.Content] = decided[w.Content] || w.ID >= 0
		w.ID = id
		if known {
			changed = changed || added[i] != w.Added
			added[i] = w.Added
			continue
		}
		n.note(w.Content, id)
		at[w.Content] = len(added)
		added, changed = append(added, w.Added), true
	}
	slices.SortFunc(added, func(a, b Added) int { return cmp.Compare(a.ID, b.ID) })
	return added, changed, nil
}

// withAdded replaces the added tokens of a file.
func withAdded(file []byte, added []Added) ([]byte, error) {
	type token struct {
		ID         int32  `json:"id"`
		Content    string `json:"content"`
		SingleWord bool   `json:"single_word"`
		LStrip     bool   `json:"lstrip"`
		RStrip     bool   `json:"rstrip"`
		Normalized bool   `json:"normalized"`
		Special    bool   `json:"special"`
	}
	list := make([]token, len(added))
	for i, a := range added {
		list[i] = token{a.ID, a.Content, a.SingleWord, a.LStrip, a.RStrip, a.Normalized, a.Special}
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	out.WriteString(`{"added_tokens":`)
	if err := e.Encode(list); err != nil {
		return nil, err
	}
	for name, value := range entries(file) {
		if name == "added_tokens" {
			continue
		}
		out.WriteByte(',')
		if err := e.Encode(name); err != nil {
			return nil, err
		}
		out.WriteByte(':')
		out.Write(value)
	}
	out.WriteString("}\n")
	return out.Bytes(), nil
}

// note tells people what was passed over.
func (m *Merged) note(format string, args ...any) {
	m.Notes = append(m.Notes, fmt.Sprintf(format, args...))
}

// where is the place of a token, for people.
func (w *wanted) where() string { return w.file + ": " + w.key + quote(w.Content) }
