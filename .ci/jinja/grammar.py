"""The language, as productions. In a production <kind> stands for an expression of that
kind, and $kind names a new variable of it. Kinds: s string, i integer, f float, b boolean,
l list of strings, n list of numbers, o list of mappings, d mapping, x anything.
Precedence, wrong types and undefined values come from substituting without parentheses,
other kinds and names that nothing set (generate.py)."""

import re

# Two spaces stand between atoms.
ATOMS = {kind: re.split(r"  |\n *", text) for kind, text in {
    "s": r"""'a'  "b"  ''  ' '  'Hello World'  'one,two,,three'  'user'  "it's"  'q"q'  'tab\tnl\n'  'back\\slash'  '\x41\u00e9'  'ß'  'ΑΣ'  'ǆ'  '日本'  'é'
        ' padded\n'  'a-b-c'  'CamelCase'  '42'  '-7'  '3.5'  '0x1F'  '1e3'  '<b>&"\'</b>'  'a\nb\r\nc\n\nd'  '\u00a0x'  '%'  '{}'  '\x00'  '\''  'abcabcabc'  ('a' 'b')
        'multi\n line\n\ntext'  bos_token  eos_token  s0  s0  s1  s1  s2  messages[0].role  messages[0]['content']  messages[-1].content  names[0]  data.name  data['title']
        '١٢'  '½'  'ﬁ'  'true'  'x=1'  '😀é'  'the quick brown fox jumps over the lazy dog'  'http://x.y/a?b=c d'  '1 < 2 > 0'  'İ'  '_'  'a\tb'  'aaa'  'x'""",
    "i": "0  1  2  3  -1  -7  10  1_000  255  5  7  1000000  12345678901234567890  n0  n1  data.count  (messages|length)  names|length  loop.index  -0  True  100",
    "f": "0.0  1.0  2.5  -0.5  3.14159  1e3  1e16  1e-5  1.5e300  0.1  100.0  123456789.125  f0  data.ratio  1_0.5  2e0  1E5  -0.0  1e15  123456.7  1e22  0.5  1.5",
    "b": "true  false  True  False  none  None  n0  data.flag  undefined_name  is_set  tools  documents  add_generation_prompt",
    "l": "[]  ['a']  ['b','a','c']  ['a','B','a','b']  ('x','y')  ()  names  empty  data.tags  'a b c'.split()  ['1','2','x']  ['',' ','a']  [['a','b'],['c','d']]",
    "n": "[]  [1]  [3,1,2]  [1,2.5,-3]  range(3)  range(5,0,-2)  range(0)  numbers  [True,0,2]  (1,2,3)  [1,1.0,2]  [10,9,8,7,6,5]",
    "o": "messages  messages[1:]  [{'a':1,'b':'x'},{'a':2,'b':'y'},{'a':1,'b':'z'}]  items  [{}]  data.rows  []  messages[::-1]  tools",
    "d": "{}  {'a':1}  {'b':2,'a':[1,'x'],'c':{'d':none}}  data  data.nested  messages[0]  items[0]  {'k':'v','K':'V',1:2}  dict(a=1,b='x')  {1.5:none,true:false}",
    "x": "none  undefined_name  data.missing  loop  messages  [1,'a',none,true,1.5,(),{}]  ('a',)  ('a','b')  namespace(a=1)  data  nested",
}.items()}

