package jinja

import (
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

func absolute(a *args) Value {
	x := a.v[0]
	switch {
	case !isNumber(x):
		a.r.fail("abs wants a number, not %s", a.r.describe(x))
	case a.r.order(x, 0) < 0:
		return a.r.arithmetic("-", 0, x)
	}
	if f, ok := x.(float64); ok {
		return math.Abs(f)
	}
	return a.r.arithmetic("+", 0, x)
}

// toInt is int: what is no number is the default.
func toInt(a *args) Value {
	otherwise := a.value(1, 0)
	switch x := a.v[0].(type) {
	case *undefined:
		a.r.fail("%s", x.why)
	case bool, int, *big.Int:
		return a.r.arithmetic("+", 0, x)
	case float64:
		return a.r.truncated(x, otherwise)
	case str:
		if i := a.r.parseInt(x.s, a.int(2, 10)); i != nil {
			return i
		}
		if f, ok := a.r.parseFloat(x.s); ok {
			if math.IsInf(f, 0) || math.IsNaN(f) {
				return otherwise
			}
			return a.r.truncated(f, otherwise)
		}
	}
	return otherwise
}

func (r *rendering) truncated(f float64, nan Value) Value {
	if math.IsNaN(f) {
		return nan
	}
	if math.IsInf(f, 0) {
		r.fail("an infinite number is no integer")
	}
	i, _ := big.NewFloat(f).Int(nil)
	return integer(i)
}

// numeral is s without white space around it, its decimal digits as ASCII.
func (r *rendering) numeral(s string) string {
	r.pay(8*costStep + 4*len(s))
	return strings.Map(func(c rune) rune {
		if c < utf8.RuneSelf {
			return c
		}
		for _, t := range unicode.Nd.R16 {
			if c >= rune(t.Lo) && c <= rune(t.Hi) {
				return '0' + (c-rune(t.Lo))%10
			}
		}
		for _, t := range unicode.Nd.R32 {
			if c >= rune(t.Lo) && c <= rune(t.Hi) {
				return '0' + (c-rune(t.Lo))%10
			}
		}
		return c
	}, strings.TrimFunc(s, isSpace))
}

// parseInt is Python's int(s, base), nil for what it refuses.
func (r *rendering) parseInt(s string, base int) Value {
	s = r.numeral(s)
	digits := strings.TrimLeft(s, "+-")
	if len(s)-len(digits) > 1 || base != 0 && (base < 2 || base > 36) {
		return nil
	}
	if len(digits) > maxDigits {
		return nil
	}
	lower := strings.ToLower(digits)
	prefix := map[int]string{2: "0b", 8: "0o", 16: "0x"}[base]
	switch {
	case prefix != "" && strings.HasPrefix(lower, prefix):
		digits = strings.TrimPrefix(digits[2:], "_")
	case base == 0 && len(lower) > 1 && lower[0] == '0' && strings.Trim(lower, "0_") != "" && strings.IndexByte("xob", lower[1]) < 0:
		return nil
	}
	if base != 0 {
		if digits == "" || strings.HasPrefix(digits, "_") || strings.HasSuffix(digits, "_") || strings.Contains(digits, "__") {
			return nil
		}
		digits = strings.ReplaceAll(digits, "_", "")
	}
	r.pay(len(digits) * len(digits) / 64)
	i, ok := new(big.Int).SetString(digits, base)
	if !ok || strings.ContainsAny(digits, "+-") {
		return nil
	}
	if strings.HasPrefix(s, "-") {
		i.Neg(i)
	}
	return integer(i)
}

// parseFloat is Python's float(s).
func (r *rendering) parseFloat(s string) (float64, bool) {
	s = r.numeral(s)
	lower := strings.ToLower(strings.TrimLeft(s, "+-"))
	if strings.HasPrefix(lower, "0x") || strings.Contains(s, "__") || strings.HasPrefix(s, "_") || strings.HasSuffix(s, "_") {
		return 0, false
	}
	for i := range len(s) { // underscores stand between digits
		if s[i] == '_' && (i == 0 || i+1 == len(s) || !isDigit(s[i-1]) || !isDigit(s[i+1])) {
			return 0, false
		}
	}
	f, err := strconv.ParseFloat(strings.ReplaceAll(s, "_", ""), 64)
	if err != nil && !math.IsInf(f, 0) {
		return 0, false
	}
	return f, true
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func toFloat(a *args) Value {
	switch x := a.v[0].(type) {
	case *undefined:
		a.r.fail("%s", x.why)
	case bool, int, *big.Int, float64:
		return a.r.float(x)
	case str:
		if f, ok := a.r.parseFloat(x.s); ok {
			return f
		}
	}
	return a.value(1, 0.0)
}

func round(a *args) Value {
	x, places := a.v[0], a.int(1, 0)
	method := "common"
	if a.given(2) {
		method = a.str(2).s
	}
	if !isNumber(x) {
		a.r.fail("round wants a number, not %s", a.r.describe(x))
	}
	f, isFloat := x.(float64)
	switch method {
	case "common":
		switch {
		case !isFloat && places >= 0:
			return a.r.arithmetic("+", 0, x)
		case !isFloat:
			return a.r.roundInt(x, -places)
		}
		return a.r.roundFloat(f, places)
	case "ceil", "floor":
		scale := a.r.arithmetic("**", 10, places)
		f = a.r.float(a.r.arithmetic("*", x, scale))
		if method == "ceil" {
			f = math.Ceil(f)
		} else {
			f = math.Floor(f)
		}
		return a.r.arithmetic("/", a.r.truncated(f, 0), scale)
	}
	a.r.fail("round goes by common, ceil or floor, not %q", method)
	return nil
}

// roundFloat rounds to decimal places, ties of the exact value to even.
func (r *rendering) roundFloat(f float64, places int) float64 {
	switch {
	case places > 400 || math.IsInf(f, 0) || math.IsNaN(f):
		return f
	case places >= 0:
		r.pay(costStep + 8*places)
		f, _ = strconv.ParseFloat(strconv.FormatFloat(f, 'f', places, 64), 64)
		return f
	case places < -310:
		return math.Copysign(0, f)
	}
	r.pay(maxPrecision)
	i, _ := big.NewFloat(f).Int(nil)
	scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(-places)), nil)
	q, m := new(big.Int).QuoRem(i, scale, new(big.Int))
	twice := new(big.Int).Lsh(m.Abs(m), 1).Cmp(scale)
	if twice == 0 && f != math.Trunc(f) {
		twice = 1
	}
	if twice > 0 || twice == 0 && q.Bit(0) == 1 {
		q.Add(q, big.NewInt(int64(sign(f < 0, f > 0))))
	}
	out, _ := new(big.Float).SetInt(q.Mul(q, scale)).Float64()
	if out == 0 {
		return math.Copysign(0, f)
	}
	return out
}

