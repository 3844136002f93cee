package chat

import "slices"

// writer rewrites one tag. Every operand, at its end, gets a filter that charges
// it: _value, or _each where a loop runs over it, or _number beside * and **.
// What is subscripted becomes (x|_at)[…], and x.strip(…) becomes
// (x|_method("strip", …)).
type writer struct {
	out   []byte
	stack []level
	each  bool // the outermost operands are looped over
	macro bool // the first brackets hold parameters

	opens, branches, ends bool // what the statement does to nesting
}

// level is what is known inside one pair of brackets.
type level struct {
	closing string // what ends the level in the output
	operand bool   // an operand was just written
	charge  bool   // it needs a charge
	product bool   // it stands to the right of * or **
	start   int    // where its chain of names and subscripts began, -1 after a filter
}

var operatorWords = []string{"and", "or", "not", "in", "is", "if", "else"}

func (w *writer) verbatim(tokens ...token) {
	for _, t := range tokens {
		w.out = append(append(w.out, t.space...), t.text...)
	}
}

func (w *writer) expression(tokens []token) error {
	w.stack = []level{{start: -1}}
	for i := 0; i < len(tokens); i++ {
		t, prev, next := tokens[i], "", ""
		if i > 0 {
			prev = tokens[i-1].text
		}
		if i+1 < len(tokens) {
			next = tokens[i+1].text
		}
		lv := &w.stack[len(w.stack)-1]
		switch {
		case t.kind == name && (prev == "." || prev == "|" && lv.operand):
			w.verbatim(t) // an attribute or a filter
		case t.kind == name && (prev == "is" || prev == "not" && i > 1 && tokens[i-2].text == "is") && t.text != "not":
			w.verbatim(t) // a test
			*lv = level{closing: lv.closing, operand: true, start: -1}
		case t.kind == name && slices.Contains(operatorWords, t.text):
			if t.text == "if" && len(w.stack) == 1 && w.each {
				w.end(lv, false)
				w.each = false
			}
			w.end(lv, false)
			w.verbatim(t)
		case t.kind == name && t.text == "recursive" && w.each && i == len(tokens)-1:
			w.end(lv, false)
			w.verbatim(t)
		case t.kind == name && (next == "=" || w.parameter(prev, next)):
			w.verbatim(t)
		case t.kind == name && (t.text == "self" || t.text == "super"):
			return fault(t.line, "%q is not supported in chat templates", t.text)
		case t.kind == name:
			w.begin(lv, t, true)
		case t.kind == number && prev == ".":
			w.verbatim(t)
		case t.kind == text && lv.operand && i > 0 && tokens[i-1].kind == text:
			w.verbatim(t) // adjacent literals are one
			lv.charge = true
		case t.kind == number || t.kind == text:
			w.begin(lv, t, len(t.text) > 64)
		default:
			if err := w.operator(lv, tokens, &i); err != nil {
				return err
			}
		}
	}
	if len(w.stack) > 1 {
		return fault(tokens[len(tokens)-1].line, "bracket is not closed")
	}
	w.end(&w.stack[0], false)
	return nil
}

// parameter reports whether a bare name between prev and next is one that a
// macro declares.
func (w *writer) parameter(prev, next string) bool {
	return w.macro && len(w.stack) == 2 && (prev == "(" || prev == ",") && (next == "," || next == ")")
}

// operator handles punctuation. It moves i past what a method call takes.
func (w *writer) operator(lv *level, tokens []token, i *int) error {
	t := tokens[*i]
	chained := lv.operand && lv.start >= 0
	switch t.text {
	case ".":
		call := *i+2 < len(tokens) && tokens[*i+2].text == "(" && methods[tokens[*i+1].text] != nil
		if !call || !chained {
			w.verbatim(t)
			return nil
		}
		w.wrap(lv, `|_method("`+tokens[*i+1].text+`"`)
		if *i+3 < len(tokens) && tokens[*i+3].text != ")" {
			w.out = append(w.out, ',')
		}
		lv.charge = true
		*i += 2
		w.stack = append(w.stack, level{closing: "))", start: -1})
	case "|":
		w.verbatim(t)
		lv.start, lv.charge = -1, true
	case "(":
		if !lv.operand {
			w.begin(lv, t, true)
		} else {
			w.verbatim(t)
			lv.charge = lv.charge || lv.start >= 0
		}
		w.stack = append(w.stack, level{closing: ")", start: -1})
	case "[":
		if chained {
			w.wrap(lv, "|_at)")
			w.verbatim(t)
			lv.charge = true
		} else {
			w.begin(lv, t, true)
		}
		w.stack = append(w.stack, level{closing: "]", start: -1})
	case "{":
		w.begin(lv, t, true)
		w.stack = append(w.stack, level{closing: "}", start: -1})
	case ")", "]", "}":
		if len(w.stack) == 1 || lv.closing[0] != t.text[0] {
			return fault(t.line, "unexpected %q", t.text)
		}
		w.end(lv, false)
		w.out = append(append(w.out, t.space...), lv.closing...)
		w.stack = w.stack[:len(w.stack)-1]
	default: // , : = and the binary and unary operators
		product := lv.operand && (t.text == "*" || t.text == "**")
		w.end(lv, product)
		w.verbatim(t)
		lv.product = product
	}
	return nil
}

// begin writes the first token of an operand.
func (w *writer) begin(lv *level, t token, charge bool) {
	w.end(lv, false)
	product := lv.product
	w.out = append(w.out, t.space...)
	*lv = level{closing: lv.closing, operand: true, charge: charge, product: product, start: len(w.out)}
	w.out = append(w.out, t.text...)
}

// wrap puts the chain that lv.start points to into parentheses: its text, then
// after, which closes them or leaves that to the end of a call.
func (w *writer) wrap(lv *level, after string) {
	w.out = slices.Insert(w.out, lv.start, '(')
	w.out = append(w.out, after...)
}

// end charges the operand just written, if any. product says that * follows.
func (w *writer) end(lv *level, product bool) {
	if !lv.operand {
		return
	}
	switch {
	case product || lv.product:
		w.out = append(w.out, "|_number"...)
	case len(w.stack) == 1 && w.each:
		w.out = append(w.out, "|_each"...)
	case lv.charge && !(len(w.stack) == 1 && w.macro): // a declaration is no operand
		w.out = append(w.out, "|_value"...)
	}
	*lv = level{closing: lv.closing, start: -1}
}