EXPRESSIONS = {
    "s": [
        "<s> + <s>", "<s> ~ <x>", "<s> ~ <i> ~ <f>", "<s> * <small>", "<small> * <s>", "<s>[<i>]", "<s>[<i>:<i>]", "<s>[:<i>]", "<s>[<i>:]",
        "<s>[::<i>]", "<s>[<i>:<i>:<i>]", "<s> if <b> else <s>", "<s> if <b>", "<s> or <s>", "<s> and <s>", "<l>[<i>]", "<d>['name']", "<d>.role",
        "<d>[<s>]", "<o>[0].content", "<o>[<i>]['b']", "<l>|join(<s>)", "<n>|join(',')", "<l>|join", "<o>|join(', ', attribute='a')", "<l>|first", "<l>|last",
        "<s>|upper", "<s>|lower", "<s>|title", "<s>|capitalize", "<s>|trim", "<s>|trim(<s>)", "<s>|replace(<s>, <s>)", "<s>|replace('a', <s>, <i>)",
        "<x>|string", "<s>|center(<width>)", "<s>|indent", "<s>|indent(<small>)", "<s>|indent(2, true)", "<s>|indent(2, blank=true)", "<s>|indent('> ', first=True)",
        "<s>|truncate(<width>)", "<s>|truncate(<width>, true)", "<s>|truncate(<width>, false, '…', 0)", "<s>|wordwrap(<width>)", "<s>|wordwrap(<width>, false)",
        "'%s' % <s>", "'%s-%s' % (<s>, <i>)", "'%5d|%-5d|%05d' % (<i>, <i>, <i>)", "'%.2f %e %g' % (<f>, <f>, <f>)", "'%x %o %X %#x' % (<i>, <i>, <i>, <i>)",
        "'%r %a' % (<s>, <s>)", "'%(a)s %(b)r' % {'a': <x>, 'b': <x>}", "'%s %s'|format(<s>, <x>)", "'%+d % d %%' % (<i>, <i>)", "'%10s|%-10s|%.2s' % (<s>, <s>, <s>)", "'%c%c' % (<i>, 'x')",
        "'%(x)5.1f'|format(x=<f>)", "'{} {}'.format(<x>, <s>)", "'{0!r:>10} {1}'.format(<s>, <i>)", "'{a} {b[0]}'.format(a=<s>, b=<l>)", "'{:>8}|{:<8}|{:^8}'.format(<s>, <s>, <s>)",
        "'{:05d} {:+} {:,} {:x} {:b}'.format(<i>, <i>, <i>, <i>, <i>)", "'{:.3f} {:e} {:g} {:.1%} {}'.format(<f>, <f>, <f>, <f>, <f>)", "'{{}} {:*^{}}'.format(<s>, <width>)", "<s>.format(<x>, x=<x>)",
        "'{0.a} {0[b]}'.format(<d>)", "<s>.upper()", "<s>.lower()", "<s>.strip()", "<s>.strip(<s>)", "<s>.lstrip()", "<s>.lstrip('a ')", "<s>.rstrip()", "<s>.rstrip('\\n')", "<s>.title()", "<s>.capitalize()",
        "<s>.swapcase()", "<s>.casefold()", "<s>.replace(<s>, <s>)", "<s>.replace(<s>, <s>, <i>)", "<s>.center(<width>)", "<s>.center(<width>, '*')", "<s>.ljust(<width>, '.')", "<s>.rjust(<width>)", "<s>.zfill(<width>)",
        "<s>.expandtabs()", "<s>.expandtabs(<small>)", "<s>.join(<l>)", "<s>.removeprefix(<s>)", "<s>.removesuffix(<s>)", "<s>.split(<s>)[0]", "<s>.split('</think>')[-1].lstrip('\\n')", "<s>.partition(<s>)[2]",
        "<s>.rpartition(' ')[0]", "<s>.translate({97: 'X', 98: none})", "<x>|tojson", "<x>|tojson(indent=<small>)", "<d>|tojson(indent=2, ensure_ascii=true)", "<x>|tojson(separators=(',', ':'))", "<x>|tojson(sort_keys=true)", "<x>|tojson(ensure_ascii=<b>)",
        "<s>|escape", "<s>|e ~ <s>", "<s>|escape + <s>", "<s>|safe", "<s>|forceescape", "<s>|urlencode", "<d>|urlencode", "<s>|striptags", "<i>|filesizeformat", "<i>|filesizeformat(true)", "<d>|xmlattr", "<x>|pprint", "<s>|urlize",
        "<s>|default(<s>)", "<x>|default(<s>)", "<x>|d('', true)", "<d>.get(<s>, <s>)", "<d>.get('name')", "<l>|max", "<l>|min", "<s>|reverse", "<s>[::-1]", "strftime_now('%Y-%m-%d')", "strftime_now('%d %b %Y %H:%M:%S %A %B %j %p %I %y %%')",
        "strftime_now('%-d %B %e %U %w %Z|%z|%f|%c|%x|%X|%G-%V|%D|%F|%T|%R|%h|%n|%t|%s|%u|%C|%k|%l|%P')", "<call>", "<l>|map('upper')|join", "<l>|sort|join('-')", "<o>|map(attribute='role')|join(' ')", "<s>|map('upper')|join('.')", "<s>|first", "<s>|last", "<s>|list|join('_')",
        "caller()", "loop.cycle(<s>, <s>)", "data['na' ~ 'me']", "<s>|attr('upper')()", "<d>|attr('role')", "<s>|string|trim", "(<s>)|lower|replace('a','b')|upper", "<i>|string", "<f>|string", "<i>|string + <s>", "<s>|format(<x>)", "<s> % <x>",
        "<s>.encode()", "<s>.isoformat", "<s>.__class__", "<s>._x", "'{:{w}}'.format(<s>, w=<width>)", "<s>.splitlines()[0]", "<s>|wordwrap(<width>, wrapstring='|')",
    ],
    "i": [
        "<i> + <i>", "<i> - <i>", "<i> * <i>", "<i> // <i>", "<i> % <i>", "<i> ** <small>", "-<i>", "+<i>", "- <i>", "<s>|length", "<l>|length", "<d>|count", "<s>|int", "<s>|int(<i>)", "<s>|int(0, 16)", "<s>|int(default=7, base=8)", "<f>|int", "<x>|int",
        "<i>|abs", "<f>|round|int", "<n>|sum", "<n>|sum(start=<i>)", "<o>|sum(attribute='a')", "<n>|max", "<n>|min", "<n>|first", "<n>|last", "<n>[<i>]", "<s>.find(<s>)", "<s>.rfind(<s>)", "<s>.find(<s>, <i>, <i>)", "<s>.count(<s>)", "<s>.index(<s>)",
        "<s>.rindex(<s>)", "<l>.index(<s>)", "<l>.count(<s>)", "<n>.count(1)", "<s>|wordcount", "<i> if <b> else <i>", "loop.index0", "loop.length", "loop.revindex", "loop.revindex0", "loop.depth", "loop.depth0", "<b>|int", "<i> and <i>", "<i> or <i>", "<d>.a", "<d>['count']",
        "<i>.bit_length()", "<f>.is_integer()", "<i>.real", "<l>.__len__()", "<b> + <b>",
    ],
    "f": ["<f> + <i>", "<f> * <f>", "<i> / <i>", "<f> - <f>", "<f> // <i>", "<f> % <f>", "<f> ** <small>", "<i> ** -1", "-<f>", "<f>|round", "<f>|round(<small>)", "<f>|round(2, 'floor')", "<f>|round(1, 'ceil')", "<i>|round(-1)", "<s>|float", "<s>|float(<f>)", "<f>|abs", "<i>|float", "<n>|sum / 2", "<x>|float"],
    "b": [
        "not <b>", "<b> and <b>", "<b> or <b>", "<x> == <x>", "<x> != <x>", "<i> < <i>", "<i> <= <f>", "<s> > <s>", "<s> >= <s>", "<i> < <i> < <i>", "<i> == <i> != <i>", "<s> in <s>", "<s> in <l>", "<s> not in <l>", "<i> in <n>", "<s> in <d>", "<x> in <o>", "<l> == <l>", "<l> < <l>",
        "<n> <= <n>", "<s>.startswith(<s>)", "<s>.endswith(<s>)", "<s>.startswith((<s>, <s>))", "<s>.startswith(<s>, <i>)", "<s>.isdigit()", "<s>.isalpha()", "<s>.isalnum()", "<s>.isupper()", "<s>.islower()", "<s>.isspace()", "<s>.istitle()", "<s>.isnumeric()", "<s>.isdecimal()", "<s>.isidentifier()",
        "<s>.isprintable()", "<s>.isascii()", "<x> is defined", "<x> is not defined", "<x> is undefined", "<x> is none", "<x> is not none", "<x> is string", "<x> is number", "<x> is integer", "<x> is float", "<x> is boolean", "<x> is mapping", "<x> is sequence", "<x> is iterable", "<x> is callable",
        "<x> is true", "<x> is false", "<i> is odd", "<i> is even", "<i> is divisibleby <i>", "<i> is divisibleby(3)", "<x> is sameas <x>", "<x> is eq <x>", "<x> is ne(<x>)", "<i> is gt <i>", "<i> is lt 3", "<i> is ge 3", "<i> is le 3", "<x> is equalto <x>", "<s> is in <l>", "<s> is not in <s>", "<s> is upper", "<s> is lower",
        "<s> is escaped", "'upper' is filter", "<s> is filter", "'odd' is test", "loop is defined", "loop.first", "loop.last", "loop.changed(<x>)", "range is defined", "namespace is callable", "not <x> is defined", "<b> is not true and <b>", "<i> is number and <i> > 2", "<s> is string and <s>|length > 3", "tools is none", "tools is defined and tools",
        "messages[0].role == 'system'", "<d>.role == <s>", "<s> == <s> if <b> else <b>", "not not <x>", "not (<x> and <x>)", "<x> is mapping and 'a' in <x>",
    ],
    "l": [
        "[<s>, <s>]", "[<x>, <x>, <s>]", "(<s>, <s>)", "(<s>,)", "<l> + <l>", "<l> * <small>", "<l>[<i>:]", "<l>[:<i>]", "<l>[::-1]", "<l>[<i>:<i>:<i>]", "<s>.split()", "<s>.split(<s>)", "<s>.split(<s>, <i>)", "<s>.split(maxsplit=<small>)", "<s>.split(none, 1)", "<s>.rsplit(<s>, 1)", "<s>.rsplit()", "<s>.rsplit(none, <small>)",
        "<s>.splitlines()", "<s>.splitlines(true)", "<s>.splitlines(keepends=<b>)", "<s>.partition(<s>)", "<s>.rpartition(<s>)", "<l>|list", "<s>|list", "<l>|sort", "<l>|sort(reverse=true)", "<l>|sort(case_sensitive=true)", "<l>|unique|list", "<l>|unique(case_sensitive=true)|list", "<l>|reverse|list", "<l>|map('upper')|list", "<l>|map('length')|list",
        "<l>|map('replace', <s>, <s>)|list", "<l>|select|list", "<l>|select('string')|list", "<l>|reject('equalto', <s>)|list", "<l>|select('in', <l>)|list", "<o>|map(attribute='content')|list", "<o>|map(attribute='a', default=<x>)|list", "<o>|map(attribute='b')|map('default', 'z')|list", "<d>|list", "<d>.keys()|list", "<d>.values()|list", "<d>.keys()", "<d>.values()", "<d>|dictsort|map('first')|list",
        "<l>|batch(2)|list", "<l>|batch(<small>, <s>)|list", "<l>|slice(2)|list", "<l>|slice(<small>, 'z')|list", "<l> or <l>", "<l> if <b> else <l>", "<l>.copy()", "<l>|map('trim')|select|list", "<l>|map('first')|list", "<l>|sort(attribute=0)", "<l>|map(attribute=0)|list", "<l>|map('int')|sort", "data.tags[1:]", "<o>|groupby('role')|map(attribute='grouper')|list", "<o>|groupby('a')|map('first')|list",
        "<l>.append(<s>)", "<l>|tojson|list", "<l>|map('attr', 'x')|list", "<o>|map(attribute='nested.a')|list",
    ],
    "n": ["[<i>, <i>]", "[<f>, <i>, <i>]", "<n> + <n>", "<n>[1:]", "range(<small>)", "range(<i>, <small>)", "range(0, <small>, 2)", "range(<small>)[1:]", "range(<small>)|list", "<n>|sort", "<n>|sort(reverse=<b>)", "<n>|unique|list", "<n>|select('odd')|list", "<n>|reject('even')|list", "<n>|select('gt', <i>)|list", "<n>|select('divisibleby', 2)|list", "<n>|map('string')|list", "<n>|map('float')|list", "<n>|map('round', 1)|list", "<l>|map('length')|list", "<n>|list", "<n>|reverse|list", "<o>|map(attribute='a')|list", "<n>|batch(2)|map('sum')|list", "<n>|batch(3, 0)|list", "<n>|map('abs')|list"],
    "o": ["<o>[1:]", "<o>[:-1]", "<o>[::-1]", "<o> + <o>", "[<d>, <d>]", "<o>|list", "<o>|selectattr('role', 'equalto', 'user')|list", "<o>|selectattr('role', '==', <s>)|list", "<o>|rejectattr('role', 'eq', 'system')|list", "<o>|selectattr('content')|list", "<o>|selectattr('a', 'defined')|list", "<o>|rejectattr('a', 'undefined')|list", "<o>|sort(attribute='a')", "<o>|sort(attribute='a,b', reverse=true)", "<o>|sort(attribute='role')|list",
          "<o>|unique(attribute='role')|list", "<o>|reverse|list", "<o>|map('items')|map('list')|list", "<o>|selectattr('a', 'gt', 1)|list", "<o>|selectattr('role', 'in', ['user', 'tool'])|list", "<o>|groupby('role')|list", "<o>|groupby('b', default='')|list", "<o> if <o> is iterable and <o> is not mapping else <o>", "<o>|batch(2)|list"],
    "d": ["{'a': <x>, <s>: <s>}", "{<s>: <x>}", "{'x': <d>}", "dict(a=<x>)", "dict(<d>, z=<i>)", "dict(<d>.items())", "<o>[<i>]", "<o>|first", "<o>|last", "<o>[0]", "<d>.copy()", "<d> if <b> else <d>", "<d>.get('nested', {})", "<d>.nested", "<d>['nested']", "<d> or <d>", "<d>|items|list", "<d>.items()|list", "<d>.items()", "<d>|dictsort", "<d>|dictsort(true)", "<d>|dictsort(by='value')", "<d>|dictsort(reverse=true)", "dict.fromkeys(<l>, <i>)", "<d>.update(<d>)", "<d>.pop('a')", "<d>|items|first", "namespace(**{'q': <x>})", "<d>|tojson"],
    "x": ["<s>", "<s>", "<i>", "<f>", "<b>", "<l>", "<n>", "<o>", "<d>", "<x> or <x>", "<x> and <x>", "<x> if <b> else <x>", "<x> if <b>", "<l>[<i>]", "<d>[<s>]", "<d>.<name>", "<o>[<i>].<name>", "<x>|default(<x>)", "<x>|default(<x>, true)", "[<x>]|first", "(<x>, <x>)", "{'k': <x>}", "<x>|first", "<x>|last", "<x>|list", "<x>|length", "<x>|reverse|list", "<x>[<x>]", "<x>.<name>", "<x> + <x>", "<x> * <small>", "<x>|sort", "<x>|join('|')",
          "<x>|attr(<s>)", "loop.previtem", "loop.nextitem", "<x>(<x>)", "joiner(', ')()", "cycler('a', 'b').next()", "cycler(<s>, <s>).current", "namespace(a=<x>).a", "varargs", "kwargs", "self", "caller", "lipsum", "<x>.items()|list", "namespace(a=<x>)", "<x>|string"],
    "small": ["0", "1", "2", "3", "4", "5", "-1", "-2", "n1", "'2'", "2.0", "true"],
    "width": ["0", "1", "5", "8", "12", "20", "79", "-3", "<i>"],
    "name": ["a", "b", "role", "content", "name", "nested", "items", "x_y", "get", "upper", "0", "tags", "keys"],
}