// roundInt rounds to tens, hundreds, …, ties to even.
func (r *rendering) roundInt(x Value, places int) Value {
	if places > maxDigits {
		return 0
	}
	scale := r.arithmetic("**", 10, places)
	half := r.arithmetic("//", scale, 2)
	q, m := r.arithmetic("//", x, scale), r.arithmetic("%", x, scale)
	if o := r.order(m, half); o > 0 || o == 0 && r.order(r.arithmetic("%", q, 2), 1) == 0 {
		q = r.arithmetic("+", q, 1)
	}
	return r.arithmetic("*", q, scale)
}

func fileSize(a *args) Value {
	bytes, ok := 0.0, true
	switch x := a.v[0].(type) {
	case str:
		bytes, ok = a.r.parseFloat(x.s)
	default:
		if ok = isNumber(x); ok {
			bytes = a.r.float(x)
		}
	}
	if !ok {
		a.r.fail("filesizeformat wants a number, not %s", a.r.describe(a.v[0]))
	}
	base, unit := 1000.0, "B"
	if a.bool(1) {
		base, unit = 1024, "iB"
	}
	switch {
	case bytes == 1:
		return String("1 Byte")
	case bytes < base:
		return String(fmt.Sprintf("%d Bytes", int(bytes)))
	}
	prefixes := "kMGTPEZY"
	if base == 1024 {
		prefixes = "KMGTPEZY"
	}
	size := base
	i := 0
	for ; i < len(prefixes)-1 && bytes >= size*base; i++ {
		size *= base
	}
	return String(fmt.Sprintf("%.1f %c%s", bytes/size, prefixes[i], unit))
}
