package cli

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/pflag"
)

// Ranged is a flag for numbers that says which it takes. Every number of a
// command is one: a number out of its range is a mistake of usage.
type Ranged interface {
	pflag.Value
	Range() string
}

// whole is a flag for a whole number.
type whole[T int | int32 | uint64] struct {
	value     *T
	low, high T
}

// Whole adds a flag for a whole number from low to high. A default out of this
// range stands for a flag that was not given.
func Whole[T int | int32 | uint64](f *pflag.FlagSet, p *T, name string, value, low, high T, usage string) {
	*p = value
	add(f, &whole[T]{p, low, high}, name, usage, value < low || value > high)
}

// Seed adds a flag for a seed: any whole number.
func Seed(f *pflag.FlagSet, p *uint64, name, usage string) { Whole(f, p, name, 0, 0, 1<<64-1, usage) }

func (w *whole[T]) Set(text string) error {
	v, err := strconv.ParseUint(text, 10, 64)
	if err != nil || v < uint64(w.low) || v > uint64(w.high) {
		return fmt.Errorf("want a whole number, %s", w.Range())
	}
	*w.value = T(v)
	return nil
}

func (w *whole[T]) String() string {
	if w.value == nil {
		return "0"
	}
	return fmt.Sprint(*w.value)
}
func (w *whole[T]) Type() string  { return "number" }
func (w *whole[T]) Range() string { return fmt.Sprintf("%v to %v", w.low, w.high) }

// real is a flag for a number.
type real struct {
	value     *float64
	low, high float64
	above     bool
}

// Real adds a flag for a number from low to high.
func Real(f *pflag.FlagSet, p *float64, name string, value, low, high float64, usage string) {
	*p = value
	add(f, &real{p, low, high, false}, name, usage, false)
}

// Positive adds a flag for a number above 0 and at most high. The default 0
// stands for a flag that was not given.
func Positive(f *pflag.FlagSet, p *float64, name string, value, high float64, usage string) {
	*p = value
	add(f, &real{p, 0, high, true}, name, usage, value == 0)
}

func (r *real) Set(text string) error {
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || !(v >= r.low && v <= r.high) || r.above && v == r.low {
		return fmt.Errorf("want a number, %s", r.Range())
	}
	*r.value = v
	return nil
}

func (r *real) String() string {
	if r.value == nil {
		return "0"
	}
	return decimal(*r.value)
}
func (r *real) Type() string { return "number" }
func (r *real) Range() string {
	if r.above {
		return fmt.Sprintf("above %s, at most %s", decimal(r.low), decimal(r.high))
	}
	return fmt.Sprintf("%s to %s", decimal(r.low), decimal(r.high))
}

func decimal(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }

// list is a flag for whole numbers.
type list struct {
	values    *[]int
	low, high int
	given     bool
}

// listLimit bounds how many numbers a list has.
const listLimit = 64

// List adds a flag for up to 64 whole numbers from low to high, with commas
// between them; given again, it goes on.
func List(f *pflag.FlagSet, p *[]int, name string, values []int, low, high int, usage string) {
	*p = values
	add(f, &list{p, low, high, false}, name, usage, false)
}

func (l *list) Set(text string) error {
	var values []int
	if l.given {
		values = *l.values
	}
	for part := range strings.SplitSeq(text, ",") {
		v, err := strconv.Atoi(strings.TrimSpace(part))
		if err != nil || v < l.low || v > l.high || len(values) == listLimit {
			return fmt.Errorf("want up to %d whole numbers with commas between them, each %s", listLimit, l.Range())
		}
		values = append(values, v)
	}
	*l.values, l.given = values, true
	return nil
}

func (l *list) String() string {
	if l.values == nil {
		return ""
	}
	return strings.ReplaceAll(strings.Trim(fmt.Sprint(*l.values), "[]"), " ", ",")
}
func (l *list) Type() string  { return "numbers" }
func (l *list) Range() string { return fmt.Sprintf("%d to %d", l.low, l.high) }

// add registers a flag; its help ends with its range, and has no default where
// that is none of the values it takes.
func add(f *pflag.FlagSet, v Ranged, name, usage string, absent bool) {
	if r := v.Range(); !strings.HasSuffix(r, strconv.FormatUint(1<<64-1, 10)) {
		usage += ", " + r
	}
	flag := f.VarPF(v, name, "", usage)
	if absent {
		flag.DefValue = ""
	}
}
