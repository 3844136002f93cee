package jinja

import (
	"math"
	"math/big"
	"strconv"
	"strings"
)

// integer is the value of i: int where it fits.
func integer(i *big.Int) Value {
	if i.IsInt64() {
		return int(i.Int64())
	}
	return i
}

// bigOf is an integer or a boolean as a big.Int, nil for others.
func bigOf(v Value) *big.Int {
	switch v := v.(type) {
	case bool:
		if v {
			return big.NewInt(1)
		}
		return new(big.Int)
	case int:
		return big.NewInt(int64(v))
	case *big.Int:
		return v
	}
	return nil
}

// small is an integer or a boolean as int.
func small(v Value) (int, bool) {
	switch v := v.(type) {
	case bool:
		if v {
			return 1, true
		}
		return 0, true
	case int:
		return v, true
	}
	return 0, false
}

func isNumber(v Value) bool {
	switch v.(type) {
	case bool, int, *big.Int, float64:
		return true
	}
	return false
}

// float is a number as float64.
func (r *rendering) float(v Value) float64 {
	switch v := v.(type) {
	case bool:
		if v {
			return 1
		}
		return 0
	case int:
		return float64(v)
	case *big.Int:
		f, _ := new(big.Float).SetInt(v).Float64()
		if math.IsInf(f, 0) {
			r.fail("integer too large to be a float")
		}
		return f
	}
	return v.(float64)
}

// formatFloat is Python's repr.
func formatFloat(f float64) string {
	switch {
	case math.IsNaN(f):
		return "nan"
	case math.IsInf(f, 1):
		return "inf"
	case math.IsInf(f, -1):
		return "-inf"
	}
	s := strconv.FormatFloat(f, 'e', -1, 64)
	mantissa, exp, _ := strings.Cut(s, "e")
	if e, _ := strconv.Atoi(exp); e < -4 || e >= 16 {
		return mantissa + "e" + exp
	}
	s = strconv.FormatFloat(f, 'f', -1, 64)
	if !strings.Contains(s, ".") {
		s += ".0"
	}
	return s
}

func (r *rendering) formatInt(v Value) string {
	if i, ok := v.(*big.Int); ok {
		if i.BitLen() > maxDigits*3322/1000 {
			r.fail("integer of more than %d digits cannot be text", maxDigits)
		}
		r.pay(maxDigits + i.BitLen()*i.BitLen()/4096)
		return i.String()
	}
	return strconv.Itoa(v.(int))
}

// arithmetic is a number, or fails as Python does.
func (r *rendering) arithmetic(op string, a, b Value) Value {
	_, af := a.(float64)
	_, bf := b.(float64)
	if af || bf {
		return r.floats(op, r.float(a), r.float(b))
	}
	x, y := bigOf(a), bigOf(b)
	r.pay((x.BitLen() + y.BitLen()) / 8)
	if i, ok := small(a); ok {
		if j, ok := small(b); ok && i < 1<<31 && i > -1<<31 && j < 1<<31 && j > -1<<31 {
			switch op { // cannot overflow
			case "+":
				return i + j
			case "-":
				return i - j
			case "*":
				return i * j
			}
		}
	}
	z := new(big.Int)
	switch op {
	case "+":
		z.Add(x, y)
	case "-":
		z.Sub(x, y)
	case "*":
		r.pay(x.BitLen() * y.BitLen() / 512)
		z.Mul(x, y)
	case "**":
		return r.power(a, b, x, y)
	default:
		if y.Sign() == 0 {
			r.fail("division by zero")
		}
		if op == "/" {
			return r.divide(x, y)
		}
		r.pay(x.BitLen() * y.BitLen() / 512)
		m := new(big.Int)
		z.DivMod(x, y, m) // Euclid's: 0 ≤ m
		if m.Sign() != 0 && y.Sign() < 0 {
			z.Sub(z, big.NewInt(1))
			m.Add(m, y)
		}
		if op == "%" {
			z = m
		}
	}
	if z.BitLen() > maxBits {
		r.fail("integer of more than %d bits", maxBits)
	}
	return integer(z)
}

func (r *rendering) divide(x, y *big.Int) Value {
	if x.Sign() == 0 && y.Sign() < 0 {
		return math.Copysign(0, -1)
	}
	f, _ := new(big.Rat).SetFrac(x, y).Float64()
	if math.IsInf(f, 0) {
		r.fail("integer division result too large for a float")
	}
	return f
}

func (r *rendering) power(a, b Value, x, y *big.Int) Value {
	if y.Sign() < 0 {
		return r.floats("**", r.float(a), r.float(b))
	}
	if x.BitLen() > 1 && (!y.IsInt64() || y.Int64() > maxBits || int64(x.BitLen()-1)*y.Int64() > maxBits) {
		r.fail("integer of more than %d bits", maxBits)
	}
	if x.BitLen() <= 1 { // -1, 0, 1
		y = new(big.Int).And(y, big.NewInt(1))
		if x.Sign() == 0 && !truth(b) || x.Sign() != 0 && y.Sign() == 0 {
			return 1
		}
		return integer(x)
	}
	bits := int(int64(x.BitLen()) * y.Int64())
	r.pay(bits + bits*bits/8192)
	return integer(new(big.Int).Exp(x, y, nil))
}

// pow is x ** y rounded once where y is a moderate integer, as C's is.
func (r *rendering) pow(x, y float64) float64 {
	if y != math.Trunc(y) || math.Abs(y) > 2048 || x == 0 || math.IsInf(x, 0) || math.IsNaN(x) {
		return math.Pow(x, y)
	}
	r.pay(2048)
	const precision = 256
	z, square := big.NewFloat(1).SetPrec(precision), big.NewFloat(x).SetPrec(precision)
	for n := int(math.Abs(y)); n > 0; n >>= 1 {
		if n&1 == 1 {
			z.Mul(z, square)
		}
		square.Mul(square, square)
	}
	if y < 0 {
		z.Quo(big.NewFloat(1), z)
	}
	f, _ := z.Float64()
	return f
}

func (r *rendering) floats(op string, x, y float64) Value {
	switch op {
	case "+":
		return x + y
	case "-":
		return x - y
	case "*":
		return x * y
	case "**":
		if x == 0 && y < 0 {
			r.fail("0.0 cannot be raised to a negative power")
		}
		if x < 0 && !math.IsInf(x, 0) && y != math.Trunc(y) {
			r.fail("complex numbers are not supported")
		}
		z := r.pow(x, y)
		if math.IsInf(z, 0) && !math.IsInf(x, 0) && !math.IsInf(y, 0) {
			r.fail("number too large for a float")
		}
		return z
	}
	if y == 0 {
		r.fail("division by zero")
	}
	if op == "/" {
		return x / y
	}
	m := math.Mod(x, y)
	div := (x - m) / y
	if m != 0 && (m < 0) != (y < 0) {
		m += y
		div--
	} else if m == 0 {
		m = math.Copysign(0, y)
	}
	if op == "%" {
		return m
	}
	switch {
	case div == 0:
		return math.Copysign(0, x/y)
	case div-math.Floor(div) > 0.5:
		return math.Floor(div) + 1
	}
	return math.Floor(div)
}
