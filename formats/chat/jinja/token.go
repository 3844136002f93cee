package jinja

// kind is what a token is. Names, strings and numbers carry a text or a value,
// operators are their own kind.
type kind uint8

const (
	eof kind = iota
	data
	variableBegin
	variableEnd
	blockBegin
	blockEnd
	name
	text
	number // integer or float
	operator
)

// token is a word of a template. text is the decoded text of data and strings,
// the name of a name, the sign of an operator.
type token struct {
	kind  kind
	text  string
	value Value // of a number
	line  int
}

func (t token) is(op string) bool   { return t.kind == operator && t.text == op }
func (t token) named(n string) bool { return t.kind == name && t.text == n }

// String is how an error names the token.
func (t token) String() string {
	switch t.kind {
	case eof:
		return "end of template"
	case data:
		return "text"
	case variableBegin:
		return "{{"
	case variableEnd:
		return "}}"
	case blockBegin:
		return "{%"
	case blockEnd:
		return "%}"
	case number:
		return plain(t.value)
	}
	return t.text
}