# A name after $ is visible from there to the end of its production; after $! to the end of its scope.
STATEMENTS = [
    "{{ <x> }}", "{{ <s> }}", "{{ <s> }}", "{{ <i> }}", "{{ <f> }}", "{{ <b> }}", "{{ <l> }}", "{{ <n> }}", "{{ <o> }}", "{{ <d> }}", "{{ <s> }}", "{{ <x> }}", "{{ <x>, <s> }}",
    "{% if <b> %}<body>{% endif %}", "{% if <b> %}<body>{% else %}<body>{% endif %}", "{% if <x> %}<body>{% elif <b> %}<body>{% else %}<body>{% endif %}", "{% if <b> %}<body>{% elif <b> %}<body>{% elif <x> %}<body>{% endif %}",
    "{% for $s in <l> %}<body>{% endfor %}", "{% for $s in <l> %}<body>{% else %}<body>{% endfor %}", "{% for $i in <n> %}<body>{% endfor %}", "{% for $d in messages %}<body>{% endfor %}", "{% for $d in <o> %}<body>{% endfor %}",
    "{% for $d in messages %}{% if $d.role == 'user' %}<body>{% elif $d['role'] == 'assistant' %}<body>{% else %}{{ $d.content|trim }}{% endif %}{% endfor %}", "{% for $s, $x in <d>.items() %}<body>{% endfor %}", "{% for $s, $x in <d>|dictsort %}<body>{% endfor %}", "{% for $s, $x in <d>|items %}<body>{% endfor %}",
    "{% for $s in <l> if <b> %}<body>{% endfor %}", "{% for $d in <o> if $d.role == 'user' %}{{ loop.index }}/{{ loop.length }}<body>{% else %}<body>{% endfor %}", "{% for $i in <n> if $i is odd %}<body>{{ loop.last }}{% endfor %}", "{% for $x in <x> %}<body>{% endfor %}", "{% for $s in <d> %}<body>{% endfor %}",
    "{% for $s in <s> %}<body>{% endfor %}", "{% for $i in <n> %}{% for $s in <l> %}{{ loop.index }}<body>{% endfor %}{{ loop.index0 }}{% endfor %}", "{% for $x in <x> recursive %}{{ loop.depth }}{% if $x is iterable and $x is not string %}{{ loop($x) }}{% endif %}<body>{% endfor %}",
    "{% for $x in nested recursive %}<{{ $x.v }}{% if $x.c %}{{ loop($x.c) }}{% endif %}{{ loop.depth0 }}>{% endfor %}", "{% for $i in <n> %}{% if <b> %}{% break %}{% endif %}<body>{% endfor %}", "{% for $i in <n> %}{% if loop.index is even %}{% continue %}{% endif %}<body>{% endfor %}", "{% for $s in <l> %}{{ $s if not loop.last }}{{ ', ' if not loop.last }}{% endfor %}",
    "{% for $s in <l> %}{{ loop.first }}{{ loop.previtem }}{{ loop.nextitem }}{{ loop.changed($s) }}{{ loop.cycle('o', 'e') }}{% endfor %}", "{% for ($s, $x) in [(<s>, <x>)] %}<body>{% endfor %}", "{% for $s, ($x, $i) in [(<s>, (<x>, <i>))] %}<body>{% endfor %}", "{% for $o in <o>|groupby('role') %}{{ $o.grouper }}:{{ $o.list|length }};{% endfor %}",
    "{% for $i, $o in <o>|groupby('a') %}{{ $i }}<body>{% endfor %}", "{% for $l in <l>|batch(2) %}<body>{% endfor %}", "{% for $s in <l> %}{% set $s = <s> %}{{ $s }}{% endfor %}{{ $s }}", "{% for $d in messages[1:] %}{{ loop.index0 }}{% set $!s = $d.content %}<body>{% endfor %}",
    "{% set $!s = <s> %}", "{% set $!x = <x> %}", "{% set $!i = <i> %}", "{% set $!l = <l> %}", "{% set $!d = <d> %}", "{% set $!b = <b> %}", "{% set $!s, $!x = <s>, <x> %}", "{% set $!s %}<body>{% endset %}", "{% set $!s | upper %}<body>{% endset %}", "{% set $!s | replace(<s>, <s>) | trim %}<body>{% endset %}", "{% set $!n = <n> %}", "{% set $!o = <o> %}",
    "{% set ns = namespace(a=<x>, b=<i>) %}{% for $s in <l> %}{% set ns.a = <x> %}{% set ns.b = ns.b + 1 %}{% endfor %}{{ ns.a }}{{ ns.b }}", "{% set ns = namespace(found=false) %}{% for $d in messages %}{% if $d.role == 'user' %}{% set ns.found = true %}{% endif %}{% endfor %}{{ ns.found }}", "{% set ns = namespace() %}{% set ns.s %}<body>{% endset %}{{ ns.s }}{{ ns.missing }}",
    "{% set s0 = <s> %}{% if <b> %}{% set s0 = <s> %}{% endif %}{{ s0 }}", "{% set s0 = s0 ~ <s> %}{{ s0 }}", "{% set <name> = <x> %}{{ <name> }}",
    "{% macro $!call($s, $x=<x>) %}<body>{% endmacro %}", "{% macro $!call($s='d', $i=<i>) -%}<body>{%- endmacro %}", "{% macro m1($s, $x=$s) %}{{ $s }}{{ $x }}{{ varargs }}{{ kwargs }}{% endmacro %}{{ m1(<s>, <x>, <s>, z=<i>) }}", "{% macro m2() %}{{ caller() if caller else 'none' }}{% endmacro %}{{ m2() }}{% call m2() %}<body>{% endcall %}",
    "{% macro m3($l) %}[{% for $s in $l %}{{ caller($s, loop.index) }}{% endfor %}]{% endmacro %}{% call(cs, ci) m3(<l>) %}{{ ci }}:{{ cs }}<body>{% endcall %}", "{% macro m4(n) %}{{ n }}{% if n > 0 %}{{ m4(n - 1) }}{% endif %}{% endmacro %}{{ m4(<small>) }}", "{% macro m5(a, b) %}{{ a }}{{ b is defined }}{% endmacro %}{{ m5(<x>) }}{{ m5(b=<x>) }}{{ m5.name }}{{ m5.arguments }}{{ m5 }}{{ m5.caller }}{{ m5.catch_kwargs }}",
    "{% set j = joiner(<s>) %}{% for $s in <l> %}{{ j() }}{{ $s }}{% endfor %}", "{% set c = cycler(<s>, <x>) %}{{ c.next() }}{{ c.next() }}{{ c.current }}{{ c.reset() }}{{ c.next() }}",
    "{% filter upper %}<body>{% endfilter %}", "{% filter replace(<s>, <s>)|trim %}<body>{% endfilter %}", "{% filter indent(width=2) %}<body>{% endfilter %}", "{% with $s = <s> %}<body>{% endwith %}", "{% with $s = <s>, $i = <i> %}<body>{% endwith %}", "{% with %}{% set $s = <s> %}<body>{% endwith %}", "{% with s0 = <s>, s1 = s0 %}{{ s0 }}{{ s1 }}{% endwith %}{{ s0 }}",
    "{% generation %}<body>{% endgeneration %}", "{%- generation -%}\n<body>\n{%- endgeneration -%}", "{% raw %}{{ x }} {% if %} {# #}{% endraw %}", "{%- raw -%}\n a \n{%- endraw -%}", "{# comment {{ x }} #}", "{#- comment\n -#}", "{% block main %}<body>{% endblock %}", "{% block b scoped %}<body>{% endblock b %}", 
    "{{ raise_exception(<s>) }}", "{% if <b> %}{{ raise_exception('no') }}{% endif %}", "{% set x.y = <s> %}", "{% call joiner() %}{% endcall %}", "{% macro m5(a, b) %}{{ a }}{% endmacro %}{{ m5(1, 2, 3) }}", "{% macro m5(a, b) %}{{ a }}{{ varargs }}{% endmacro %}{{ m5(1, a=2) }}", "{% macro m4(a, b) %}{{ a }}{{ varargs }}{{ kwargs }}{% endmacro %}{{ m4(*[1]) }}{{ m4(*<l>, **<d>) }}", "{{ <x>|unknown_filter }}", "{{ <x> is unknown_test }}", "{% autoescape true %}{{ <s> }}{% endautoescape %}", "{% autoescape false %}{{ <s> }}{% endautoescape %}", "{{ '\\N{BULLET}' ~ '\\101\\q' }}", "{{ loop }}", "{{ 1_ }}", "{{ caller() }}", "{{ m1(<x>) }}", "{% do <l> %}", "{% include 'x' %}", "{% import 'x' as y %}", "{% extends 'x' %}", "{% debug %}", "{% trans %}{% endtrans %}", "{% unknown %}", "{% endif %}", "{% else %}", "{{ }}", "{{ 'open }}", "{% if %}x{% endif %}", "{% for x %}{% endfor %}", "{{ 1 2 }}", "{{ (1 }}", "{{ [1, }}", "{{ {'a' 1} }}", "{{ a..b }}", "{{ <x>| }}", "{% set 1 = 2 %}", "{{ 5.upper() }}", "{{ 1.e5 }}", "{{ 1__0 }}", "{{ 0b101 + 0o17 + 0xFf }}", "{{ <s>!r }}", "{{ a = 1 }}", "{{ not }}", "{% set none = 1 %}", "{{ x if }}", "{{ $ }}", "{{ [*<l>] }}", "{{ {**<d>} }}", "{{ x := 1 }}", "{{ lambda: 1 }}", "{{ [x for x in <l>] }}",
]

# How often the statements above that jinja2 refuses are taken instead of another: nearly never.
WRONG_FROM = "{{ raise_exception(<s>) }}"

TEXT = ["", "", " ", "\n", "\n\n", "  ", "\n  ", "text", "text ", " text\n", "line\n  ", "\t", "<|im_start|>", "<|im_end|>\n", "é日", "}", "{ ", "%", "}}", "%}", "#}", "\r\n", " \r\n ", "a\rb", "\\n", "\u00a0\n", "'", '"', "\x0b", "{ %", "# x", "## y\n", "-", "-\n", "</s>", "\n\n\n", "\u2028", "  \n\t"]
