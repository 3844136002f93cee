package jinja

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"os"
	"strings"
	"testing"
	"time"
)

// clock is what strftime_now sees in tests.
var clock = time.Date(2026, 3, 5, 7, 8, 9, 12345000, time.UTC)

// TestCases renders the cases of a file named by LLADA_JINJA_CASES, for
// comparison with jinja2 (.ci/jinja). A line is
//
//	{"source": "…", "vars": {…}}
//	{"source": "…", "messages": […], "add_generation_prompt": true, "tokens": {…}}
//
// and gets a line {"text": "…"}, {"error": "…"} or, where the template is refused
// before it is rendered, {"refused": "…"} in FILE.out.
func TestCases(t *testing.T) {
	file := os.Getenv("LLADA_JINJA_CASES")
	if file == "" {
		t.Skip("LLADA_JINJA_CASES names no file of cases")
	}
	in, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := os.Create(file + ".out")
	if err != nil {
		t.Fatal(err)
	}
	w := bufio.NewWriter(out)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	lines := bufio.NewReader(in)
	parse := parseOnce()
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			if err := enc.Encode(answer(line, parse)); err != nil {
				t.Fatal(err)
			}
		}
		if err != nil {
			break
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
}

// parseOnce is Parse, which keeps the last template: cases of one come together.
func parseOnce() func(string) (*Template, error) {
	var last string
	var t *Template
	return func(source string) (_ *Template, err error) {
		if t == nil || source != last {
			last = source
			t, err = Parse(source)
		}
		return t, err
	}
}

// answer renders one case.
func answer(line []byte, parse func(string) (*Template, error)) map[string]any {
	var c struct {
		Source   string          `json:"source"`
		Vars     json.RawMessage `json:"vars"`
		Messages json.RawMessage `json:"messages"`
		Ask      bool            `json:"add_generation_prompt"`
		Tokens   json.RawMessage `json:"tokens"`
	}
	if err := json.Unmarshal(line, &c); err != nil {
		return map[string]any{"error": err.Error()}
	}
	tm, err := parse(c.Source)
	if err != nil {
		return map[string]any{"refused": err.Error()}
	}
	vars := map[string]Value{}
	add := func(document json.RawMessage) {
		if len(document) == 0 {
			return
		}
		v, derr := decode(string(document), String)
		if derr != nil {
			err = derr
			return
		}
		d := v.(*Dict)
		for i, k := range d.keys {
			vars[k.(str).s] = d.values[i]
		}
	}
	if c.Messages != nil {
		if vars["messages"], err = decode(string(c.Messages), Input); err != nil {
			return map[string]any{"error": err.Error()}
		}
		vars["tools"], vars["documents"], vars["add_generation_prompt"] = None, None, c.Ask
	}
	add(c.Tokens)
	add(c.Vars)
	if err != nil {
		return map[string]any{"error": err.Error()}
	}
	text, input, err := tm.Render(vars, len(line), clock)
	if err != nil {
		return map[string]any{"error": err.Error()}
	}
	at := 0
	for _, sp := range input {
		if sp.Lo < at || sp.Hi <= sp.Lo || sp.Hi > len(text) {
			return map[string]any{"error": fmt.Sprintf("spans out of order: %v", input)}
		}
		at = sp.Hi + 1
	}
	return map[string]any{"text": text}
}

// decode reads one JSON document as a value, whose mappings keep the order of
// their keys.
func decode(document string, mark func(string) Value) (Value, error) {
	d := json.NewDecoder(strings.NewReader(document))
	d.UseNumber()
	v, err := decodeValue(d, mark, 0)
	if err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, fmt.Errorf("more than one JSON document")
	}
	return v, nil
}

func decodeValue(d *json.Decoder, mark func(string) Value, depth int) (Value, error) {
	t, err := d.Token()
	if err != nil {
		return nil, err
	}
	if depth > maxValue {
		return nil, fmt.Errorf("values nested more than %d deep", maxValue)
	}
	switch t := t.(type) {
	case bool:
		return t, nil
	case nil:
		return None, nil
	case string:
		return mark(t), nil
	case json.Number:
		s := t.String()
		if i, ok := new(big.Int).SetString(s, 10); ok && len(s) < maxDigits {
			return integer(i), nil
		}
		f, err := t.Float64()
		return f, err
	case json.Delim:
		if t == '[' {
			l := &list{}
			for d.More() {
				v, err := decodeValue(d, mark, depth+1)
				if err != nil {
					return nil, err
				}
				l.items = append(l.items, v)
			}
			_, err := d.Token()
			return l, err
		}
		m := &Dict{}
		for d.More() {
			k, err := d.Token()
			if err != nil {
				return nil, err
			}
			v, err := decodeValue(d, mark, depth+1)
			if err != nil {
				return nil, err
			}
			m.Set(k.(string), v)
		}
		_, err := d.Token()
		return m, err
	}
	return nil, fmt.Errorf("unexpected %v", t)
}
