package jinja

// An expr is an expression, a stmt a statement of a parsed template. Both are
// pointers to the structs below, which keep the line that errors name.
type (
	expr any
	stmt any
)

// variable is where a name lives: a cell of a function (scope.go). up counts the
// functions outwards.
type variable struct {
	up, cell int
}

type (
	constant struct {
		value Value
	}
	load struct { // a name that is read
		name string
		line int
		at   variable
	}
	sequence struct { // a tuple or a list
		list  bool
		items []expr
		line  int
	}
	dictionary struct {
		keys, values []expr
		line         int
	}
	conditional struct { // yes if test else no
		test, yes, no expr // no may be nil
	}
	logical struct { // and, or
		and         bool
		left, right expr
	}
	negation struct { // not
		x expr
	}
	unary struct { // + and -
		op   string
		x    expr
		line int
	}
	binary struct { // + - * / // % **
		op          string
		left, right expr
		line        int
	}
	concat struct { // ~
		items []expr
		line  int
	}
	comparison struct { // a < b < c
		first expr
		ops   []string // == != < <= > >= in, not in
		rest  []expr
		line  int
	}
	attribute struct { // x.name
		x    expr
		name string
		line int
	}
	subscript struct { // x[key]
		x, key expr
		line   int
	}
	slicing struct { // x[start:stop:step], each may be nil
		x                 expr
		start, stop, step expr
		line              int
	}
	arguments struct {
		values   []expr
		keywords []keyword
		star     expr // *x, or nil
		stars    expr // **x, or nil
	}
	keyword struct {
		name  string
		value expr
	}
	call struct {
		fn   expr
		args arguments
		line int
	}
	apply struct { // a filter; x is nil in filter and set blocks
		x    expr
		name string
		fn   *function
		args arguments
		line int
	}
	check struct { // is: a test
		x    expr
		name string
		fn   *function
		args arguments
		line int
	}
)

// A target is what is assigned to: *store, *field or *sequence of them.
type (
	store struct {
		name   string
		line   int
		at     variable
		export bool // also visible in blocks
	}
	field struct { // an attribute of a namespace
		name string
		attr string
		line int
		at   variable
	}
)

type (
	output struct {
		items []expr
	}
	branch struct { // if, elif, else: test is nil
		test expr
		body []stmt
	}
	conditionals struct {
		branches []branch
	}
	forLoop struct {
		target    expr
		iter      expr
		test      expr // or nil
		body      []stmt
		otherwise []stmt
		recursive bool
		readsLoop bool
		line      int

		loop       *variable // of the loop variable, nil where none reads it
		skipTarget expr      // the target within the test
		each, skip *frame    // entered for every item, and for the test
		none       *frame    // entered for otherwise
		cells      int       // of the function that a recursive loop is
	}
	assign struct {
		target expr
		value  expr
		line   int
	}
	capture struct { // a set block: filter may be nil
		target expr
		filter expr
		body   []stmt
		line   int
		frame  *frame
	}
	filtered struct { // a filter block
		filter expr
		body   []stmt
		line   int
		frame  *frame
	}
	with struct {
		targets []expr
		values  []expr
		body    []stmt
		frame   *frame
	}
	macro struct {
		name     string
		params   []*store
		defaults []expr // of the last params
		body     []stmt
		line     int
		at       *store // nil for call blocks

		readsCaller, readsKwargs, readsVarargs bool

		frame                   *frame
		cells                   int
		caller, kwargs, varargs *variable // where the body reads them
	}
	callBlock struct {
		call  *call
		macro *macro
		line  int
	}
	generation struct { // marks what was trained on; no effect on the text
		macro *macro
	}
	block struct {
		name  string
		body  []stmt
		frame *frame
		cells int
	}
	jump struct { // break or continue
		signal signal
	}
)

// signal says how a list of statements ended.
type signal uint8

const (
	done signal = iota
	breaking
	continuing
)
